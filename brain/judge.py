"""The live loop of the rules: batches in, transitions into the alert book, state to disk, catching up at start."""

import asyncio
import logging
import os
import random
from collections.abc import Sequence
from pathlib import Path

import msgspec

from brain.latency import Latency
from rules.engine import Engine
from rules.ruleset import RuleSet
from town.alert import AlertDefinition, Condition, Transition
from town.errors import Unavailable
from town.moment import HOUR, SECOND, Duration, Moment
from town.ports import Clock, Gauge, PartHealth, ReadingHistory, TransitionTaker
from town.reading import Reading
from town.town import Town

log = logging.getLogger("rules")

SAVE_EVERY: Duration = 5 * SECOND
CATCH_UP: Duration = HOUR
"""How long before the last save a reading may have been measured that was stored but not judged yet."""
_WAITING = 64
"""Batches between ingest and rules before ingest has to wait."""
_LONGEST_PAUSE: Duration = 15 * SECOND
_DECISIONS_KEPT = 10_000


class _Snapshot(msgspec.Struct):
    saved_at: Moment
    engine: bytes


class Judge:
    """Owns the engine: `deliver` takes batches, `run` judges them in order and hands transitions to the alert book."""

    def __init__(
        self, rules: RuleSet, town: Town, *, book: TransitionTaker, clock: Clock, snapshot: Path, saved: bytes | None
    ) -> None:
        self.judged = self.raised = 0
        self.reading_to_rules = Latency()
        self.reading_to_alert = Latency()
        self.received_at: dict[Moment, Moment] = {}
        """When the reading was received that a decision was made on, by the moment of the decision; the newest only."""
        self._rules, self._town, self._book, self._clock, self._file = rules, town, book, clock, snapshot
        self._began_from, self._engine = _restored(saved, rules, town)
        self._saved_at = self._began_from
        self._batches: asyncio.Queue[Sequence[Reading]] = asyncio.Queue(_WAITING)
        self._next_rules: tuple[RuleSet, Town] | None = None
        self._wake = asyncio.Event()
        self._since = clock()
        self._trouble = ""
        self._one_at_a_time = asyncio.Lock()

    @property
    def rules(self) -> RuleSet:
        """The rules in force."""
        return self._rules

    @property
    def idle(self) -> bool:
        """Whether everything delivered is judged and with the book."""
        return self._batches.empty() and not self._one_at_a_time.locked()

    async def deliver(self, readings: Sequence[Reading]) -> None:
        """Take a batch; waits while too many are waiting."""
        await self._batches.put(readings)
        self._wake.set()

    def change(self, rules: RuleSet, town: Town) -> None:
        """Put other rules in force, between two batches."""
        self._next_rules = (rules, town)
        self._wake.set()

    async def catch_up(self, history: ReadingHistory) -> int:
        """Judge what was stored since the last save and not judged; the engine knows what it judged before."""
        if self._began_from is None:
            return 0
        now, count = self._clock(), 0
        async for batch in history.readings(start=self._began_from - CATCH_UP, end=now + 1):
            count += len(batch)
            await self._judge(batch)
        return count

    async def run(self) -> None:
        """Judge until cancelled; the state is saved every few seconds and at the end."""
        await self._advance()
        try:
            while True:
                await self._wait()
                if self._next_rules is not None:
                    await self._put_in_force(*self._next_rules)
                while not self._batches.empty():
                    await self._step(self._batches.get_nowait())
                now = self._clock()
                due = self._engine.next_due()
                if due is not None and due <= now:
                    await self._advance()
                if self._saved_at is None or now - self._saved_at >= SAVE_EVERY:
                    await asyncio.to_thread(self._write, self._snapshot(now))
        finally:
            self._write(self._snapshot(self._clock()))

    async def _advance(self) -> None:
        async with self._one_at_a_time:
            now = self._clock()
            await self._hand_over(self._engine.advance(now), (), now)

    async def _wait(self) -> None:
        due = self._engine.next_due()
        pause = SAVE_EVERY if due is None else max(0, min(SAVE_EVERY, due - self._clock()))
        try:
            async with asyncio.timeout(pause / 1000):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _put_in_force(self, rules: RuleSet, town: Town) -> None:
        async with self._one_at_a_time:
            now = self._clock()
            transitions = self._engine.reload(rules, town, now)
            before, self._rules, self._town, self._next_rules = self._rules, rules, town, None
            await self._hand_over(transitions, (), now, definitions={**before.definitions, **rules.definitions})

    async def _step(self, readings: Sequence[Reading]) -> None:
        self.reading_to_rules.add(self._clock() - readings[0].received_at)
        await self._judge(readings)

    async def _judge(self, readings: Sequence[Reading]) -> None:
        async with self._one_at_a_time:
            now = self._clock()
            transitions = self._engine.step(readings, now)
            self.judged += len(readings)
            await self._hand_over(transitions, readings, now)

    async def _hand_over(
        self,
        transitions: list[Transition],
        readings: Sequence[Reading],
        now: Moment,
        *,
        definitions: dict[str, AlertDefinition] | None = None,
    ) -> None:
        """Give transitions to the book until it has them: an alert may be late, never lost."""
        if not transitions:
            return
        pause = SECOND // 5
        while True:
            try:
                await self._book.take(transitions, definitions or self._rules.definitions, now)
                break
            except Unavailable as error:
                if not self._trouble:
                    log.error("the alert book is away, alerts wait: %s", error)
                    self._since, self._trouble = self._clock(), str(error)
                await asyncio.sleep(random.uniform(0, pause) / 1000)  # noqa: S311 - spreads retries, guards nothing
                pause = min(2 * pause, _LONGEST_PAUSE)
        if self._trouble:
            log.info("the alert book is back")
            self._since, self._trouble = self._clock(), ""
        self._measure(transitions, readings)

    def _measure(self, transitions: list[Transition], readings: Sequence[Reading]) -> None:
        raised = [each for each in transitions if each.condition is Condition.ACTIVE]
        self.raised += len(raised)
        if raised and readings:
            received = {reading.measured_at: reading.received_at for reading in readings}
            now = self._clock()
            for transition in raised:
                if transition.at in received:
                    self.reading_to_alert.add(now - received[transition.at])
                    self.received_at[transition.decided_at] = received[transition.at]
            while len(self.received_at) > _DECISIONS_KEPT:
                del self.received_at[next(iter(self.received_at))]

    def _snapshot(self, now: Moment) -> bytes:
        self._saved_at = now
        return msgspec.msgpack.encode(_Snapshot(now, self._engine.save()))

    def _write(self, content: bytes) -> None:
        """Replace the snapshot file whole, so that a power cut leaves the old or the new one."""
        beside = self._file.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._file)

    def parts(self) -> list[PartHealth]:
        """How judging is."""
        if self._trouble:
            return [PartHealth("rules", "down", self._since, f"the alert book is away: {self._trouble}")]
        if self._engine.errors:
            rule, error = next(iter(self._engine.errors.items()))
            return [PartHealth("rules", "degraded", self._since, f"{rule}: {error}")]
        return [PartHealth("rules", "ok", self._since, f"{len(self._rules.definitions)} rules")]

    def figures(self) -> list[Gauge]:
        """Its counters, for /metrics."""
        return [
            Gauge("town_rules_readings_judged", self.judged, kind="counter", help="Readings judged by the rules."),
            Gauge("town_rules_alerts_raised", self.raised, kind="counter", help="Times a rule became active."),
            Gauge("town_rules_batches_waiting", self._batches.qsize(), help="Batches between ingest and rules."),
            Gauge("town_rules_in_force", len(self._rules.definitions), help="Rules in force."),
            Gauge("town_rules_in_error", len(self._engine.errors), help="Rules that failed at their last reading."),
            *self.reading_to_rules.gauges("receipt to the rules"),
        ]


def _restored(saved: bytes | None, rules: RuleSet, town: Town) -> tuple[Moment | None, Engine]:
    """The engine as it was saved, and when; a snapshot that cannot be read is left alone and said."""
    if saved is None:
        return None, Engine(rules, town)
    try:
        found = msgspec.msgpack.decode(saved, type=_Snapshot)
        return found.saved_at, Engine.restore(rules, town, found.engine)
    except (ValueError, msgspec.MsgspecError) as error:
        log.error("the rules' saved state cannot be read and is not used: %s", error)
        return None, Engine(rules, town)
