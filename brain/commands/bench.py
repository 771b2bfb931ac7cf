"""`town bench`: what things cost, as ratios within one run. Each starts what it needs on loopback and ends it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from brain import options
from brain.output import print_json, print_table

bench = typer.Typer(help="Measures what things cost; prints ratios within one run.", no_args_is_help=True)

Quick = Annotated[bool, typer.Option("--quick", help="Little work: shows that it runs, says nothing about speed.")]
Embedded = Annotated[
    bool, typer.Option("--embedded", help="Use the embedded broker and DuckDB, whatever else is here.")
]
QUICK_MESSAGES, QUICK_SENSORS = 2_000, 100


@bench.command("ingest")
def bench_ingest(
    messages: Annotated[int, typer.Option(min=1, max=5_000_000, help="Messages of each case.")] = 200_000,
    sensors: Annotated[int, typer.Option(min=1, max=200_000, help="Sensors they come from.")] = 1_000,
    qos: Annotated[list[int] | None, typer.Option(min=0, max=1, help="0 or 1; both if left out.")] = None,
    values: Annotated[
        list[int] | None, typer.Option(min=1, max=3, help="Values in a reading; 1 and 3 if left out.")
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="Also with ten rules for every sensor.")] = False,
    embedded: Embedded = False,
    quick: Quick = False,
    json: options.Json = False,
) -> None:
    """Messages through broker, ingest and store: cost of each, as a ratio to parsing and validating it from memory."""
    import asyncio

    from brain.bench import ingest

    if quick:
        messages, sensors = min(messages, QUICK_MESSAGES), min(sensors, QUICK_SENSORS)
    plan = ingest.IngestPlan(messages, sensors, qos or (0, 1), values or (1, 3), rules, embedded)
    _show(asyncio.run(ingest.bench_ingest(plan)), json=json)


@bench.command("latency")
def bench_latency(
    alerts: Annotated[int, typer.Option(min=1, max=10_000, help="Readings that break the rule, ten a second.")] = 200,
    rate: Annotated[int, typer.Option(min=0, max=100_000, help="Other messages a second beside them.")] = 5_000,
    embedded: Embedded = False,
    quick: Quick = False,
    json: options.Json = False,
) -> None:
    """A whole brain under load: how long from a gateway's publish to the transition, and to the webhook."""
    import asyncio

    from brain.bench import latency

    if quick:
        alerts, rate = min(alerts, 10), min(rate, 500)
    _show(asyncio.run(latency.bench_latency(latency.LatencyPlan(alerts, rate, embedded))), json=json)


@bench.command("rules")
def bench_rules(
    count: Annotated[list[int] | None, typer.Option("--rules", min=1, help="Rules a sensor; may be repeated.")] = None,
    readings: Annotated[int, typer.Option(min=1_000, help="Readings in each round.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, of which the best counts.")] = 3,
    sensors: Annotated[int, typer.Option(min=1, help="Sensors of the town whose memory is measured.")] = 100_000,
    quick: Quick = False,
    json: options.Json = False,
) -> None:
    """The rule engine alone, as a ratio to a bare loop that makes the same comparisons; and its memory a subject."""
    import gc

    from rules import bench as of_rules

    gc.set_threshold(50_000, 20, 100)  # as the brain runs, see `brain.process`
    if quick:
        readings, rounds, sensors = min(readings, QUICK_MESSAGES), 1, min(sensors, QUICK_SENSORS)
    # Memory first: what the other measurement leaves behind would be counted with it.
    subjects = of_rules.bench_subjects(sensors=sensors)
    found = of_rules.bench_rules(rules=count or (1, 3, 10, 50), readings=readings, rounds=rounds)
    members = of_rules.bench_members(readings=min(readings, 20_000))
    _show(found | {"members": members, "subjects": [subjects]}, json=json)


@bench.command("outage")
def bench_outage(
    gone: Annotated[float, typer.Option(min=1, max=3_600, help="Seconds without the store.")] = 600,
    rate: Annotated[int, typer.Option(min=1, max=20_000, help="Messages a second all the while.")] = 2_000,
    quick: Quick = False,
    json: options.Json = False,
) -> None:
    """The store goes away, ingest is killed meanwhile, both come back: what is missing, and how fast it catches up."""
    import asyncio

    from brain.bench import outage

    if quick:
        gone, rate = min(gone, 3), min(rate, 300)
    _show(asyncio.run(outage.bench_outage(outage.OutagePlan(rate, gone))), json=json)


@bench.command("flood")
def bench_flood(
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long it lasts.")] = 60,
    quick: Quick = False,
    json: options.Json = False,
) -> None:
    """Ten times as many messages as a slowed ingest sustains: what is missing, how much memory and disk it takes."""
    import asyncio

    from brain.bench import flood

    plan = flood.FloodPlan(min(seconds, 2), 2_000) if quick else flood.FloodPlan(seconds, 20_000)
    _show(asyncio.run(flood.bench_flood(plan)), json=json)


