"""Far more than can be taken in, for a while: `town bench flood`.

Ingest is made slow by leaving it only a share of the time, as on a small machine, so that one sender can send ten times
what it can sustain. What it does not take stays in the broker's queue, what the store does not take goes to the spool.
"""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from brain.bench.children import Child, child
from brain.bench.folder import write_folder
from brain.bench.ingest import intake_plan
from brain.bench.servers import Server, program, running_broker, running_store
from brain.bench.stored import count_stored
from brain.bench.traffic import Traffic, starting
from brain.clock import wall_clock
from town.errors import ConfigError
from town.moment import DAY

TIMES = 10
_SENSORS = 1_000
_SHARE, _SLICE = 0.05, 0.2
"""The part of every slice, in seconds, in which ingest may run."""
_STARTS_WITHIN = 300.0
_ENDS_WITHIN = 1_200.0
_STALLED_AFTER = 30.0
_LOOKS_EVERY = 0.2


class FloodPlan(NamedTuple):
    """For so many seconds ten times what ingest sustains; that is found out with so many messages."""

    seconds: float
    calm: int


async def bench_flood(plan: FloodPlan) -> dict[str, Any]:
    """What is missing in the end, and the most memory and disk that it took."""
    if program("mosquitto") is None:
        raise ConfigError("town bench flood needs a broker that queues: mosquitto (apt-get install mosquitto)")
    with tempfile.TemporaryDirectory(prefix="town-bench-") as name:
        folder = Path(name)
        write_folder(folder / "town", sensors=_SENSORS)
        async with running_broker(folder) as broker, running_store(folder) as store:
            figures = await _play(plan, folder, broker, store)
        return {"flood": figures, "broker": broker.name, "store": store.name}


async def _play(plan: FloodPlan, folder: Path, broker: Server, store: Server) -> dict[str, Any]:
    async with child("brain.bench.intake_process", intake_plan(folder, broker, store)) as ingest:
        await ingest.hear(_STARTS_WITHIN)
        async with _slowed(ingest):
            calm = starting(wall_clock() - DAY, messages=plan.calm, sensors=_SENSORS, values=1, qos=1)
            sustained = await _sustained(calm, broker, ingest)
            rate = TIMES * sustained
            traffic = starting(wall_clock(), messages=int(rate * plan.seconds), sensors=_SENSORS, values=1, qos=1)
            most, sent_per_s = await _flood(traffic, rate, broker, ingest)
        loop = asyncio.get_running_loop()
        began = loop.time()
        last = await _settled(ingest, calm.messages + traffic.messages, most)
        took = loop.time() - began
        stored = await count_stored(store, folder / "town", traffic)
    return {
        "sustained_per_s": round(sustained),
        "sent_per_s": round(sent_per_s),
        "times": round(sent_per_s / sustained, 1),
        "messages": traffic.messages,
        "lost": traffic.messages - stored,
        "refused": last["quarantined"],
        "caught_up_s": round(took, 1),
        "peak_mb": last["peak_mb"],
        "broker_peak_mb": most["broker_mb"],
        "most_in_memory": int(most["waiting"]),
        "most_in_spool": int(most["in_spool"]),
    }


@contextlib.asynccontextmanager
async def _slowed(ingest: Child) -> AsyncIterator[None]:
    """Let it run only a share of the time until the block ends."""

    async def hold() -> None:
        while True:
            os.kill(ingest.pid, signal.SIGSTOP)
            await asyncio.sleep(_SLICE * (1 - _SHARE))
            os.kill(ingest.pid, signal.SIGCONT)
            await asyncio.sleep(_SLICE * _SHARE)

    async with asyncio.TaskGroup() as group:
        holding = group.create_task(hold())
        try:
            yield
        finally:
            holding.cancel()
            with contextlib.suppress(ProcessLookupError):
                os.kill(ingest.pid, signal.SIGCONT)


async def _sustained(traffic: Traffic, broker: Server, ingest: Child) -> float:
    """Messages a second that it takes in and stores when there are always more."""
    async with _sender(traffic, broker, rate=None) as sender:
        began = asyncio.get_running_loop().time()
        sender.tell(go=True)
        await _settled(ingest, traffic.messages, {})
        return traffic.messages / (asyncio.get_running_loop().time() - began)


async def _flood(traffic: Traffic, rate: float, broker: Server, ingest: Child) -> tuple[dict[str, float], float]:
    """Send all of it; the most of everything while it came, and how many a second were sent."""
    most: dict[str, float] = {}
    async with _sender(traffic, broker, rate=rate) as sender:
        sender.tell(go=True)
        ended = asyncio.create_task(sender.hear(_ENDS_WITHIN), name="sender")
        while not ended.done():
            _note(most, await ingest.ask(figures=True), broker)
            await asyncio.wait((ended,), timeout=_LOOKS_EVERY)
        said = await ended
        return most, said["sent"] / said["seconds"]


def _note(most: dict[str, float], figures: dict[str, Any], broker: Server | None) -> None:
    now = {"waiting": figures["waiting"], "in_spool": figures["in_spool"]}
    if broker is not None and broker.pid is not None:
        now["broker_mb"] = round(psutil.Process(broker.pid).memory_info().rss / 1e6, 1)
    for name, value in now.items():
        most[name] = max(most.get(name, 0), value)


async def _settled(ingest: Child, messages: int, most: dict[str, float]) -> dict[str, Any]:
    """Its figures once it has stored so many, or nothing has come for a while."""
    loop = asyncio.get_running_loop()
    seen, progress_at = -1, loop.time()
    while True:
        figures = await ingest.ask(figures=True)
        _note(most, figures, None)
        if figures["stored"] != seen:
            seen, progress_at = figures["stored"], loop.time()
        over = figures["stored"] + figures["quarantined"] >= messages and not figures["waiting"] + figures["in_spool"]
        if over or loop.time() - progress_at > _STALLED_AFTER:
            return figures
        await asyncio.sleep(_LOOKS_EVERY)


@contextlib.asynccontextmanager
async def _sender(traffic: Traffic, broker: Server, *, rate: float | None) -> AsyncIterator[Child]:
    client = f"bench-load-{traffic.start}"
    load = {"traffic": traffic._asdict(), "port": broker.port, "rate": rate, "window": broker.window}
    async with child("brain.bench.load", load | {"client_id": client}) as sender:
        await sender.hear(_STARTS_WITHIN)
        yield sender
