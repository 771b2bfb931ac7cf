"""How fast the rules are: the engine alone, against a bare loop that makes the same comparisons in the same run."""

import gc
import resource
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from rules.engine import Engine
from rules.folder import load_rule_files
from rules.ruleset import RuleSet
from town.builtin import builtin_kinds
from town.facility import Facility, Position, Zone
from town.gateway import Gateway
from town.language import Label
from town.moment import SECOND, Moment
from town.reading import Reading
from town.sensor import Sensor
from town.town import Town

SENSORS = 1_000
START: Moment = 1_767_542_400_000
KINDS = ("plain", "windows")
"""Limits on the newest value; and a third each of limits, rates and means over windows."""

_PLAIN = "co2 >= {limit} ppm"
_WINDOWS = ("co2 >= {limit} ppm", "rate(co2, 1m) > {limit} ppm", "mean(co2, 10m) >= {limit} ppm")


def bench_rules(*, rules: Sequence[int] = (1, 3, 10, 50), readings: int = 200_000, rounds: int = 3) -> dict[str, Any]:
    """Readings a second by rules a sensor, as `{"rules": [{kind, rules, readings_per_s, bare_us, us, ratio}]}`.

    CPU time of this process, the best of the rounds; engine and bare loop take turns.
    """
    found = [_measure(kind, number, readings=readings, rounds=rounds) for kind in KINDS for number in rules]
    return {"rules": found}


def bench_subjects(*, sensors: int = 100_000, rules: int = 10) -> dict[str, Any]:
    """Memory a subject, with every sensor heard, and how long a start takes; run it in a process of its own."""
    town = _town(sensors)
    rule_set = _rules("plain", rules, town)
    gc.collect()
    before, began = _resident(), process_time()
    engine = Engine(rule_set, town)
    engine.advance(START)
    engine.step(_readings(sensors, sensors), START)
    took, bytes_used = process_time() - began, _resident() - before
    subjects = sensors * rules
    saving = process_time()
    size = len(engine.save())
    return {
        "sensors": sensors,
        "rules": rules,
        "subjects": subjects,
        "mb": round(bytes_used / 2**20),
        "bytes_per_subject": round(bytes_used / subjects),
        "bytes_per_sensor": round(bytes_used / sensors),
        "start_s": round(took, 1),
        "snapshot_mb": round(size / 2**20, 1),
        "snapshot_s": round(process_time() - saving, 2),
    }


def _measure(kind: str, number: int, *, readings: int, rounds: int) -> dict[str, Any]:
    town = _town(SENSORS)
    engine = Engine(_rules(kind, number, town), town)
    engine.advance(START)
    engine.step(_readings(SENSORS, SENSORS), START)
    limits = {sensor: [("co2", _limit(one)) for one in range(number)] for sensor in town.sensors}
    engines, bares = [], []
    for turn in range(rounds):
        batch = _readings(readings, SENSORS, first=START + (1 + turn * readings // SENSORS) * 10 * SECOND)
        bares.append(_timed(partial(_bare, batch, limits)))
        engines.append(_timed(partial(_step, engine, batch)))
    us, bare = (min(times) / readings * 1e6 for times in (engines, bares))
    return {
        "kind": kind,
        "rules": number,
        "readings_per_s": round(1e6 / us),
        "us": round(us, 2),
        "bare_us": round(bare, 2),
        "ratio": round(us / bare, 2),
    }


def _step(engine: Engine, batch: list[Reading]) -> None:
    for start in range(0, len(batch), 500):
        engine.step(batch[start : start + 500], batch[start].received_at)


def _bare(batch: list[Reading], limits: dict[str, list[tuple[str, float]]]) -> int:
    """The same comparisons with nothing around them: no time, no state, no unknown."""
    above = 0
    for reading in batch:
        values = reading.values
        for quantity, limit in limits[reading.sensor]:
            value = values.get(quantity)
            if value is not None and value >= limit:  # type: ignore[operator]  # all of them are numbers here
                above += 1
    return above


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    began = process_time()
    work()
    return process_time() - began


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


def _limit(number: int) -> float:
    return 5_000.0 + number


def _readings(number: int, sensors: int, *, first: Moment = START) -> list[Reading]:
    """One value each, below every limit, the sensors in turn, each every ten seconds."""
    found = []
    for one in range(number):
        at = first + one // sensors * 10 * SECOND
        found.append(Reading(f"S{one % sensors}", at, at + 20, {"co2": 400.0 + one * 7919 % 100}))
    return found


def _rules(kind: str, number: int, town: Town) -> RuleSet:
    ways = _WINDOWS if kind == "windows" else (_PLAIN,)
    lines = [
        "version: 1",
        "groups:",
        "- name: bench",
        "  defaults: {category: environment, severity: minor}",
        "  rules:",
    ]
    for one in range(number):
        when = ways[one % len(ways)].format(limit=_limit(one))
        head = f"id: bench.{one}, title: {{zh: 试, en: Test}}, for_each: {{sensor_kind: room_climate}}"
        lines.append(f"  - {{{head}, when: '{when}', for: 30s}}")
    with tempfile.TemporaryDirectory(prefix="town-bench-") as folder:
        path = Path(folder) / "rules.yaml"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        found, findings = load_rule_files([path], town, root=path.parent)
    if found is None:
        raise RuntimeError(f"the rules of the bench are wrong: {findings[0]}")
    return found


def _town(sensors: int) -> Town:
    kinds = builtin_kinds()
    here, name = Position(latitude=30.0, longitude=120.0), Label(zh="试", en="Bench")
    facilities = {
        f"F{one}": Facility(id=f"F{one}", name=name, kind="office", zone="Z", position=here) for one in range(100)
    }
    return Town(
        id="bench",
        name=name,
        time_zone="Asia/Shanghai",
        position=here,
        quantities=dict(kinds.quantities),
        kinds=dict(kinds.kinds),
        facility_kinds=dict(kinds.facility_kinds),
        zones={"Z": Zone(id="Z", name=name)},
        facilities=facilities,
        gateways={"G": Gateway(id="G", name=name, decoder="native", topics=("town/#",))},
        sensors={
            f"S{one}": Sensor(
                id=f"S{one}", gateway="G", external_id=f"S{one}", facility=f"F{one % 100}", kind="room_climate",
                interval=10 * SECOND,
            )
            for one in range(sensors)
        },
    )  # fmt: skip
