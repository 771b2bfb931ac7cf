"""What an explanation says: where a rule stood with a subject at a moment, and everything that decided it."""

import msgspec

from town.alert import Condition, Observation, Severity, Subject
from town.moment import Duration, Moment


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a condition, `depth` deep in it: what it says, and what it looked at."""

    text: str
    depth: int
    truth: bool | None
    joined: str | None = None
    """`and`, `or` or `not`, when it is made of the parts below it."""
    seen: tuple[Observation, ...] = ()
    unknown_because: str | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A condition of the rule: the name of its key, what it said, and its parts as they are nested."""

    key: str
    text: str
    truth: bool | None
    parts: tuple[Part, ...]


class Timer(msgspec.Struct, frozen=True, kw_only=True):
    """A span of the rule: how long it is, since when it runs, and how much of it is over."""

    key: str
    limit: Duration
    running: bool
    since: Moment | None = None
    passed: Duration | None = None
    note: str = ""


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """`active_between`, and whether the moment that was judged lies inside."""

    start: str
    end: str
    inside: bool


class Inhibitor(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that may inhibit this one here, what they must have in common, and whether it does."""

    rule: str
    equal: tuple[str, ...]
    inhibits: bool


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a rule was or was not active for one subject at a moment."""

    rule: str
    version: str
    subject: Subject
    at: Moment
    judged_at: Moment | None
    """The moment, in event time, that was judged last; None: nothing it looks at was ever heard."""
    state: Condition
    severity: Severity
    since: Moment | None
    verdict: str
    """The whole in one sentence."""
    told: bool
    """Whether people are told of it, as far as the rules decide."""
    suppressed_by: str | None = None
    chattering: bool = False
    shed: bool = False
    error: str | None = None
    conditions: tuple[Asked, ...] = ()
    timers: tuple[Timer, ...] = ()
    hours: Hours | None = None
    inhibitors: tuple[Inhibitor, ...] = ()
