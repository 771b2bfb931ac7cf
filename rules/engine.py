"""The rule engine: readings and moments in, changes of mind out. It does no I/O and reads no clock.

Every reading is judged at once, in the order in which it comes, by the rules that look at one of its quantities.
`now` is used for two things only: to notice silence, and to say when a transition was decided.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from rules import snapshot
from rules.condition import ConditionJudge
from rules.gate import Gate, Passage
from rules.judge import Judge, view_of
from rules.levels import LevelsJudge
from rules.memory import Memory, Plan, SensorMemory, Track, View
from rules.plan import Plans
from rules.rule import Rule
from rules.ruleset import RULE_ERROR, RuleSet
from rules.sequence import SequenceJudge
from rules.silence import SilenceJudge
from rules.subject import Judged, judged_by
from town.alert import Cause, Condition, Observation, Reason, Severity, Subject, Transition
from town.moment import SECOND, Duration, Moment
from town.quantity import Value
from town.reading import Reading
from town.town import Town

FUTURE: Duration = 60 * SECOND
"""A reading further ahead of its receipt than this was measured when it was received."""

_NEVER: Moment = 1 << 62

MAX_PLANS = 64
"""So many sets of quantities are remembered for a sensor: a device that mixes them without end gains nothing."""


class Look(NamedTuple):
    """Where a rule stands with a subject: to be read, and good until the next step."""

    judge: Judge
    view: View
    passage: Passage | None
    inhibitors: dict[str, bool]
    """The rules that may inhibit it, and whether they do."""


class Engine:
    """The rules of one town and where they stand.

    Call `advance(now)` once after starting or restoring and whenever `next_due()` has come. Use it from one task at a
    time. What it is given and gives is plain; what it remembers is bounded by the town, its rules and their windows.
    """

    def __init__(self, rules: RuleSet, town: Town) -> None:
        self.late = 0
        """Values that were not newer than the last of their quantity, and so not judged."""
        self.judged = 0
        """Readings that a rule looked at."""
        self._now: Moment | None = None
        self._pause_from: Moment | None = None
        self._orphans: list[snapshot.SavedJudge] = []
        self._had_failing = False
        self._build(rules, town)

    def _build(self, rules: RuleSet, town: Town) -> None:
        self._rules, self._town = rules, town
        self._memory = Memory(town)
        self._gate = Gate(rules, town)
        self._plans = Plans()
        self._alone: dict[str, Track] = {}
        """By sensor, the quantity that came alone the last time, as long as nothing is special about it."""
        self._judges: list[Judge] = []
        for rule in sorted(rules.rules):
            for judged in judged_by(rules.rules[rule], town):
                made = _judge_of(rules.rules[rule])
                self._judges.append(made(rules.rules[rule], judged, self._memory, index=len(self._judges)))
        self._failing: set[int] = set()
        self._begun = False

    @property
    def shed(self) -> int:
        """Activations that were not let through because their rule has too many alerts, since the start."""
        return self._gate.shed

    def look(self, rule: str, subject: Subject) -> Look | None:
        """Where a rule stands with a subject, for whoever wants to know why; None when it does not judge it."""
        judge = next((one for one in self._judges if one.rule.id == rule and one.subject == subject), None)
        if judge is None:
            return None
        watch = self._memory.watches[subject]
        view = view_of(judge.rule, Judged(subject, watch.members), self._memory, watch)
        return Look(judge, view, self._gate.passage(rule, subject), self._gate.inhibitors(rule, subject))

    @property
    def errors(self) -> dict[str, str]:
        """The rules that cannot be judged now, and why, by id."""
        failing = [self._judges[index] for index in sorted(self._failing)]
        return {judge.rule.id: judge.standing.error or "" for judge in failing}

    def step(self, readings: Sequence[Reading], now: Moment) -> list[Transition]:
        """Judge readings in this order."""
        out, others = self._begin(now), 0
        alone, gate = self._alone.get, self._gate
        for reading in readings:
            # One new value is what nearly every reading is, or all of it that is asked for: the same as `_take`, with
            # nothing around it.
            values, at = reading.values, reading.measured_at
            track = None if reading.refused else alone(reading.sensor)
            value = None if track is None else values.get(track.quantity)
            if value is None and not reading.refused:
                track, value = self._other(reading)
            if (
                track is None
                or value is None
                or (len(values) != 1 and not track.only)
                or not track.at < at <= reading.received_at
            ):
                self._take(reading, now, out)
                others += 1
                continue
            for watch in track.watches:
                if at > watch.at:  # noqa: PLR1730 - a call of max() costs a tenth of the whole reading
                    watch.at = at
            track.previous = track.value
            track.value = value
            track.at = at
            if track.followed:
                track.tell(at, value)
            try:
                if track.low < value < track.high and not track.watch.awake:  # type: ignore[operator]  # or it raises
                    if track.rest is None:
                        continue
                    asked = track.rest()
                else:
                    asked = track.ask()
            except Exception:  # a value of a type that the rule does not expect: each judge finds out for itself
                asked = track.asked
            if asked:
                self._ask(asked, reading.received_at, now, out)
                if gate.unsettled:
                    out += gate.settle(at, now)
        self.judged += len(readings) - others
        return out

    def advance(self, now: Moment) -> list[Transition]:
        """Notice what has been silent for too long by now."""
        out = self._begin(now)
        while (due := self._next_lapse()) is not None and due <= now:
            judge = self._judges[self._pop_due()]
            if (transition := judge.lapse(now)) is not None:
                out += self._gate.take(transition, now, now)
            self._await(judge)
        out += self._gate.calm(now)
        return out + self._gate.settle(now, now) if self._gate.unsettled else out

    def next_due(self) -> Moment | None:
        """When `advance` will next have something to do, if nothing is heard until then; None: never."""
        if not self._begun:
            return self._now
        moments = [one for one in (self._next_lapse(), self._gate.due()) if one is not None]
        return min(moments, default=None)

    def _next_lapse(self) -> Moment | None:
        while self._due:
            at, index = self._due[0]
            due = self._judges[index].due()
            if due == at:
                return at
            self._await(self._judges[self._pop_due()])
        return None

    def _pop_due(self) -> int:
        at, index = heappop(self._due)
        if self._awaiting.get(index) == at:
            del self._awaiting[index]
        return index

    def reload(self, rules: RuleSet, town: Town, now: Moment) -> list[Transition]:
        """Go on with other rules or another town: what is unchanged keeps its state, what is gone ends."""
        out = self._begin(now)
        saved = self._saved()
        self._build(rules, town)
        self._give(saved)
        return out + self._begin(now)

    def take_over(self, other: "Engine", now: Moment) -> list[Transition]:
        """Go on in the place of another engine, as if that one had been given the rules and the town of this one.

        A new engine can be made while the other still judges, so that nobody has to wait for it.
        """
        out = other._begin(now)
        self.late, self.judged, self._now = other.late, other.judged, other._now
        self._give(other._saved())
        return out + self._begin(now)

    def save(self) -> bytes:
        """Everything `restore` needs; the same bytes for the same state."""
        return snapshot.encode(self._saved())

    @classmethod
    def restore(cls, rules: RuleSet, town: Town, saved: bytes) -> "Engine":
        """An engine that goes on where another was saved; raises ValueError when `saved` cannot be read.

        The first moment it is given tells how long it was down: that time is no silence.
        """
        state = snapshot.decode(saved)
        engine = cls(rules, town)
        engine._give(state)
        engine._now = engine._pause_from = state.now
        return engine

    def _saved(self) -> snapshot.Saved:
        return snapshot.take(self._memory, self._judges, self._gate, now=self._now or 0)

    def _give(self, saved: snapshot.Saved) -> None:
        self._orphans = snapshot.give(saved, self._memory, self._judges, self._gate)
        self._had_failing = any(one.standing.error is not None for one in saved.judges)

    def _begin(self, now: Moment) -> list[Transition]:
        self._now = now if self._now is None else max(now, self._now)
        if self._begun:
            return []
        self._begun = True
        pause = 0 if self._pause_from is None else max(0, now - self._pause_from)
        self._pause_from = None
        self._due: list[tuple[Moment, int]] = []
        self._awaiting: dict[int, Moment] = {}
        for judge in self._judges:
            judge.begin(now, pause)
            self._await(judge)
            if judge.standing.error is not None:
                self._failing.add(judge.index)
        orphans, self._orphans = self._orphans, []
        out = [told for one in orphans for told in self._gate.take(self._ended(one, now), now, now)]
        out += self._gate.begin(now)
        if self._gate.unsettled:
            out += self._gate.settle(now, now)
        if self._had_failing and not self._failing:
            out.append(self._rule_error(Condition.NORMAL, (), "", now))
        self._had_failing = False
        return out

    def _await(self, judge: Judge) -> None:
        """Have it called at its moment. A moment that moves away is looked at again when the old one comes."""
        due = judge.due()
        if due is not None and due < self._awaiting.get(judge.index, _NEVER):
            self._awaiting[judge.index] = due
            heappush(self._due, (due, judge.index))

    def _other(self, reading: Reading) -> tuple[Track | None, Value | None]:
        """Another of a sensor's quantities than the last that came alone, as long as nothing is special about it."""
        memory = self._memory.sensors.get(reading.sensor)
        if memory is None or (len(reading.values) != 1 and len(memory.tracks) != 1):
            return None, None
        for quantity, value in reading.values.items():
            track = memory.tracks.get(quantity)
            if track is not None and track.asked and track.value is not None and not track.ahead:
                track.only = len(memory.tracks) == 1
                self._alone[reading.sensor] = track
                return track, value
        return None, None

    def _take(self, reading: Reading, now: Moment, out: list[Transition]) -> None:
        memory = self._memory.sensors.get(reading.sensor)
        if memory is None:
            return
        self._alone.pop(reading.sensor, None)
        received, order = reading.received_at, reading.measured_at
        at = order if order <= received else received
        if order - received > FUTURE:
            order = received
        memory.spoke = max(memory.spoke, at)
        for watch in memory.watches:
            watch.at = max(watch.at, at)
        new: list[Track] = []
        for quantity, value in reading.values.items():
            track = memory.tracks.get(quantity)
            if track is None:
                continue
            if order > track.order:
                track.accept(at, order, value)
                new.append(track)
            else:
                self.late += 1
        if reading.refused:
            new += _doubted(memory, reading, at, order)
        plan = memory.plans.get(tuple(new)) or self._plan(memory, new)
        if not plan.judges:
            return
        self.judged += 1
        try:
            asked = plan.ask()
        except Exception:  # as above
            asked = plan.judges
        if asked:
            self._ask(asked, received, now, out)
            if self._gate.unsettled:
                out += self._gate.settle(at, now)

    def _ask(self, judges: Sequence[Judge], received: Moment, now: Moment, out: list[Transition]) -> None:
        for judge in judges:
            try:
                transition = judge.judge(received, now)
            except Exception as error:  # whatever one rule does wrong, the others go on, and it is told
                self._fail(judge, f"{type(error).__name__}: {error}", now, out)
                continue
            if self._failing and judge.index in self._failing:
                self._recover(judge, now, out)
            if transition is not None:
                out += self._gate.take(transition, received, now)
            if judge.notices_silence and (judge.index not in self._awaiting or judge.rule.sequence):
                self._await(judge)

    def _plan(self, memory: SensorMemory, new: list[Track]) -> Plan:
        judges = {judge.index: judge for judge in memory.judges}
        judges |= {judge.index: judge for track in new for judge in track.judges}
        ordered = [judges[index] for index in sorted(judges)]
        plan = Plan(ordered, self._plans.ask(ordered))
        if len(new) == 1 and ordered:
            new[0].hurry(self._plans.quick(ordered, new[0], new[0].quantity))
        if len(memory.plans) >= MAX_PLANS:
            memory.plans.clear()
        memory.plans[tuple(new)] = plan
        return plan

    def _fail(self, judge: Judge, error: str, now: Moment, out: list[Transition]) -> None:
        judge.standing.error = error
        judge.wake(True)
        if not self._failing:
            out.append(self._rule_error(Condition.ACTIVE, (_failed(judge, error),), f"{judge.rule.id}: {error}", now))
        self._failing.add(judge.index)

    def _recover(self, judge: Judge, now: Moment, out: list[Transition]) -> None:
        judge.standing.error = None
        self._failing.discard(judge.index)
        if not self._failing:
            out.append(self._rule_error(Condition.NORMAL, (), "", now))

    def _rule_error(self, condition: Condition, seen: tuple[Observation, ...], told: str, now: Moment) -> Transition:
        definition = self._rules.definitions[RULE_ERROR]
        previous = Condition.NORMAL if condition is Condition.ACTIVE else Condition.ACTIVE
        reason, subject = Reason(seen, told, definition.version), Subject("town", self._town.id)
        return Transition(
            RULE_ERROR, subject, condition, previous, definition.severity, now, now, now, Cause.CONDITION, reason
        )

    def _ended(self, one: snapshot.SavedJudge, now: Moment) -> Transition:
        cause = Cause.SUBJECT_DELETED if one.rule in self._rules.rules else Cause.RULE_DELETED
        severity: Severity = one.standing.severity
        reason = Reason((), "", one.standing.version)
        return Transition(
            one.rule, one.subject, Condition.NORMAL, one.standing.condition, severity, now, now, now, cause, reason
        )


def _judge_of(rule: Rule) -> type[SilenceJudge] | type[SequenceJudge] | type[LevelsJudge] | type[ConditionJudge]:
    if rule.absent is not None:
        return SilenceJudge
    if rule.sequence:
        return SequenceJudge
    return LevelsJudge if rule.levels else ConditionJudge


def _doubted(memory: SensorMemory, reading: Reading, at: Moment, order: Moment) -> list[Track]:
    """Take note of the values that came and are not believed."""
    found = [track for quantity in reading.refused if (track := memory.tracks.get(quantity)) and order > track.order]
    for track in found:
        track.doubt(at, order)
    return found


def _failed(judge: Judge, error: str) -> Observation:
    return Observation(judge.subject.id, "", None, None, expression=judge.rule.id, limit=error)
