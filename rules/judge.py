"""One rule over one subject: its timers, and the moments at which it changes its mind."""

from typing import Protocol

import msgspec

from rules.memory import NEVER, Memory, View, Watch
from rules.rule import Rule
from rules.subject import Judged
from town.alert import Cause, Condition, Observation, Reason, Severity, Subject, Transition
from town.moment import Duration, Moment, format_duration

NORMAL, PENDING, ACTIVE = Condition.NORMAL, Condition.PENDING, Condition.ACTIVE


class Standing(msgspec.Struct):
    """Where a judge stands; saved as it is."""

    condition: Condition = NORMAL
    since: Moment | None = None
    """When `when` began to hold."""
    held_at: Moment | None = None
    """The last moment at which it held."""
    failing_since: Moment | None = None
    """When an active condition began to be over."""
    heard: list[Moment] = []
    """When news of the quantities last came in, down time added, for those that notice silence."""
    by_silence: bool = False
    """Whether it is active because of silence."""
    error: str | None = None
    severity: Severity = Severity.ADVISORY
    version: str = ""


class Judge(Protocol):
    """What the engine asks of a judge."""

    index: int
    rule: Rule
    subject: Subject
    standing: Standing
    notices_silence: bool
    """Whether `due` can ever be a moment."""

    def judge(self, received: Moment, now: Moment) -> Transition | None:
        """A value it looks at is new."""

    def due(self) -> Moment | None:
        """When silence will have something to say, if nothing is heard until then."""

    def lapse(self, now: Moment) -> Transition | None:
        """That moment has come."""

    def begin(self, now: Moment, pause: Duration) -> None:
        """The engine starts, `pause` after it was saved: nothing that was not heard meanwhile is silence."""