@bench.command("scale")
def bench_scale(
    messages: Annotated[int, typer.Option(min=1, max=5_000_000, help="Messages of each case.")] = 300_000,
    sensors: Annotated[
        int, typer.Option(min=1, max=20_000, help="Sensors they come from, and ten times as many.")
    ] = 1_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of all cases, of which the middle one counts.")] = 3,
    embedded: Embedded = False,
    quick: Quick = False,
    json: options.Json = False,
) -> None:
    """The cost of a message with 1, 2 and 4 ingest processes on one subscription, and with 10 times the sensors."""
    import asyncio

    from brain.bench import scale

    if quick:
        messages, sensors, rounds = min(messages, QUICK_MESSAGES), min(sensors, QUICK_SENSORS), 1
    plan = scale.ScalePlan(messages, sensors, (1, 2) if quick else (1, 2, 4), embedded, rounds)
    _show(asyncio.run(scale.bench_scale(plan)), json=json)


@bench.command("store")
def bench_store(
    sensors: Annotated[
        int, typer.Option(min=1, max=100_000, help="Sensors of the town, a value a minute each.")
    ] = 5_000,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="Days of which there are hours.")] = 365,
    minutes: Annotated[int, typer.Option(min=1, max=730, help="Days of which there are minutes.")] = 9,
    raw: Annotated[int, typer.Option(min=1, max=400, help="Days of which there is every value.")] = 1,
    one_quantity: Annotated[
        bool, typer.Option("--one-quantity", help="Sensors that measure one quantity each, not up to four.")
    ] = False,
    places: Annotated[int, typer.Option(min=1, max=1_000, help="Of how many places the charts are asked.")] = 6,
    folder: Annotated[
        Path | None,
        typer.Option(help="Keep the filled store here; one that is there is asked as it is.", file_okay=False),
    ] = None,
    board_sensors: Annotated[
        int, typer.Option(min=40, max=100_000, help="Sensors in the InfluxDB that Grafana's boards ask.")
    ] = 200,
    board_hours: Annotated[int, typer.Option(min=1, max=720, help="Hours they told a reading a minute.")] = 3,
    embedded: Annotated[bool, typer.Option("--embedded", help="Only DuckDB, even if influxd is here.")] = False,
    quick: Quick = False,
    json: options.Json = False,
) -> None:
    """How long boards wait: the console's for DuckDB with a year in it, Grafana's for an InfluxDB, if influxd is here.

    DuckDB is asked at a quarter of its age and at all of it; of InfluxDB every question of every board is asked.
    """
    import asyncio

    from brain.bench import store, store_boards

    kinds = store.ONE_QUANTITY if one_quantity else store.KINDS
    plan = store.StorePlan(sensors, days, minutes, raw, places, folder, kinds)
    boards = None if embedded else store_boards.BoardsPlan(board_sensors, board_hours)
    if quick:
        plan = plan._replace(sensors=min(sensors, QUICK_SENSORS), days=min(days, 8), minutes=min(minutes, 4), places=1)
        boards = boards and store_boards.BoardsPlan(min(board_sensors, QUICK_SENSORS), 1)
    _show(asyncio.run(store.bench_store(plan, boards)), json=json)


@bench.command("console")
def bench_console(
    browsers: Annotated[int, typer.Option(min=1, max=500, help="Open browsers, each signed in by itself.")] = 50,
    sensors: Annotated[int, typer.Option(min=40, max=100_000, help="Sensors of the town, 40 in a place.")] = 10_000,
    rate: Annotated[int, typer.Option(min=1, max=20_000, help="Messages a second meanwhile.")] = 1_000,
    seconds: Annotated[float, typer.Option(min=2, max=600, help="How long it is measured.")] = 20,
    page: Annotated[str, typer.Option(help="What the browsers show: a path of the console.")] = "/",
    embedded: Embedded = False,
    quick: Quick = False,
    json: options.Json = False,
) -> None:
    """A whole brain with open browsers: the CPU they cost it, and how soon each shows what was just published."""
    import asyncio

    from brain.bench import console

    plan = console.ConsolePlan(browsers, sensors, rate, seconds, page, embedded)
    if quick:
        plan = plan._replace(browsers=min(browsers, 3), sensors=min(sensors, 80), rate=min(rate, 100))
        plan = plan._replace(seconds=4, again=False)
    _show(asyncio.run(console.bench_console(plan)), json=json)


def _show(found: dict[str, Any], *, json: bool) -> None:
    """The same figures for programs or as tables."""
    if json:
        print_json(found)
        return
    for name, rows in _tables(found):
        cases = [row for row in (rows if isinstance(rows, list) else [rows]) if isinstance(row, dict)]
        if not cases:
            print_table("", ("", ""), [(name, rows)])
            continue
        columns = list(dict.fromkeys(key for case in cases for key in case))
        print_table(name, columns, [[case.get(key, "") for key in columns] for case in cases])


def _tables(found: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every list of cases and every single figure by its name."""
    for name, rows in found.items():
        if isinstance(rows, dict) and any(isinstance(each, list) for each in rows.values()):
            yield from rows.items()
        else:
            yield name, rows
