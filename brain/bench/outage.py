"""The store is gone for a while and ingest is killed in the middle of it: `town bench outage`."""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from brain.bench.children import Child, child
from brain.bench.folder import write_folder
from brain.bench.ingest import intake_plan
from brain.bench.servers import Server, free_ports, influx_on, program, running_broker
from brain.bench.stored import count_stored
from brain.bench.traffic import starting
from brain.clock import wall_clock
from town.errors import ConfigError

_SENSORS = 1_000
_STARTS_WITHIN = 300.0
_ENDS_WITHIN = 1_200.0
_BEFORE, _AFTER = 2.0, 10.0
"""Seconds of traffic before the store goes, and after it is back, if that is as planned."""
_STALLED_AFTER = 20.0
_LOOKS_EVERY = 0.1


class OutagePlan(NamedTuple):
    """So many messages a second at QoS 1, and for how many seconds of them the store is gone."""

    rate: int
    gone: float


async def bench_outage(plan: OutagePlan) -> dict[str, Any]:
    """What is missing or doubled in the store afterwards, and how fast the backlog went in."""
    influxd = program("influxd")
    if influxd is None:
        raise ConfigError("town bench outage ends and restarts a store: it needs influxd (apt-get install influxdb)")
    with tempfile.TemporaryDirectory(prefix="town-bench-") as name:
        folder = Path(name)
        (folder / "state").mkdir()
        write_folder(folder / "town", sensors=_SENSORS)
        async with running_broker(folder) as broker:
            figures = await _play(plan, folder, broker, influxd)
        return {"outage": figures, "broker": broker.name, "store": "influxdb"}


async def _play(plan: OutagePlan, folder: Path, broker: Server, influxd: str) -> dict[str, Any]:
    port, loop = free_ports(2), asyncio.get_running_loop()
    seconds = _BEFORE + plan.gone + min(_AFTER, plan.gone)
    traffic = starting(wall_clock(), messages=int(plan.rate * seconds), sensors=_SENSORS, values=1, qos=1)
    load = {"traffic": traffic._asdict(), "port": broker.port, "rate": plan.rate, "window": broker.window}
    async with contextlib.AsyncExitStack() as stack:
        sender = await stack.enter_async_context(child("brain.bench.load", load))
        await sender.hear(_STARTS_WITHIN)
        async with influx_on(influxd, port, folder) as store:
            plan_of_ingest = intake_plan(folder, broker, store)
            first = await stack.enter_async_context(child("brain.bench.intake_process", plan_of_ingest))
            await first.hear(_STARTS_WITHIN)
            began = loop.time()
            sender.tell(go=True)
            await asyncio.sleep(_BEFORE)
        await asyncio.sleep(plan.gone / 2)
        before = await first.ask(figures=True)
        stored_before = before["stored"]
        await first.kill()
        await asyncio.sleep(plan.gone / 2)
        async with influx_on(influxd, port, folder) as store:
            second = await stack.enter_async_context(child("brain.bench.intake_process", plan_of_ingest))
            await second.hear(_STARTS_WITHIN)
            back_at = loop.time()
            backlog = min(traffic.messages, int((back_at - began) * plan.rate)) - stored_before
            await _until(second, lambda figures: figures["stored"] >= backlog)
            took = loop.time() - back_at
            await sender.hear(_ENDS_WITHIN)
            await _until(second, lambda told: told["stored"] + stored_before >= traffic.messages and _settled(told))
            after = await second.ask(figures=True)
            stored = await count_stored(store, folder / "town", traffic)
    return {
        "rate": plan.rate,
        "gone_s": round(back_at - began - _BEFORE, 1),
        "messages": traffic.messages,
        "lost": max(0, traffic.messages - stored),
        "doubled": max(0, stored - traffic.messages),
        "backlog": backlog,
        "in_spool_when_killed": before["in_spool"],
        "peak_mb": max(before["peak_mb"], after["peak_mb"]),
        "catch_up_per_s": round(backlog / took),
        "catch_up_ratio": round(backlog / took / plan.rate, 1),
    }


def _settled(figures: dict[str, Any]) -> bool:
    return not (figures["waiting"] or figures["in_spool"])


async def _until(ingest: Child, enough: Callable[[dict[str, Any]], bool]) -> None:
    """Return once ingest has enough, or has taken nothing more for a while."""
    loop = asyncio.get_running_loop()
    seen, progress_at = -1, loop.time()
    while loop.time() - progress_at < _STALLED_AFTER:
        figures = await ingest.ask(figures=True)
        if enough(figures):
            return
        if figures["stored"] != seen:
            seen, progress_at = figures["stored"], loop.time()
        await asyncio.sleep(_LOOKS_EVERY)