class ConditionJudge:
    """A rule with `when`."""

    __slots__ = (
        "_clear",
        "_max_gap",
        "_missing_after",
        "_view",
        "_watch",
        "_when",
        "index",
        "notices_silence",
        "rule",
        "standing",
        "subject",
    )

    def __init__(self, rule: Rule, judged: Judged, memory: Memory, *, index: int) -> None:
        assert rule.when is not None
        self.index, self.rule, self.subject = index, rule, judged.subject
        self._watch = memory.watch(judged.subject, judged.members)
        self._view = _view(rule, judged, memory, self._watch)
        self._when = rule.when.bind(self._view)
        self._clear = rule.clear.bind(self._view) if rule.clear else None
        tracks = [track for one in (rule.when, rule.clear) if one for track in one.tracks(self._view)]
        for track in dict.fromkeys(tracks):
            track.judges.append(self)
        interval = _interval(judged, memory, {id(track) for track in tracks})
        self.notices_silence = rule.on_missing != "hold"
        self._max_gap = 2 * interval if rule.max_gap is None else rule.max_gap
        self._missing_after = 3 * interval if rule.missing_after is None else rule.missing_after
        self.standing = Standing(severity=rule.definition.severity, version=rule.version)

    def judge(self, received: Moment, now: Moment) -> Transition | None:
        """Look at the condition at the newest moment of the subject."""
        standing, at = self.standing, self._watch.at
        truth = self._when(at)
        if truth is not None and self.notices_silence:
            standing.heard[0] = max(standing.heard[0], received)
        if not truth and standing.condition is NORMAL:
            return None
        if standing.condition is ACTIVE:
            return self._while_active(truth, at, received, now)
        if truth is None:
            return None
        if truth and (self.rule.active_between is None or self.rule.active_between.includes(at)):
            return self._holds(at, now)
        if standing.condition is NORMAL:
            return None
        return self._end(at, at, now, Cause.CONDITION)

    def _holds(self, at: Moment, now: Moment) -> Transition | None:
        standing = self.standing
        if standing.since is None or standing.held_at is None or at - standing.held_at > self._max_gap:
            standing.since = at
        standing.held_at = at
        if at - standing.since >= self.rule.hold_for:
            return self._change(ACTIVE, at, standing.since, now, Cause.CONDITION)
        return self._change(PENDING, at, standing.since, now, Cause.CONDITION) if standing.condition is NORMAL else None

    def _while_active(self, truth: bool | None, at: Moment, received: Moment, now: Moment) -> Transition | None:
        standing = self.standing
        if truth:
            standing.failing_since = None
            standing.by_silence = False
            return None
        if standing.by_silence:
            at = received  # silence is told by the wall clock, and so is its end, whatever was buffered meanwhile
        over = (None if truth is None else True) if self._clear is None else self._clear(at)
        if over is None:
            return None
        if not over:
            standing.failing_since = None
            return None
        if standing.failing_since is None:
            standing.failing_since = at
        if at - standing.failing_since < self.rule.keep_active_for:
            return None
        return self._end(at, standing.failing_since, now, Cause.CONDITION)

    def due(self) -> Moment | None:
        """When silence raises or clears."""
        after = self.rule.on_missing
        ended = ACTIVE if after == "raise" else NORMAL
        if after == "hold" or self.standing.condition is ended or not self.standing.heard:
            return None
        return self.standing.heard[0] + self._missing_after

    def lapse(self, now: Moment) -> Transition | None:
        """Raise or clear because nothing is known any more."""
        at = self.due()
        if at is None or at > now:
            return None
        since = self.standing.heard[0]
        if self.rule.on_missing == "clear":
            return self._end(at, since, now, Cause.MISSING)
        self.standing.since, self.standing.by_silence = since, True
        return self._change(ACTIVE, at, since, now, Cause.MISSING)

    def begin(self, now: Moment, pause: Duration) -> None:
        """Start to notice silence."""
        if self.notices_silence:
            self.standing.heard = [min(one + pause, max(now, one)) for one in self.standing.heard] or [now]

    def _end(self, at: Moment, since: Moment, now: Moment, cause: Cause) -> Transition:
        standing = self.standing
        standing.since = standing.held_at = None
        return self._change(NORMAL, at, since, now, cause)

    def _change(self, condition: Condition, at: Moment, since: Moment, now: Moment, cause: Cause) -> Transition:
        cleared = condition is NORMAL and self.standing.condition is ACTIVE
        looked = self.rule.clear if cleared and self.rule.clear else self.rule.when
        assert looked is not None
        reason = Reason(looked.observe(self._view, self._watch.at), looked.text, self.rule.version)
        return changed(self, condition, at=at, since=since, now=now, cause=cause, reason=reason)


