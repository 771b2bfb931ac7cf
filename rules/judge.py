"""One rule over one subject: where it stands, and how it tells that it changed its mind."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from rules.hold import Hold
from rules.memory import Memory, Track, View, Watch
from rules.progress import Progress
from rules.rule import Rule
from rules.subject import Judged
from rules.terms import Term
from town.alert import Cause, Condition, Reason, Severity, Subject, Transition
from town.moment import Duration, Moment

SCHEDULE = "schedule"
"""What suppresses an alert outside the hours of its rule."""


class Standing(msgspec.Struct):
    """Where a judge stands; saved as it is."""

    condition: Condition = Condition.NORMAL
    since: Moment | None = None
    """When `when` began to hold."""
    held_at: Moment | None = None
    """The last moment at which it held."""
    failing_since: Moment | None = None
    """When an active condition began to be over."""
    heard: list[Moment] = []
    """When news of the quantities last came in, down time added, for those that notice silence."""
    outside: bool = False
    """Whether it is active outside the hours of its rule, and so suppressed."""
    by_silence: bool = False
    """Whether it is active because of silence."""
    edges: list[Moment] = []
    """When `when` last became true, for a rule that counts; no more of them than it asks for."""
    was_true: bool | None = None
    error: str | None = None
    severity: Severity = Severity.ADVISORY
    version: str = ""
    progress: Progress | None = None
    """How far a sequence is."""
    levels: dict[Severity, Hold] = {}
    """How far each level has come, for a rule with levels."""


class Judge(Protocol):
    """What the engine asks of a judge."""

    index: int
    rule: Rule
    subject: Subject
    standing: Standing
    notices_silence: bool
    """Whether `due` can ever be a moment."""
    awake: bool
    """Whether it has to be asked at every reading, whatever its conditions say."""

    def wake(self, awake: bool) -> None:
        """Say whether it is awake."""

    def wakes_on(self) -> tuple[View, Sequence[Term]] | None:
        """The conditions without one of which it need not be asked while it is not awake; None: it is always asked."""

    def judge(self, received: Moment, now: Moment) -> Transition | None:
        """A value it looks at is new."""

    def due(self) -> Moment | None:
        """When silence will have something to say, if nothing is heard until then."""

    def lapse(self, now: Moment) -> Transition | None:
        """That moment has come."""

    def begin(self, now: Moment, pause: Duration) -> None:
        """The engine starts, `pause` after it was saved: nothing that was not heard meanwhile is silence."""


def suppressed(judge: Judge, *, at: Moment, now: Moment, reason: Reason) -> Transition | None:
    """Tell, once, that an active alert is now outside the hours of its rule, or inside again."""
    standing, schedule = judge.standing, judge.rule.active_between
    outside = schedule is not None and not schedule.includes(at)
    if outside is standing.outside or standing.condition is not Condition.ACTIVE:
        return None
    standing.outside = outside
    since = at if standing.since is None else standing.since
    return Transition(
        judge.rule.id,
        judge.subject,
        Condition.ACTIVE,
        Condition.ACTIVE,
        standing.severity,
        at,
        since,
        now,
        Cause.SUPPRESSION,
        reason,
        suppressed_by=SCHEDULE if outside else None,
    )


def changed(
    judge: Judge, condition: Condition, *, at: Moment, since: Moment, now: Moment, cause: Cause, reason: Reason
) -> Transition:
    """Put the judge into a condition and tell of it."""
    standing = judge.standing
    previous, standing.condition = standing.condition, condition
    if condition is not Condition.ACTIVE:
        standing.by_silence = standing.outside = False
    standing.failing_since = None
    judge.wake(condition is not Condition.NORMAL)
    return Transition(
        judge.rule.id, judge.subject, condition, previous, standing.severity, at, since, now, cause, reason
    )


def view_of(rule: Rule, judged: Judged, memory: Memory, watch: Watch) -> View:
    """How a rule sees one of its subjects."""
    sensor = judged.members[0] if judged.subject.kind == "sensor" else None
    if rule.max_age not in watch.views:
        watch.views[rule.max_age] = View(memory, watch, max_age=rule.max_age, sensor=sensor)
    return watch.views[rule.max_age]


def longest_interval(judged: Judged, memory: Memory, tracks: Iterable[Track]) -> Duration:
    """The longest interval among the sensors of a subject that own one of these tracks."""
    looked_at = {id(track) for track in tracks}
    intervals = [
        one.interval
        for one in judged.members
        if any(id(track) in looked_at for track in memory.sensor(one.id).tracks.values())
    ]
    return max(intervals, default=0)
