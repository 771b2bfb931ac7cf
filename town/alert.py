"""Alerts: the condition that wants a person, how it got there, and what is told of it."""

from enum import StrEnum
from typing import Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict

from town.language import Label
from town.moment import Duration, Moment
from town.quantity import Value


class Category(StrEnum):
    """What kind of trouble it is."""

    FIRE = "fire"
    SECURITY = "security"
    ENVIRONMENT = "environment"
    HEALTH = "health"
    UTILITY = "utility"
    CROWD = "crowd"
    GOVERNANCE = "governance"
    DEVICE = "device"


class Severity(StrEnum):
    """The four public-warning colours, worst first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    ADVISORY = "advisory"

    @property
    def digit(self) -> int:
        """1 for the worst, 4 for the mildest."""
        return _DIGITS[self]

    @property
    def mark(self) -> str:
        """Its shape in plain text: ■ ▲ ◆ ●."""
        return "■▲◆●"[self.digit - 1]


_DIGITS = {severity: digit for digit, severity in enumerate(Severity, start=1)}


class AlertState(StrEnum):
    """Where an alert stands, derived from the facts about it."""

    NORMAL = "normal"
    PENDING = "pending"
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    LATCHED = "latched"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    CLOSED = "closed"


class Verification(StrEnum):
    """What somebody found who went to look. `unverified` is where an alert begins that has to be looked at."""

    UNVERIFIED = "unverified"
    TRUE = "true"
    FALSE = "false"
    DRILL = "drill"
    UNREACHABLE = "unreachable"
    """Nobody could be reached, so nobody knows."""


SubjectKind = Literal["sensor", "facility", "zone", "town", "sender"]


class Subject(msgspec.Struct, frozen=True, gc=False, order=True):
    """Whom a rule judges: one sensor, facility or zone, or the town; or a way of telling people that is refused."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return self.id


class Condition(StrEnum):
    """What a rule says of a subject."""

    NORMAL = "normal"
    PENDING = "pending"
    ACTIVE = "active"


class Cause(StrEnum):
    """Why a rule changed its mind."""

    CONDITION = "condition"
    MISSING = "missing"
    RULE_DELETED = "rule_deleted"
    SUBJECT_DELETED = "subject_deleted"
    MENDED = "mended"
    """What it was about works again, and nobody need look: a sender that was refused."""
    LEVEL = "level"
    SUPPRESSION = "suppression"
    """Nothing new is seen: it is now suppressed, by something else than before, or no longer."""
    CALM = "calm"
    """It chattered, and has not become active for a minute: this is where it stands."""


BACKLOG = "backlog"
"""What suppresses an alert that readings raised which arrived late, until it is clear whether it is over already."""


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One value a rule looked at. `limit` is what it was held against, as written, such as `>= 0.15 dB/m`."""

    sensor: str
    quantity: str
    value: Value | None
    measured_at: Moment | None
    unit: str | None = None
    expression: str | None = None
    """What was made of the quantity before it was compared, such as `rate(temperature, 1m)`."""
    limit: str | None = None
    holds: bool | None = None


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why: what was seen, what the rule asks for, and which version of the rule asked."""

    observations: tuple[Observation, ...]
    condition: str
    version: str


class Transition(msgspec.Struct, frozen=True, gc=False):
    """A rule's state change for one subject. `at` is event time, `decided_at` the moment the engine was told of it."""

    rule: str
    subject: Subject
    condition: Condition
    previous: Condition
    severity: Severity
    at: Moment
    since: Moment
    """When the condition began to hold (or to fail), in event time; `at - since` is what `for` counted."""
    decided_at: Moment
    cause: Cause
    reason: Reason
    suppressed_by: str | None = None
    """Why nobody is to be told: the id of the rule that inhibits it, `schedule`, `shadow` or `backlog`."""
    chattering: bool = False
    """It became active three times or more within a minute: told once, held, and its final state told."""


