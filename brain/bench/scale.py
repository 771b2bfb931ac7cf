"""How the cost of a message changes with processes on one shared subscription, and with sensors: `town bench scale`."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from brain.bench.children import Child, child
from brain.bench.folder import write_folder
from brain.bench.ingest import intake_plan
from brain.bench.servers import Server, running_broker, running_store
from brain.bench.stored import count_stored
from brain.bench.traffic import Traffic, starting
from brain.clock import wall_clock
from town.moment import SECOND

SHARE = "bench"
_STARTS_WITHIN = 60.0
_ENDS_WITHIN = 600.0
_STALLED_AFTER = 20.0
_LOOKS_EVERY = 0.5
"""Seconds; asking costs what is measured."""

_Taken = tuple[list[dict[str, Any]], float]


class ScalePlan(NamedTuple):
    """So many messages at QoS 1 for each case, from so many sensors and from ten times as many, so many times."""

    messages: int
    sensors: int
    processes: tuple[int, ...]
    embedded: bool = False
    rounds: int = 1


async def bench_scale(plan: ScalePlan) -> dict[str, Any]:
    """Cost of a message and memory: for each number of processes, and for 1 and 10 times the sensors.

    Rounds alternate between the cases, because what else a machine does comes and goes; of each case the run with the
    middle `ratio` is given, and in `ratios` those of all.
    """
    cases = [*((plan.sensors, count) for count in plan.processes), (10 * plan.sensors, 1)]
    runs: dict[tuple[int, int], list[dict[str, Any]]] = {case: [] for case in cases}
    servers: dict[str, Any] = {}
    for _ in range(plan.rounds):
        for sensors, count in cases:
            servers, figures = await _case(plan, sensors, processes=count)
            runs[sensors, count].append(figures)
    middle = {case: _middle(some) for case, some in runs.items()}
    first = middle[plan.sensors, 1]
    found = {
        "processes": [{"processes": count} | middle[plan.sensors, count] for count in plan.processes],
        "sensors": [{"sensors": plan.sensors} | first, {"sensors": 10 * plan.sensors} | middle[cases[-1]]],
    }
    for case in (*found["processes"], *found["sensors"]):
        case["to_first"] = round(case["ratio"] / first["ratio"], 2)
    return {"scale": found | servers}


def _middle(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The run in the middle by ratio; of all together what is lost and the most memory."""
    ordered = sorted(runs, key=lambda each: each["ratio"])
    return ordered[len(ordered) // 2] | {
        "ratios": [each["ratio"] for each in runs],
        "lost": sum(each["lost"] for each in runs),
        "peak_mb": max(each["peak_mb"] for each in runs),
    }


async def _case(plan: ScalePlan, sensors: int, *, processes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """So many processes on one shared subscription, with servers of their own: what these are, and the figures."""
    traffic = starting(wall_clock(), messages=plan.messages, sensors=sensors, values=1, qos=1)
    with tempfile.TemporaryDirectory(prefix="town-bench-") as name:
        folder = Path(name)
        write_folder(folder / "town", sensors=sensors)
        async with (
            running_broker(folder, embedded=plan.embedded) as broker,
            running_store(folder, embedded=plan.embedded) as store,
            contextlib.AsyncExitStack() as stack,
        ):
            ingest = []
            for one in range(processes):
                told = intake_plan(folder, broker, store, client_id=f"town-{one}", share=SHARE)
                told |= {"floor": traffic._asdict()}
                ingest.append(await stack.enter_async_context(child("brain.bench.intake_process", told)))
            for each in ingest:
                await each.hear(_STARTS_WITHIN)
            # What is made once for a sensor in each process that hears of it is no cost of a message.
            first = traffic._replace(messages=processes * sensors, start=traffic.start - processes * SECOND)
            before, _ = await _take_in(first, broker, ingest, stored=first.messages)
            last, seconds = await _take_in(traffic, broker, ingest, stored=first.messages + traffic.messages)
            lost = traffic.messages - await count_stored(store, folder / "town", traffic)
        speed = {"messages_per_s": round(traffic.messages / seconds), "lost": lost}
        return {"broker": broker.name, "store": store.name}, _figures(traffic, before, last) | speed


async def _take_in(traffic: Traffic, broker: Server, ingest: Sequence[Child], *, stored: int) -> _Taken:
    """Have it sent and taken in; the figures of all processes then, and how many seconds that took."""
    load = {"traffic": traffic._asdict(), "port": broker.port, "rate": None, "window": broker.window}
    async with child("brain.bench.load", load) as sender:
        await sender.hear(_STARTS_WITHIN)
        began = time.monotonic()
        sender.tell(go=True)
        figures = await _settled(stored, ingest)
        seconds = time.monotonic() - began
        await sender.hear(_ENDS_WITHIN)
    return figures, seconds


def _figures(traffic: Traffic, before: Sequence[dict[str, Any]], last: Sequence[dict[str, Any]]) -> dict[str, Any]:
    def grown(name: str) -> float:
        return float(sum(one[name] - other[name] for one, other in zip(last, before, strict=True)))

    cost = (grown("cpu") - grown("floor_cpu")) / traffic.messages * 1e6
    floor = grown("floor_cpu") / grown("floor_messages") * 1e6
    return {
        "us_per_message": round(cost, 2),
        "floor_us": round(floor, 2),
        "ratio": round(cost / floor, 2),
        "messages_per_write": round(traffic.messages / max(1.0, grown("writes"))),
        "shares": [one["received"] - other["received"] for one, other in zip(last, before, strict=True)],
        "peak_mb": max(each["peak_mb"] for each in last),
    }


async def _settled(expected: int, ingest: Sequence[Child]) -> list[dict[str, Any]]:
    """The figures of all processes once they have everything, or nothing has come for a while."""
    loop = asyncio.get_running_loop()
    seen, progress_at = -1, loop.time()
    while True:
        figures = [await each.ask(figures=True) for each in ingest]
        stored = sum(each["stored"] for each in figures)
        if stored != seen:
            seen, progress_at = stored, loop.time()
        if stored >= expected or loop.time() - progress_at > _STALLED_AFTER:
            return figures
        await asyncio.sleep(_LOOKS_EVERY)
