"""The life of an alert: independent facts, the events that change them, and the state that follows.

After ISA-18.2 and OPC UA Part 9. Pure: no clock, no database. A new fact (shelved until, suppressed by) is one field
here and one line in `state`.
"""

from enum import StrEnum

import msgspec

from town.alert import AlertState, Cause, Condition, Severity, Transition


class Facts(msgspec.Struct, frozen=True):
    """What is so about one alert. `latched` is set by raising when the rule asks for a reset by a person."""

    severity: Severity
    latches: bool = False
    condition: Condition = Condition.NORMAL
    acknowledged: bool = False
    latched: bool = False
    activations: int = 0
    closed: str | None = None
    """Why it is over: `returned`, `reset`, `rule_deleted`, `subject_deleted`; None while it is open."""


class Raise(msgspec.Struct, frozen=True):
    """The rule says active, with this severity."""

    severity: Severity


class Wait(msgspec.Struct, frozen=True):
    """The rule's `for` began to run."""


class Clear(msgspec.Struct, frozen=True):
    """The rule says normal."""


class Delete(msgspec.Struct, frozen=True):
    """The rule or its subject is no longer there."""

    reason: str


class Acknowledge(msgspec.Struct, frozen=True):
    """A person has it."""


class Reset(msgspec.Struct, frozen=True):
    """A person has looked: what latched may go."""


Event = Raise | Wait | Clear | Delete | Acknowledge | Reset


class Happening(StrEnum):
    """One thing that happened between two sets of facts, as the timeline calls it."""

    OPENED = "opened"
    RAISED = "raised"
    RAISED_AGAIN = "raised_again"
    SEVERITY_CHANGED = "severity_changed"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    RESET = "reset"
    CLOSED = "closed"


class Refusal(StrEnum):
    """Why an action does not fit."""

    CLOSED = "closed"
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    STILL_ACTIVE = "still_active"
    NOT_LATCHED = "not_latched"


def event_of(transition: Transition) -> Event:
    """What a rule's transition means to an alert."""
    if transition.cause in (Cause.RULE_DELETED, Cause.SUBJECT_DELETED):
        return Delete(transition.cause.value)
    if transition.condition is Condition.ACTIVE:
        return Raise(transition.severity)
    return Wait() if transition.condition is Condition.PENDING else Clear()


def apply(facts: Facts, event: Event) -> Facts:
    """The facts after the event; the very same facts when it changes nothing. A closed alert never changes."""
    if facts.closed is not None:
        return facts
    match event:
        case Raise():
            return _raised(facts, event.severity)
        case Wait():
            # Waiting while active says nothing new: the condition has not been judged normal.
            return facts if facts.condition is not Condition.NORMAL else _with(facts, condition=Condition.PENDING)
        case Clear():
            return facts if facts.condition is Condition.NORMAL else _settled(_with(facts, condition=Condition.NORMAL))
        case Delete():
            return _with(facts, condition=Condition.NORMAL, latched=False, closed=event.reason)
    return facts if refusal(facts, event) else _handled(facts, event)


def _handled(facts: Facts, event: Acknowledge | Reset) -> Facts:
    if isinstance(event, Acknowledge):
        return _settled(_with(facts, acknowledged=True))
    return _with(facts, latched=False, acknowledged=True, closed="reset")


def _raised(facts: Facts, severity: Severity) -> Facts:
    if facts.condition is Condition.ACTIVE:
        if severity is facts.severity:
            return facts
        worse = severity.digit < facts.severity.digit
        # Worse than what somebody took on: it needs somebody again. Milder changes quietly.
        return _with(facts, severity=severity, acknowledged=facts.acknowledged and not worse)
    return _with(
        facts,
        severity=severity,
        condition=Condition.ACTIVE,
        acknowledged=False,
        latched=facts.latches,
        activations=facts.activations + 1,
    )


def _settled(facts: Facts) -> Facts:
    """Closed once the condition is gone, somebody had it, and nothing is latched."""
    gone = facts.activations > 0 and facts.condition is not Condition.ACTIVE
    over = gone and facts.acknowledged and not facts.latched
    return _with(facts, closed="returned") if over else facts


def _with(facts: Facts, **changes: object) -> Facts:
    return msgspec.structs.replace(facts, **changes)


def refusal(facts: Facts, event: Acknowledge | Reset) -> Refusal | None:
    """Why a person's action does not fit these facts, or None when it does."""
    if facts.closed is not None:
        return Refusal.CLOSED
    if isinstance(event, Acknowledge):
        return Refusal.ALREADY_ACKNOWLEDGED if facts.acknowledged else None
    if not facts.latched:
        return Refusal.NOT_LATCHED
    return Refusal.STILL_ACTIVE if facts.condition is Condition.ACTIVE else None


def state(facts: Facts) -> AlertState:
    """Where the alert stands."""
    if facts.closed is not None:
        return AlertState.CLOSED
    if facts.activations == 0:
        return AlertState.PENDING if facts.condition is Condition.PENDING else AlertState.NORMAL
    if facts.condition is Condition.ACTIVE:
        return AlertState.ACKNOWLEDGED if facts.acknowledged else AlertState.ACTIVE
    return AlertState.LATCHED if facts.latched else AlertState.RETURNED


def happenings(before: Facts, after: Facts) -> list[Happening]:
    """What the timeline has to say about the step from one set of facts to the next, in order."""
    found: list[Happening] = []
    if after.activations > before.activations:
        found += [Happening.RAISED_AGAIN] if before.activations else [Happening.OPENED, Happening.RAISED]
    elif after.severity is not before.severity:
        found.append(Happening.SEVERITY_CHANGED)
    if before.condition is Condition.ACTIVE and after.condition is not Condition.ACTIVE:
        found.append(Happening.CLEARED)
    if after.closed == "reset":
        found.append(Happening.RESET)
    elif after.acknowledged and not before.acknowledged:
        found.append(Happening.ACKNOWLEDGED)
    if after.closed is not None and before.closed is None:
        found.append(Happening.CLOSED)
    return found