class Deadline(StrEnum):
    """What should have been done about an alert by some moment."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    VERIFY = "verify"


class Response(BaseModel):
    """What to do about an alert, and how soon."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Label
    within: Duration | None = None


class AlertDefinition(BaseModel):
    """What a rule says about the alerts it raises; the alert keeps a copy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    title: Label
    category: Category
    severity: Severity
    latch: bool = False
    response: Response | None = None
    cause: Label | None = None
    consequence: Label | None = None
    version: str


class Alert(BaseModel):
    """An alert as people see it: the facts, and the state that follows from them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    rule: str
    subject_kind: SubjectKind
    subject: str
    facility: str | None
    zone: str | None
    title: Label
    category: Category
    severity: Severity
    state: AlertState
    opened_at: Moment
    """When the condition began to hold, in event time."""
    raised_at: Moment
    """When the rule raised it, in event time."""
    changed_at: Moment
    cleared_at: Moment | None = None
    acknowledged_at: Moment | None = None
    acknowledged_by: str | None = None
    closed_at: Moment | None = None
    closed_by: str | None = None
    closed_because: str | None = None
    activations: int = 1
    suppressed_by: str | None = None
    """Why it is no ordinary alert now: the id of the rule that inhibits it, `schedule`, `shadow`, `out_of_service`,
    `maintenance`, or `drill`, of which people are told all the same."""
    chattering: bool = False
    window: str | None = None
    """The maintenance or drill window over it."""
    drill: bool = False
    """It belongs to a drill: said wherever it is shown, and left out of the figures."""
    shelved_until: Moment | None = None
    shelved_by: str | None = None
    shelved_why: str | None = None
    out_of_service: bool = False
    out_of_service_by: str | None = None
    out_of_service_why: str | None = None
    assigned_to: str | None = None
    verification: Verification | None = None
    """None when alerts of its category need not be looked at."""
    acknowledge_due_at: Moment | None = None
    resolve_due_at: Moment | None = None
    verify_due_at: Moment | None = None
    overdue: tuple[Deadline, ...] = ()
    """Which of the moments above passed without it."""
    reason: dict[str, Any]
    """The newest reason, as `Reason` in plain JSON."""
    response: Response | None = None
    cause: Label | None = None
    consequence: Label | None = None


class TimelineEntry(BaseModel):
    """One thing that happened to an alert: what, when, by whom. Never changed, never removed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    at: Moment
    event: str
    """opened, raised, severity_changed, acknowledged, cleared, raised_again, reset, closed, comment, notified …"""
    by: str
    """A person's id, or `rule` for the engine, `clock` for a moment that came, or `sender`."""
    detail: dict[str, Any] = {}


class DeliveryState(StrEnum):
    """Where a notification stands."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    DEAD = "dead"
    SUPPRESSED = "suppressed"


class Notification(BaseModel):
    """One message to one target over one channel, and what became of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    alert: str
    target: str
    channel: str
    event: str
    state: DeliveryState
    created_at: Moment
    due_at: Moment
    attempts: int = 0
    answered_at: Moment | None = None
    answer: str | None = None
    """What the provider said, cut to a line, secrets masked."""
    possibly_doubled: bool = False
    """An attempt's answer was never seen, so that the target may have it twice; its id is the same both times."""
    digest: str | None = None
    """The notification in which it was told together with others, because there were too many to be told alone."""
    passed_on: str | None = None
    """The channel on which its target was told as well, because this one failed."""


class Upcoming(BaseModel):
    """Who will be told of an alert next, unless somebody has it by then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Moment
    why: Literal["route", "group", "escalation", "reminder", "quiet"]
    to: tuple[str, ...]
    """People, targets and rotas, as people.yaml names them."""
    people: tuple[str, ...]
    """Who that is at that moment, as far as it is known now."""
    channels: tuple[str, ...] = ()
    """Over which channels; the first of each when none is named."""
