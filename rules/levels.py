"""Judging a rule with `levels`: the worst of them that holds is how bad it is."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from rules.binding import Evaluate
from rules.hold import Hold, step
from rules.judge import SCHEDULE, Standing, changed, longest_interval, suppressed, view_of
from rules.memory import Memory, View
from rules.rule import Level, Rule
from rules.subject import Judged
from rules.terms import Term
from town.alert import Cause, Condition, Reason, Severity, Transition
from town.moment import Duration, Moment

NORMAL, PENDING, ACTIVE = Condition.NORMAL, Condition.PENDING, Condition.ACTIVE


class _Bound(NamedTuple):
    """A level of one subject."""

    level: Level
    when: Evaluate
    clear: Evaluate | None


class LevelsJudge:
    """A rule with `levels`."""

    __slots__ = (
        "_levels",
        "_view",
        "_watch",
        "awake",
        "index",
        "max_gap",
        "missing_after",
        "notices_silence",
        "rule",
        "standing",
        "subject",
    )

    def __init__(self, rule: Rule, judged: Judged, memory: Memory, *, index: int) -> None:
        self.index, self.rule, self.subject = index, rule, judged.subject
        self._watch = memory.watch(judged.subject, judged.members)
        self._view = view_of(rule, judged, memory, self._watch)
        self._levels = [
            _Bound(one, one.when.bind(self._view), one.clear.bind(self._view) if one.clear else None)
            for one in rule.levels
        ]
        tracks = list(dict.fromkeys(track for one in rule.conditions for track in one.tracks(self._view)))
        for track in tracks:
            track.judges.append(self)
        interval = longest_interval(judged, memory, tracks)
        self.notices_silence = rule.on_missing != "hold"
        self.awake = False
        self.max_gap = 2 * interval if rule.max_gap is None else rule.max_gap
        self.missing_after = 3 * interval if rule.missing_after is None else rule.missing_after
        self.standing = Standing(severity=rule.definition.severity, version=rule.version)
        self.standing.levels = {one.severity: Hold() for one in rule.levels}

    def wake(self, awake: bool) -> None:
        """Its subject counts who is awake."""
        if awake is not self.awake:
            self.awake = awake
            self._watch.awake += 1 if awake else -1

    def wakes_on(self) -> tuple[View, Sequence[Term]] | None:
        """Without a level that holds nothing begins, unless it listens for silence."""
        return None if self.notices_silence else (self._view, [one.when.term for one in self.rule.levels])

    def judge(self, received: Moment, now: Moment) -> Transition | None:
        """Look at every level at the newest moment of the subject."""
        told = self._judge(received, now)
        self.wake(self._is_awake())
        return told

    def _is_awake(self) -> bool:
        standing = self.standing
        waits = any(one.active or one.since is not None for one in standing.levels.values())
        return waits or standing.condition is not NORMAL or standing.error is not None

    def _judge(self, received: Moment, now: Moment) -> Transition | None:
        standing, at, rule = self.standing, self._watch.at, self.rule
        open_now = rule.active_between is None or rule.active_between.includes(at)
        known = False
        for level, when, clear in self._levels:
            truth = when(at)
            known = known or truth is not None
            hold = standing.levels[level.severity]
            over = (None if truth is None else not truth) if clear is None else clear(at)
            if not hold.active and not open_now:
                truth = None if truth is None else False
            step(hold, truth, over, at=at, hold_for=level.hold_for, keep=rule.keep_active_for, gap=self.max_gap)
        if known and self.notices_silence:
            standing.heard[0] = max(standing.heard[0], received)
        told = self._tell(at, now, Cause.CONDITION)
        if told is not None and told.cause is Cause.LEVEL:
            standing.outside = not open_now
            return told if open_now else msgspec.structs.replace(told, suppressed_by=SCHEDULE)
        if told is None and standing.condition is ACTIVE and (rule.active_between is not None or standing.outside):
            return suppressed(self, at=at, now=now, reason=self._reason(standing.severity, ended=False))
        return told

    def due(self) -> Moment | None:
        """When silence clears."""
        if not self.notices_silence or self.standing.condition is NORMAL or not self.standing.heard:
            return None
        return self.standing.heard[0] + self.missing_after

    def lapse(self, now: Moment) -> Transition | None:
        """Clear because nothing is known any more."""
        at = self.due()
        if at is None or at > now:
            return None
        self.standing.levels = {one.severity: Hold() for one in self.rule.levels}
        return self._tell(at, now, Cause.MISSING)

    def begin(self, now: Moment, pause: Duration) -> None:
        """Go on with the levels the rule has now; an alert of one that is gone stays until it is over."""
        standing = self.standing
        saved = standing.levels
        standing.levels = {one.severity: saved.get(one.severity) or Hold() for one in self.rule.levels}
        top = self._top()
        if standing.condition is ACTIVE and top is None:
            # The rule was changed: the alert goes on at its mildest level until the next reading is judged.
            top = self.rule.levels[-1].severity
            standing.levels[top] = Hold(active=True, since=standing.since, held_at=standing.held_at)
        if top is not None:
            standing.severity = top
        self.wake(self._is_awake())
        if self.notices_silence:
            standing.heard = [min(one + pause, max(now, one)) for one in standing.heard] or [now]

    def _top(self) -> Severity | None:
        """The worst level that holds."""
        return next((one.severity for one in self.rule.levels if self.standing.levels[one.severity].active), None)

    def _waiting(self) -> Severity | None:
        """The worst level whose `for` is running."""
        holds = self.standing.levels
        return next((one.severity for one in self.rule.levels if holds[one.severity].since is not None), None)

    def _tell(self, at: Moment, now: Moment, cause: Cause) -> Transition | None:
        standing, top = self.standing, self._top()
        if top is not None:
            if standing.condition is ACTIVE:
                return None if top is standing.severity else self._moved(top, at, now)
            return self._change(ACTIVE, top, at, now, cause)
        if standing.condition is ACTIVE:
            return self._change(NORMAL, standing.severity, at, now, cause)
        waiting = self._waiting()
        if waiting is None:
            return None if standing.condition is NORMAL else self._change(NORMAL, standing.severity, at, now, cause)
        return self._change(PENDING, waiting, at, now, cause) if standing.condition is NORMAL else None

    def _moved(self, top: Severity, at: Moment, now: Moment) -> Transition:
        """Another level while it is active: the level that ended, or the worse one that began, says why."""
        worse = top.digit < self.standing.severity.digit
        reason = self._reason(top if worse else self.standing.severity, ended=not worse)
        since = self.standing.levels[top].since if worse else self.standing.levels[self.standing.severity].failing_since
        self.standing.severity = top
        since = at if since is None else since
        return changed(self, ACTIVE, at=at, since=since, now=now, cause=Cause.LEVEL, reason=reason)

    def _change(self, condition: Condition, severity: Severity, at: Moment, now: Moment, cause: Cause) -> Transition:
        standing = self.standing
        ended = condition is NORMAL and standing.condition is ACTIVE
        reason = self._reason(severity, ended=ended)
        hold = standing.levels[severity]
        since = hold.failing_since if ended else hold.since
        standing.severity = severity
        if condition is NORMAL:
            hold.failing_since = None
        since = at if since is None else since
        return changed(self, condition, at=at, since=since, now=now, cause=cause, reason=reason)

    def _reason(self, severity: Severity, *, ended: bool) -> Reason:
        level = next((one for one in self.rule.levels if one.severity is severity), self.rule.levels[-1])
        looked = level.clear if ended and level.clear else level.when
        return Reason(looked.observe(self._view, self._watch.at), looked.text, self.rule.version)
