"""Ingest in a process of its own, whose CPU and memory are nobody else's: `python -m brain.bench.intake_process`.

It is the brain's own intake with its spool, quarantine and ledger, session, store and, when asked for, rules with their
alert book, without the console.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from alerts.book import open_book
from brain.bench.children import Orders, answer
from brain.bench.duck_process import RemoteDuck
from brain.bench.floor import FloorBeside
from brain.bench.memory import peak_mb
from brain.bench.traffic import Traffic
from brain.bundle import Bundle, load_bundle
from brain.clock import wall_clock
from brain.judge import Judge
from brain.process import run
from brain.taking_in import open_taking_in
from ingest.intake import Intake
from ingest.session import SessionSettings
from town.errors import ConfigError
from town.ports import Deliver, ReadingWriter
from town.reading import Reading
from town.settings import Settings
from town.store.influx import InfluxStore
from town.store.open import open_store

_LOOKS_EVERY = 0.02
_STALLED_AFTER = 60.0
_SAMPLES_EVERY = 0.1


async def _serve(plan: dict[str, Any]) -> None:
    orders = Orders()
    bundle, findings = load_bundle(Path(plan["town"]))
    if bundle is None:
        raise ConfigError(str(findings))
    state = Path(plan["state"])
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        store = await stack.enter_async_context(_store(plan["store"], bundle))
        judge = await _judge(stack, group, bundle, state) if bundle.rules.rules else _nobody
        session = SessionSettings("127.0.0.1", plan["broker"], plan["client_id"], share=plan.get("share"))
        taking_in = open_taking_in(bundle.town, Settings(), session, state=state, store=store, judge=judge)
        intake = (await stack.enter_async_context(taking_in)).intake
        running = group.create_task(intake.run())
        floor = FloorBeside(Traffic(**plan["floor"])) if "floor" in plan else None
        sampling = group.create_task(_sample(intake, floor)) if floor is not None else None
        while intake.parts()[0].state != "ok":  # noqa: ASYNC110 - looked at until it is connected, once a run
            await asyncio.sleep(_LOOKS_EVERY)
        answer(ready=True)
        while True:
            order = await orders.next()
            if "expect" in order:
                await _measure(intake, orders, order["expect"], stalled_after=order.get("stalled_after"))
            elif "figures" in order:
                answer(**(_of_floor(floor) | _figures(intake)))
            elif "stop" in order:
                break
        running.cancel()
        if sampling is not None:
            sampling.cancel()
    answer(stopped=True)


@asynccontextmanager
async def _store(url: str, bundle: Bundle) -> AsyncIterator[ReadingWriter]:
    """The store that the bench started; made ready."""
    if url.startswith("bench://"):
        async with RemoteDuck(int(url.rsplit(":", 1)[1])) as remote:
            yield remote
        return
    async with open_store(Settings(store_url=url), bundle.town, Path()) as store:
        assert isinstance(store, InfluxStore)
        await store.prepare()
        yield store


async def _judge(stack: AsyncExitStack, group: asyncio.TaskGroup, bundle: Bundle, state: Path) -> Deliver:
    url = f"sqlite:///{state / 'alerts.sqlite'}"
    book = await stack.enter_async_context(open_book(url, bundle.town, clock=wall_clock, people=bundle.people))
    snapshot = state / "rules.snapshot"
    judge = Judge(bundle.rules, bundle.town, book=book, clock=wall_clock, snapshot=snapshot, saved=None)
    group.create_task(judge.run(), name="rules")
    return judge.deliver


async def _nobody(readings: Sequence[Reading]) -> None:
    """Without rules nobody judges."""


async def _measure(intake: Intake, orders: Orders, expected: int, *, stalled_after: float | None) -> None:
    """From now until so many messages are taken in and stored, or nothing has come for a while."""
    began, cpu = time.monotonic(), time.process_time()
    seen, progress_at = -1, began
    while True:
        balance = intake.ledger.balance()
        if balance.received - balance.redelivered >= expected and balance.settled:
            break
        if balance.stored + balance.received != seen:
            seen, progress_at = balance.stored + balance.received, time.monotonic()
        if seen and time.monotonic() - progress_at > (stalled_after or _STALLED_AFTER):
            break
        await asyncio.sleep(_LOOKS_EVERY)
    answer(seconds=time.monotonic() - began, cpu_seconds=time.process_time() - cpu, **_figures(intake))


async def _sample(intake: Intake, floor: FloorBeside) -> None:
    """Measure the floor between messages, as long as they come."""
    seen = 0
    while True:
        if intake.ledger.received > seen:
            seen = intake.ledger.received
            floor.sample()
        await asyncio.sleep(_SAMPLES_EVERY)


def _of_floor(floor: FloorBeside | None) -> dict[str, float]:
    if floor is None:
        return {}
    floor.sample()  # once at least, however short it was
    return {"floor_cpu": floor.seconds, "floor_messages": floor.messages}


def _figures(intake: Intake) -> dict[str, Any]:
    balance = intake.ledger.balance()
    return {
        "received": balance.received,
        "redelivered": balance.redelivered,
        "stored": balance.stored,
        "quarantined": balance.quarantined + balance.rejected,
        "waiting": balance.messages_waiting + balance.readings_waiting,
        "in_spool": balance.in_spool,
        "batches": intake.ledger.batches,
        "writes": intake.ledger.store_writes,
        "balanced": balance.balanced,
        "cpu": time.process_time(),
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    Path(given["state"]).mkdir(parents=True, exist_ok=True)
    run(_serve(given))