class SilenceJudge:
    """A rule with `absent`."""

    __slots__ = (
        "_limit",
        "_memory",
        "_oldest",
        "_seen",
        "_tracks",
        "_view",
        "index",
        "notices_silence",
        "rule",
        "standing",
        "subject",
    )

    def __init__(self, rule: Rule, judged: Judged, memory: Memory, *, index: int) -> None:
        assert rule.absent is not None
        self.index, self.rule, self.subject = index, rule, judged.subject
        self._memory = memory.sensor(judged.subject.id)
        self._view = _view(rule, judged, memory, memory.watch(judged.subject, judged.members))
        self._oldest = not rule.absent.every
        self._limit = silence_limit(rule, judged)
        self.notices_silence = True
        found = {quantity: self._view.track(quantity) for quantity in rule.absent.quantities}
        self._tracks = {quantity: track for quantity, track in found.items() if track is not None}
        for track in self._tracks.values():
            track.judges.append(self)
        if not self._tracks:
            self._memory.judges.append(self)
        self._seen = self._newest()
        self.standing = Standing(severity=rule.definition.severity, version=rule.version)

    def _newest(self) -> list[Moment]:
        return [track.order for track in self._tracks.values()] or [self._memory.heard]

    def _quiet_since(self) -> Moment:
        heard = self.standing.heard
        return min(heard) if self._oldest else max(heard)

    def judge(self, received: Moment, now: Moment) -> Transition | None:
        """Something was heard: what is new ends silence when it arrives, however long ago it was measured."""
        standing, newest = self.standing, self._newest()
        for place, (one, other) in enumerate(zip(self._seen, newest, strict=True)):
            if one != other:
                standing.heard[place] = max(standing.heard[place], received)
        self._seen = newest
        if standing.condition is NORMAL:
            return None
        if received - self._quiet_since() >= self._limit:
            standing.failing_since = None
            return None
        if standing.failing_since is None:
            standing.failing_since = received
        if received - standing.failing_since < self.rule.keep_active_for:
            return None
        return self._change(NORMAL, at=received, since=standing.failing_since, now=now, cause=Cause.CONDITION)

    def due(self) -> Moment | None:
        """When it will have been silent for too long."""
        if self.standing.condition is ACTIVE and self.standing.failing_since is None:
            return None
        return self._quiet_since() + self._limit if self.standing.heard else None

    def lapse(self, now: Moment) -> Transition | None:
        """It has been silent for too long."""
        at = self.due()
        if at is None or at > now:
            return None
        self.standing.failing_since = None
        if self.standing.condition is ACTIVE:
            return None
        self.standing.since = self._quiet_since()
        return self._change(ACTIVE, at=at, since=self.standing.since, now=now, cause=Cause.MISSING)

    def begin(self, now: Moment, pause: Duration) -> None:
        """Start to notice silence; what was never heard is silent from now."""
        self._seen = self._newest()
        if len(self.standing.heard) != len(self._seen):
            self.standing.heard = [now] * len(self._seen)
        self.standing.heard = [min(one + pause, max(now, one)) for one in self.standing.heard]

    def _change(self, condition: Condition, *, at: Moment, since: Moment, now: Moment, cause: Cause) -> Transition:
        limit = f"silent for {format_duration(self._limit)}"
        sensor, silent = self.subject.id, condition is ACTIVE
        observations = [
            Observation(sensor, name, track.last, _moment(track.at), limit=limit, holds=silent)
            for name, track in self._tracks.items()
        ] or [Observation(sensor, "", None, _moment(self._memory.heard), limit=limit, holds=silent)]
        reason = Reason(tuple(observations), f"absent {limit}", self.rule.version)
        return changed(self, condition, at=at, since=since, now=now, cause=cause, reason=reason)


def changed(
    judge: Judge, condition: Condition, *, at: Moment, since: Moment, now: Moment, cause: Cause, reason: Reason
) -> Transition:
    """Put the judge into a condition and tell of it."""
    standing = judge.standing
    previous, standing.condition = standing.condition, condition
    if condition is not ACTIVE:
        standing.by_silence = False
    standing.failing_since = None
    return Transition(
        judge.rule.id, judge.subject, condition, previous, standing.severity, at, since, now, cause, reason
    )


def make_judge(rule: Rule, judged: Judged, memory: Memory, *, index: int) -> Judge:
    """The judge that a rule needs."""
    judge: type[ConditionJudge] | type[SilenceJudge] = SilenceJudge if rule.absent else ConditionJudge
    return judge(rule, judged, memory, index=index)


def silence_limit(rule: Rule, judged: Judged) -> Duration:
    """How long a sensor may be silent."""
    assert rule.absent is not None
    if rule.absent.limit is not None:
        return rule.absent.limit
    return round(rule.absent.intervals * judged.members[0].interval)


def _view(rule: Rule, judged: Judged, memory: Memory, watch: Watch) -> View:
    sensor = judged.members[0] if judged.subject.kind == "sensor" else None
    return View(memory, watch, max_age=rule.max_age, sensor=sensor)


def _interval(judged: Judged, memory: Memory, tracks: set[int]) -> Duration:
    """The longest interval among the sensors it looks at."""
    looked_at = [
        one.interval
        for one in judged.members
        if any(id(track) in tracks for track in memory.sensor(one.id).tracks.values())
    ]
    return max(looked_at, default=0)


def _moment(at: Moment) -> Moment | None:
    return None if at == NEVER else at
