"""How the cost of a message changes with processes on one shared subscription, and with sensors: `town bench scale`."""

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from brain.bench.children import Child, child
from brain.bench.folder import write_folder
from brain.bench.ingest import intake_plan, measure_case
from brain.bench.servers import running_broker, running_store
from brain.bench.stored import count_stored
from brain.bench.traffic import Traffic, starting
from brain.clock import wall_clock

SHARE = "bench"
_STARTS_WITHIN = 60.0
_ENDS_WITHIN = 600.0
_STALLED_AFTER = 20.0
_LOOKS_EVERY = 0.1
_KEPT = ("us_per_message", "messages_per_s", "lost", "peak_mb")


class ScalePlan(NamedTuple):
    """So many messages at QoS 1 for each case, from so many sensors and from ten times as many."""

    messages: int
    sensors: int
    processes: tuple[int, ...]
    embedded: bool = False


async def bench_scale(plan: ScalePlan) -> dict[str, Any]:
    """Cost of a message and memory: for each number of processes, and for 1 and 10 times the sensors."""
    found: dict[str, Any] = {"processes": [], "sensors": []}
    for count in plan.processes:
        traffic = starting(wall_clock(), messages=plan.messages, sensors=plan.sensors, values=1, qos=1)
        found["processes"].append(await _share(traffic, count, embedded=plan.embedded))
    for sensors in (plan.sensors, 10 * plan.sensors):
        traffic = starting(wall_clock(), messages=plan.messages, sensors=sensors, values=1, qos=1)
        case = await measure_case(traffic, rules=0, embedded=plan.embedded)
        found["sensors"].append({"sensors": sensors} | {name: case[name] for name in _KEPT})
        found |= {"broker": case["broker"], "store": case["store"]}
    return {"scale": found}


async def _share(traffic: Traffic, count: int, *, embedded: bool) -> dict[str, Any]:
    """So many processes on one shared subscription."""
    with tempfile.TemporaryDirectory(prefix="town-bench-") as name:
        folder = Path(name)
        write_folder(folder / "town", sensors=traffic.sensors)
        async with contextlib.AsyncExitStack() as stack:
            broker = await stack.enter_async_context(running_broker(folder, embedded=embedded))
            store = await stack.enter_async_context(running_store(folder, embedded=embedded))
            plans = [intake_plan(folder, broker, store, client_id=f"town-{one}", share=SHARE) for one in range(count)]
            ingest = [await stack.enter_async_context(child("brain.bench.intake_process", plan)) for plan in plans]
            load = {"traffic": traffic._asdict(), "port": broker.port, "rate": None, "window": broker.window}
            sender = await stack.enter_async_context(child("brain.bench.load", load))
            for each in (*ingest, sender):
                await each.hear(_STARTS_WITHIN)
            figures = await _measure(traffic, ingest, sender)
            stored = await count_stored(store, folder / "town", traffic)
        return {"processes": count} | figures | {"lost": traffic.messages - stored}


async def _measure(traffic: Traffic, ingest: Sequence[Child], sender: Child) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    cpu = sum([(await each.ask(figures=True))["cpu"] for each in ingest])
    began = loop.time()
    sender.tell(go=True)
    last = await _settled(traffic, ingest)
    seconds = loop.time() - began
    await sender.hear(_ENDS_WITHIN)
    return {
        "us_per_message": round((sum(each["cpu"] for each in last) - cpu) / traffic.messages * 1e6, 2),
        "messages_per_s": round(traffic.messages / seconds),
        "shares": [each["received"] for each in last],
        "peak_mb": max(each["peak_mb"] for each in last),
    }


async def _settled(traffic: Traffic, ingest: Sequence[Child]) -> list[dict[str, Any]]:
    """The figures of all processes once they have everything, or nothing has come for a while."""
    loop = asyncio.get_running_loop()
    seen, progress_at = -1, loop.time()
    while True:
        figures = [await each.ask(figures=True) for each in ingest]
        stored = sum(each["stored"] for each in figures)
        if stored != seen:
            seen, progress_at = stored, loop.time()
        if stored >= traffic.messages or loop.time() - progress_at > _STALLED_AFTER:
            return figures
        await asyncio.sleep(_LOOKS_EVERY)
