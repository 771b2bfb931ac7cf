"""Judging a rule with `absent`: who has not been heard for too long."""

from rules.judge import Standing, changed, view_of
from rules.memory import NEVER, Memory
from rules.rule import Rule
from rules.subject import Judged
from town.alert import Cause, Condition, Observation, Reason, Transition
from town.moment import Duration, Moment, format_duration

NORMAL, ACTIVE = Condition.NORMAL, Condition.ACTIVE


class SilenceJudge:
    """A rule with `absent`."""

    __slots__ = (
        "_memory",
        "_oldest",
        "_seen",
        "_tracks",
        "_view",
        "awake",
        "index",
        "limit",
        "notices_silence",
        "rule",
        "standing",
        "subject",
    )

    def __init__(self, rule: Rule, judged: Judged, memory: Memory, *, index: int) -> None:
        assert rule.absent is not None
        self.index, self.rule, self.subject = index, rule, judged.subject
        self._memory = memory.sensor(judged.subject.id)
        self._view = view_of(rule, judged, memory, memory.watch(judged.subject, judged.members))
        self._oldest = not rule.absent.every
        self.limit = _limit_of(rule, judged)
        self.notices_silence = self.awake = True
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

    def quiet_since(self) -> Moment:
        """Since when what it listens for has not come; `standing.heard` must not be empty."""
        heard = self.standing.heard
        return min(heard) if self._oldest else max(heard)

    def wake(self, awake: bool) -> None:
        """It is always awake."""

    def wakes_on(self) -> None:
        """It is asked at every reading."""

    def judge(self, received: Moment, now: Moment) -> Transition | None:
        """Something was heard: what is new ends silence when it arrives, however long ago it was measured."""
        standing, newest = self.standing, self._newest()
        if newest != self._seen:
            for place, (one, other) in enumerate(zip(self._seen, newest, strict=True)):
                if one != other:
                    standing.heard[place] = max(standing.heard[place], received)
            self._seen = newest
        if standing.condition is NORMAL:
            return None
        if received - self.quiet_since() >= self.limit:
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
        return self.quiet_since() + self.limit if self.standing.heard else None

    def lapse(self, now: Moment) -> Transition | None:
        """It has been silent for too long."""
        at = self.due()
        if at is None or at > now:
            return None
        self.standing.failing_since = None
        if self.standing.condition is ACTIVE:
            return None
        self.standing.since = self.quiet_since()
        return self._change(ACTIVE, at=at, since=self.standing.since, now=now, cause=Cause.MISSING)

    def begin(self, now: Moment, pause: Duration) -> None:
        """Start to notice silence; what was never heard is silent from now."""
        self._seen = self._newest()
        if len(self.standing.heard) != len(self._seen):
            self.standing.heard = [now] * len(self._seen)
        self.standing.heard = [min(one + pause, max(now, one)) for one in self.standing.heard]

    def _change(self, condition: Condition, *, at: Moment, since: Moment, now: Moment, cause: Cause) -> Transition:
        limit = f"silent for {format_duration(self.limit)}"
        sensor, silent = self.subject.id, condition is ACTIVE
        observations = [
            Observation(sensor, name, track.last, _moment(track.at), limit=limit, holds=silent)
            for name, track in self._tracks.items()
        ] or [Observation(sensor, "", None, _moment(self._memory.heard), limit=limit, holds=silent)]
        reason = Reason(tuple(observations), f"absent {limit}", self.rule.version)
        return changed(self, condition, at=at, since=since, now=now, cause=cause, reason=reason)


def _limit_of(rule: Rule, judged: Judged) -> Duration:
    assert rule.absent is not None
    if rule.absent.limit is not None:
        return rule.absent.limit
    return round(rule.absent.intervals * judged.members[0].interval)


def _moment(at: Moment) -> Moment | None:
    return None if at == NEVER else at
