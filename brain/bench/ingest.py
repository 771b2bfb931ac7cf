"""What taking a message in costs, as a ratio to the floor: `town bench ingest`."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from brain.bench.children import child
from brain.bench.floor import Floor, measure_floor
from brain.bench.folder import write_folder
from brain.bench.servers import Server, running_broker, running_store
from brain.bench.stored import count_stored
from brain.bench.traffic import Traffic, starting
from brain.clock import wall_clock
from town.moment import SECOND

RULES = 10
_STARTS_WITHIN = 120.0
_ENDS_WITHIN = 600.0


class IngestPlan(NamedTuple):
    """What to measure: every combination of `qos` and `values`."""

    messages: int
    sensors: int
    qos: Sequence[int]
    values: Sequence[int]
    rules: bool
    embedded: bool = False
    """Use the embedded broker and DuckDB, whatever else is here."""


async def bench_ingest(plan: IngestPlan) -> dict[str, Any]:
    """Every case, each with fresh servers; with rules each case is measured without them too, and named as a ratio."""
    found: dict[str, Any] = {"ingest": []}
    for qos in plan.qos:
        for values in plan.values:
            traffic = starting(wall_clock(), messages=plan.messages, sensors=plan.sensors, values=values, qos=qos)
            case = await measure_case(traffic, rules=0, embedded=plan.embedded)
            if plan.rules:
                with_rules = await measure_case(traffic, rules=RULES, embedded=plan.embedded)
                ratio = with_rules["us_per_message"] / case["us_per_message"]
                case = with_rules | {"without_rules_us": case["us_per_message"], "ratio_to_no_rules": round(ratio, 2)}
            found |= {"broker": case.pop("broker"), "store": case.pop("store")}
            found["ingest"].append(case)
    return found


async def measure_case(traffic: Traffic, *, rules: int, embedded: bool) -> dict[str, Any]:
    """One case with servers of its own."""
    with tempfile.TemporaryDirectory(prefix="town-bench-") as name:
        folder = Path(name)
        write_folder(folder / "town", sensors=traffic.sensors, rules=rules)
        async with (
            running_broker(folder, embedded=embedded) as broker,
            running_store(folder, embedded=embedded) as store,
        ):
            before = measure_floor(traffic)
            taken = await _take_in(traffic, folder, broker, store)
            after = measure_floor(traffic)
            stored = await count_stored(store, folder / "town", traffic)
        figures = _figures(traffic, taken, _mean(before, after))
        return figures | {
            "lost": traffic.messages - stored,
            "rules": rules,
            "broker": broker.name,
            "store": store.name,
        }


def intake_plan(
    folder: Path, broker: Server, store: Server, *, client_id: str = "town-bench", share: str | None = None
) -> dict[str, Any]:
    """What an ingest process is told: the town, its servers, and the shared subscription it has a part in."""
    return {
        "town": str(folder / "town"),
        "state": str(folder / "state" / client_id),
        "store": store.url,
        "broker": broker.port,
        "client_id": client_id,
        "share": share,
    }


async def _take_in(traffic: Traffic, folder: Path, broker: Server, store: Server) -> dict[str, Any]:
    """Measured from the second message of a sensor on: what is made once for each sensor is no cost of a message."""
    taken: dict[str, Any] = {}
    first = traffic._replace(messages=traffic.sensors, start=traffic.start - SECOND, qos=1)
    async with child("brain.bench.intake_process", intake_plan(folder, broker, store)) as intake:
        await intake.hear(_STARTS_WITHIN)
        for some, expected in ((first, first.messages), (traffic, first.messages + traffic.messages)):
            load = {"traffic": some._asdict(), "port": broker.port, "rate": None, "window": broker.window}
            async with child("brain.bench.load", load) as sender:
                await sender.hear(_STARTS_WITHIN)
                intake.tell(expect=expected)
                sender.tell(go=True)
                _, taken = await asyncio.gather(sender.hear(_ENDS_WITHIN), intake.hear(_ENDS_WITHIN))
    return taken


def _mean(one: Floor, other: Floor) -> Floor:
    return Floor((one.us + other.us) / 2, (one.own_us + other.own_us) / 2)


def _figures(traffic: Traffic, taken: dict[str, Any], floor: Floor) -> dict[str, Any]:
    cost = taken["cpu_seconds"] / traffic.messages * 1e6
    return {
        "qos": traffic.qos,
        "values": traffic.values,
        "us_per_message": round(cost, 2),
        "floor_us": round(floor.us, 2),
        "ratio": round(cost / floor.us, 2),
        "floor_msgspec_us": round(floor.own_us, 2),
        "ratio_msgspec": round(cost / floor.own_us, 2),
        "messages_per_s": round(traffic.messages / taken["seconds"]),
        "messages": traffic.messages,
        "peak_mb": taken["peak_mb"],
    }
