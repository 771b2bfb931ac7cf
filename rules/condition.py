"""Judging a rule with `when`: hysteresis, `for`, `keep_active_for`, and what silence does."""

from collections.abc import Sequence

from rules.binding import Evaluate
from rules.judge import Standing, changed, longest_interval, suppressed, view_of
from rules.memory import Memory, View
from rules.rule import Rule
from rules.subject import Judged
from rules.terms import Derived, Term, parts
from rules.written import Count
from town.alert import Cause, Condition, Observation, Reason, Transition
from town.moment import Duration, Moment, format_duration

NORMAL, PENDING, ACTIVE = Condition.NORMAL, Condition.PENDING, Condition.ACTIVE


class ConditionJudge:
    """A rule with `when`."""

    __slots__ = (
        "_clear",
        "_view",
        "_watch",
        "_when",
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
        assert rule.when is not None
        self.index, self.rule, self.subject = index, rule, judged.subject
        self._watch = memory.watch(judged.subject, judged.members)
        self._view = view_of(rule, judged, memory, self._watch)
        self._when: Evaluate | None = None
        self._clear: Evaluate | None = None
        if any(isinstance(part, Derived) for one in rule.conditions for part in parts(one.term)):
            self._bind()  # its windows have to be there before the first value
        tracks = [track for one in (rule.when, rule.clear) if one for track in one.tracks(self._view)]
        for track in dict.fromkeys(tracks):
            track.judges.append(self)
        interval = longest_interval(judged, memory, tracks)
        # Where nothing of what it asks for is measured, nothing is missing.
        self.notices_silence = rule.on_missing == "clear" or (rule.on_missing == "raise" and bool(tracks))
        self.awake = False
        self.max_gap = 2 * interval if rule.max_gap is None else rule.max_gap
        self.missing_after = 3 * interval if rule.missing_after is None else rule.missing_after
        self.standing = Standing(severity=rule.definition.severity, version=rule.version)

    def _bind(self) -> Evaluate:
        """Made when it is first needed: most judges of most sensors are never asked."""
        rule = self.rule
        assert rule.when is not None
        bound = rule.when.bind(self._view)
        self._when = when = bound if rule.count is None else counting(bound, rule.count, self)
        self._clear = rule.clear.bind(self._view) if rule.clear else None
        return when

    def wake(self, awake: bool) -> None:
        """Its subject counts who is awake."""
        if awake is not self.awake:
            self.awake = awake
            self._watch.awake += 1 if awake else -1

    def wakes_on(self) -> tuple[View, Sequence[Term]] | None:
        """Without `when` nothing begins, unless it counts or listens for silence."""
        if self.rule.when is None or self.rule.count is not None or self.notices_silence:
            return None
        return self._view, [self.rule.when.term]

    def judge(self, received: Moment, now: Moment) -> Transition | None:
        """Look at the condition at the newest moment of the subject."""
        standing, at = self.standing, self._watch.at
        truth = (self._when or self._bind())(at)
        if truth is not None and self.notices_silence:
            standing.heard[0] = max(standing.heard[0], received)
        if not truth and standing.condition is NORMAL:
            return None
        if standing.condition is ACTIVE:
            told = self._while_active(truth, at, received, now)
            if told is None and (self.rule.active_between is not None or standing.outside):
                return self._suppressed(at, now)
            return told
        if truth and (self.rule.active_between is None or self.rule.active_between.includes(at)):
            return self._holds(at, now)
        if truth is None or standing.condition is NORMAL:
            return None
        return self._end(at, at, now, Cause.CONDITION)

    def _holds(self, at: Moment, now: Moment) -> Transition | None:
        standing = self.standing
        if standing.since is None or standing.held_at is None or at - standing.held_at > self.max_gap:
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
        ended = ACTIVE if self.rule.on_missing == "raise" else NORMAL
        if not self.notices_silence or self.standing.condition is ended or not self.standing.heard:
            return None
        return self.standing.heard[0] + self.missing_after

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
        self.wake(self.standing.condition is not NORMAL or self.standing.error is not None)
        if self.notices_silence:
            self.standing.heard = [min(one + pause, max(now, one)) for one in self.standing.heard] or [now]

    def _suppressed(self, at: Moment, now: Moment) -> Transition | None:
        assert self.rule.when is not None
        reason = Reason(self.rule.when.observe(self._view, at), self.rule.when.text, self.rule.version)
        return suppressed(self, at=at, now=now, reason=reason)

    def _end(self, at: Moment, since: Moment, now: Moment, cause: Cause) -> Transition:
        standing = self.standing
        standing.since = standing.held_at = None
        return self._change(NORMAL, at, since, now, cause)

    def _change(self, condition: Condition, at: Moment, since: Moment, now: Moment, cause: Cause) -> Transition:
        cleared = condition is NORMAL and self.standing.condition is ACTIVE
        looked = self.rule.clear if cleared and self.rule.clear else self.rule.when
        assert looked is not None
        seen, text = looked.observe(self._view, self._watch.at), looked.text
        if self.rule.count is not None and looked is self.rule.when:
            limit = f"{self.rule.count.at_least} times within {format_duration(self.rule.count.within)}"
            times, holds = float(len(self.standing.edges)), condition is ACTIVE
            subject, text = self.subject.id, f"{text}, {limit}"
            seen += (Observation(subject, "", times, self._watch.at, expression="count", limit=limit, holds=holds),)
        reason = Reason(seen, text, self.rule.version)
        return changed(self, condition, at=at, since=since, now=now, cause=cause, reason=reason)


def counting(when: Evaluate, count: Count, judge: ConditionJudge) -> Evaluate:
    """Whether `when` became true often enough; to be asked once a judgement, in order."""

    def often(at: Moment) -> bool | None:
        standing, truth = judge.standing, when(at)
        if truth is None:
            return None
        if truth and not standing.was_true:
            standing.edges = [*standing.edges, at][-count.at_least :]
        standing.was_true = truth
        standing.edges = [edge for edge in standing.edges if edge > at - count.within]
        return len(standing.edges) >= count.at_least

    return often
