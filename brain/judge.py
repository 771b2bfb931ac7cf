"""The live loop of the rules: batches in, transitions into the alert book, state to disk, catching up at start.

What it decides follows from the readings and their receipt alone (see `rules.arrival`). Everything it is given is kept
beside the saved state until the next one, so that a killed brain judges it once more, in the same way: the journal is
cut to where the saved state stood, and the alert book knows the transitions that it has already.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from brain.arrivals import Arrivals
from brain.journal import JOURNAL_FILE, Journal, Mark
from brain.latency import Latency
from brain.snapshot import Snapshot, SnapshotFile, SourceMark, read_snapshot
from rules.arrival import in_order, in_parts, judge_arrivals, resumed, silences
from rules.engine import Engine
from rules.ruleset import RuleSet
from town.alert import AlertDefinition, Condition, Transition
from town.errors import Unavailable
from town.moment import SECOND, Duration, Moment
from town.ports import Clock, Gauge, PartHealth, ReadingHistory, TransitionTaker
from town.reading import Reading
from town.town import Town

log = logging.getLogger("rules")

SAVE_EVERY: Duration = 5 * SECOND
_MOST_WAITING = 100_000
"""Readings between ingest and rules before ingest has to wait."""
_AT_ONCE = 2_000
"""Readings that are judged without a pause for others; those of one millisecond are never parted."""
_LONGEST_HOLD: Duration = SECOND // 10
"""Readings of a moment that is not over wait for its others; a clock that was set back must not make them wait long."""
_LONGEST_PAUSE: Duration = 15 * SECOND
_DECISIONS_KEPT = 10_000


class Judge:
    """Owns the engine: `deliver` takes batches, `run` judges them in order and hands transitions to the alert book."""

    def __init__(
        self, rules: RuleSet, town: Town, *, book: TransitionTaker, clock: Clock, snapshot: Path, saved: bytes | None
    ) -> None:
        """`saved` is what stood in the file `snapshot`, None when nothing is to be gone on with."""
        self.live = False
        """Whether it judges what comes, and no more what it missed."""
        self.judged = self.raised = 0
        self.reading_to_rules = Latency()
        self.reading_to_alert = Latency()
        self.raised_on: dict[Moment, None] = {}
        """When the readings were received that raised alerts: the newest, in order; decisions carry the same moment."""
        self.heard_until: Callable[[], Moment] = clock
        """What was received before that moment has been delivered, and nothing older comes; ingest knows better than
        the clock, and receives what follows later than that."""
        self.marks: dict[str, SourceMark] = {}
        """What was taken of each ingest process, where these are processes of their own."""
        self.unsure_from: Callable[[], Moment | None] = lambda: self._ask_from
        """What the store has still to be asked for; who follows several processes knows it better."""
        self._rules, self._town, self._book, self._clock = rules, town, book, clock
        self._saved, self._engine = _restored(saved, rules, town)
        self._reached: Moment = self._saved.saved_at if self._saved else 0
        """What was received until then is judged."""
        self._ask_from = self._saved.ask_from if self._saved else None
        self._arrivals = Arrivals(snapshot, after=self._saved.number if self._saved else 0)
        self._journal = Journal(snapshot.with_name(JOURNAL_FILE))
        self._saved_at: Moment = 0
        self._recovered = self._in_hand = self._asking = False
        self._waiting: list[Reading] = []
        self._taken = 0
        self._room, self._wake = asyncio.Event(), asyncio.Event()
        self._next_rules: tuple[RuleSet, Town, Engine | None] | None = None
        self._since = clock()
        self._trouble = ""
        self._one_at_a_time = asyncio.Lock()
        self._saving = SnapshotFile(snapshot, saved=self._arrivals.forget)

    @property
    def rules(self) -> RuleSet:
        """The rules in force."""
        return self._rules

    @property
    def errors(self) -> Mapping[str, str]:
        """Why rules could not be judged at their last reading, by rule."""
        return self._engine.errors

    @property
    def reached(self) -> Moment:
        """Everything that was received until then, and what fell silent until then, is judged."""
        return self._reached

    @property
    def asked_from(self) -> Moment | None:
        """Since when the store had still to be asked when the state was saved."""
        return self._saved.ask_from if self._saved else None

    @property
    def idle(self) -> bool:
        """Whether everything delivered is judged and with the book."""
        return not self._waiting and not self._one_at_a_time.locked()

    @property
    def _unjudged(self) -> int:
        return len(self._waiting) + self._taken

    async def deliver(self, readings: Sequence[Reading], marks: Mapping[str, SourceMark] | None = None) -> None:
        """Take a batch; waits while too many are waiting. On return it survives `kill -9`, with its `marks`."""
        while len(self._waiting) >= _MOST_WAITING:
            self._room.clear()
            await self._room.wait()
        first = not self._waiting
        if readings or marks:
            self._arrivals.add(readings, marks)
            self._waiting += readings
            self.marks.update(marks or {})
        if not readings:
            self._wake.set()
        elif first:
            self._wake_for(readings[0])

    def _wake_for(self, reading: Reading) -> None:
        """Judge it when its moment has come: ingest may be a millisecond ahead of the clock."""
        if reading.received_at <= self._clock():
            self._wake.set()
        else:
            asyncio.get_running_loop().call_later(_left_of_millisecond(), self._wake.set)

    def change(self, rules: RuleSet, town: Town, *, built: Engine | None = None) -> None:
        """Put other rules in force, between two batches; `built` is a new engine of them, made out of the way."""
        self._next_rules = (rules, town, built)
        self._wake.set()

    async def catch_up(self, history: ReadingHistory) -> int:
        """Judge what is stored and was received since the last that is known; how many readings were looked at.

        After a `kill -9` there is nothing left to judge; after a power cut there may be. Raises Unavailable.
        """
        await self.recover()
        if self._ask_from is None:
            return 0
        count, self._asking = 0, True
        async for batch in history.readings(start=self._ask_from, end=self._clock() + 1, order="arrival"):
            count += len(batch)
            async with self._one_at_a_time:
                await self._judge(batch)
        self._ask_from, self._asking = None, False
        return count

    async def judge_missed(self, readings: Sequence[Reading]) -> None:
        """Judge what came before it begins to live, when nobody noticed silence."""
        async with self._one_at_a_time:
            await self._judge(readings)

    def save_soon(self) -> None:
        """Save the state at the next opportunity."""
        self._saved_at = 0
        self._wake.set()

    async def run(self) -> None:
        """Judge until cancelled; the state is saved every few seconds and at the end."""
        await self.recover()
        await self._resume()
        writing: asyncio.Task[None] | None = None
        try:
            while True:
                await self._wait()
                if self._next_rules is not None:
                    await self._put_in_force(*self._next_rules)
                until = self.heard_until()
                if self._is_something_due(until):
                    await self._judge_until(until, self._take(until))
                if self._clock() - self._saved_at >= SAVE_EVERY and (writing is None or writing.done()):
                    if writing is not None:
                        writing.result()
                    # Judging goes on while it is written: a busy disk holds up no alert.
                    writing = asyncio.create_task(self._written_down(await self._between_batches()))
        finally:
            # What was decided and is not with the book yet is not saved: it is decided again after the next start.
            if not self._in_hand and not self._asking:
                self._saving.write(self._snapshot())
            self._arrivals.close()

    async def recover(self) -> None:
        """Go on where the saved state stood, and judge again what was delivered since."""
        if self._recovered:
            return
        self._recovered = True
        saved = self._saved
        if saved is not None:
            if saved.journal is not None:
                self._journal.cut(saved.journal)
            async with self._one_at_a_time:
                begin = self._engine.next_due()
                # The engine begins where it was saved: up to what follows no time was lost.
                await self._hand_over(self._engine.advance(self._reached if begin is None else begin), ())
        waiting = list(saved.waiting) if saved else []
        self.marks.update(saved.marks if saved else {})
        for frame in self._arrivals.since(saved.number if saved else 0):
            waiting += frame.readings
            self.marks.update(frame.marks)
            if frame.silent_until is not None:
                until = frame.silent_until + 1
                await self._judge_until(until, [each for each in waiting if each.received_at < until])
                waiting = [each for each in waiting if each.received_at >= until]
        async with self._one_at_a_time:
            await self._judge(waiting)
        if saved is not None and self._ask_from is None:
            self._ask_from = self._reached

    async def _resume(self) -> None:
        """Begin to live: the time since the last that is known was no silence."""
        async with self._one_at_a_time:
            # Not after what has arrived already: whoever replays meets it after this moment, too.
            now = min([self.heard_until(), *(each.received_at for each in self._waiting[:1])])
            if self._reached == 0:
                self._journal.mark(Mark("started", now, self._rules.version))
                await self._hand_over(self._engine.advance(now), ())
            else:
                since = min(self._reached, now)
                self._engine, transitions = resumed(self._engine, self._rules, self._town, since=since, now=now)
                self._journal.mark(Mark("resumed", now, self._rules.version, since))
                await self._hand_over(transitions, ())
            self._reached = max(self._reached, now)
        await self._save()
        self.live = True

    async def _wait(self) -> None:
        due = self._engine.next_due()
        pause = SAVE_EVERY if due is None else max(1, min(SAVE_EVERY, due + 1 - self._clock()))
        if self._waiting:
            pause = 1  # for the end of their moment
        try:
            async with asyncio.timeout(pause / 1000):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    def _is_something_due(self, until: Moment) -> bool:
        """Whether there is something to judge from before that moment: readings, or silence."""
        if self._waiting and not until <= self._waiting[0].received_at <= until + _LONGEST_HOLD:
            return True
        due = self._engine.next_due()
        return (due is not None and due < until) or until - self._reached > _LONGEST_HOLD

    def _take(self, until: Moment) -> list[Reading]:
        """What waits and was received before that moment."""
        waiting = self._waiting
        end = len(waiting)
        while end and until <= waiting[end - 1].received_at <= until + _LONGEST_HOLD:
            end -= 1
        self._waiting = waiting[end:]
        self._room.set()
        self._in_hand = True
        self._taken = end
        return waiting[:end]

    async def _put_in_force(self, rules: RuleSet, town: Town, built: Engine | None) -> None:
        async with self._one_at_a_time:
            now, engine = self._clock(), built or Engine(rules, town)
            transitions = engine.take_over(self._engine, now)
            self._engine = engine
            before, self._rules, self._town, self._next_rules = self._rules, rules, town, None
            self._journal.mark(Mark("rules", now, rules.version))
            await self._hand_over(transitions, (), definitions={**before.definitions, **rules.definitions})
        await self._save()

    async def _judge_until(self, until: Moment, readings: list[Reading]) -> None:
        """Judge readings, all there are from before that moment, and what fell silent before it."""
        async with self._one_at_a_time:
            self._in_hand = True
            await self._judge(readings)
            lapsed = silences(self._engine, until - 1)
            self._reached = max(self._reached, until - 1)
            if lapsed:
                self._arrivals.add_silence(until - 1)
                await self._hand_over(lapsed, ())
            self._in_hand, self._taken = False, 0

    async def _judge(self, readings: Iterable[Reading]) -> None:
        for part in in_parts(in_order(readings), _AT_ONCE):
            self.reading_to_rules.add(self._clock() - part[0].received_at)
            transitions = judge_arrivals(self._engine, part)
            self._reached = max(self._reached, part[-1].received_at)
            self.judged += len(part)
            await self._hand_over(transitions, part)
            await asyncio.sleep(0)

    async def _hand_over(
        self,
        transitions: list[Transition],
        readings: Sequence[Reading],
        *,
        definitions: dict[str, AlertDefinition] | None = None,
    ) -> None:
        """Write transitions down and give them to the book until it has them: an alert may be late, never lost."""
        if not transitions:
            return
        self._journal.add(transitions)
        pause = SECOND // 5
        while True:
            try:
                await self._book.take(transitions, definitions or self._rules.definitions, self._clock())
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
            received = {reading.received_at for reading in readings}
            now = self._clock()
            for transition in raised:
                if transition.decided_at in received:
                    self.reading_to_alert.add(now - transition.decided_at)
                    self.raised_on[transition.decided_at] = None
            while len(self.raised_on) > _DECISIONS_KEPT:
                del self.raised_on[next(iter(self.raised_on))]

    async def _save(self) -> None:
        """Save the state between two batches, and forget what came before it."""
        await self._written_down(await self._between_batches())

    async def _between_batches(self) -> Snapshot | None:
        """The state; None as long as something is asked of the store."""
        if self._asking:
            return None
        async with self._one_at_a_time:
            return self._snapshot()

    async def _written_down(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            await asyncio.to_thread(self._saving.write, snapshot)

    def _snapshot(self) -> Snapshot:
        self._saved_at = self._clock()
        self._engine.advance(self._reached)  # nothing is due by then: it only takes note of the time
        number = self._arrivals.turn()
        return Snapshot(
            self._reached,
            self._engine.save(),
            number=number,
            journal=self._journal.length(),
            waiting=list(self._waiting),
            ask_from=self.unsure_from(),
            marks=dict(self.marks),
        )

    def parts(self) -> list[PartHealth]:
        """How judging is."""
        if self._trouble:
            return [PartHealth("rules", "down", self._since, f"the alert book is away: {self._trouble}")]
        if self._engine.errors:
            rule, error = next(iter(self._engine.errors.items()))
            return [PartHealth("rules", "degraded", self._since, f"{rule}: {error}")]
        if unwritten := self._saving.trouble or self._arrivals.trouble or self._journal.trouble:
            return [PartHealth("rules", "degraded", self._since, f"a restart would lose something: {unwritten}")]
        return [PartHealth("rules", "ok", self._since, f"{len(self._rules.definitions)} rules")]

    def figures(self) -> list[Gauge]:
        """Its counters, for /metrics."""
        return [
            Gauge("town_rules_readings_judged", self.judged, kind="counter", help="Readings judged by the rules."),
            Gauge("town_rules_alerts_raised", self.raised, kind="counter", help="Times a rule became active."),
            Gauge(
                "town_rules_readings_waiting", self._unjudged, help="Readings whose decisions are not in the book yet."
            ),
            Gauge("town_rules_in_force", len(self._rules.definitions), help="Rules in force."),
            Gauge("town_rules_in_error", len(self._engine.errors), help="Rules that failed at their last reading."),
            *self.reading_to_rules.gauges("receipt to the rules"),
            *self.reading_to_alert.gauges("receipt to the alert book"),
        ]


def _left_of_millisecond() -> float:
    """Seconds until the clock shows the next one, and a little."""
    return (1.05 - time.time() * 1000 % 1) / 1000


def _restored(saved: bytes | None, rules: RuleSet, town: Town) -> tuple[Snapshot | None, Engine]:
    """What was saved and the engine as it was; a state that cannot be read is left alone and said."""
    found = read_snapshot(saved)
    if found is None:
        return None, Engine(rules, town)
    try:
        return found, Engine.restore(rules, town, found.engine)
    except ValueError as error:
        log.error("the rules' saved state cannot be read and is not used: %s", error)
        return None, Engine(rules, town)
