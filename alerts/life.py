"""The life of an alert: independent facts, the events that change them, and the state that follows.

After ISA-18.2 and OPC UA Part 9. Pure: no clock, no database. A new fact (shelved until) is one field here and one line
in `state`.
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
    suppressed_by: str | None = None
    """Why nobody is told while it is active."""
    chattering: bool = False
    """It comes and goes so often that it is held active and told once, until it is calm."""
    unheard: bool = True
    """Whether it was suppressed whenever it was active, so that nobody was ever asked to come."""
    closed: str | None = None
    """Why it is over: `returned`, `reset`, `rule_deleted`, `subject_deleted`; None while it is open."""


class Raise(msgspec.Struct, frozen=True):
    """The rule says active, with this severity. `again`: it was not before, which a chattering alert does not show."""

    severity: Severity
    suppressed_by: str | None = None
    chattering: bool = False
    again: bool = False


class Wait(msgspec.Struct, frozen=True):
    """The rule's `for` began to run."""


class Clear(msgspec.Struct, frozen=True):
    """The rule says normal."""

    chattering: bool = False


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
    CHATTERING = "chattering"
    STEADY = "steady"
    """It chattered, is calm now, and stays active."""
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
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
        again = transition.previous is not Condition.ACTIVE
        return Raise(transition.severity, transition.suppressed_by, transition.chattering, again)
    return Wait() if transition.condition is Condition.PENDING else Clear(transition.chattering)


def apply(facts: Facts, event: Event) -> Facts:
    """The facts after the event; the very same facts when it changes nothing. A closed alert never changes."""
    if facts.closed is not None:
        return facts
    match event:
        case Raise():
            return _raised(facts, event)
        case Wait():
            # Waiting while active says nothing new: the condition has not been judged normal.
            return facts if facts.condition is not Condition.NORMAL else _with(facts, condition=Condition.PENDING)
        case Clear():
            return _cleared(facts, event)
        case Delete():
            return _with(facts, condition=Condition.NORMAL, latched=False, chattering=False, closed=event.reason)
    return facts if refusal(facts, event) else _handled(facts, event)


def _handled(facts: Facts, event: Acknowledge | Reset) -> Facts:
    if isinstance(event, Acknowledge):
        return _settled(_with(facts, acknowledged=True))
    return _with(facts, latched=False, acknowledged=True, closed="reset")


def _raised(facts: Facts, event: Raise) -> Facts:
    severity, heard = event.severity, event.suppressed_by is None
    worse = severity.digit < facts.severity.digit
    active = facts.condition is Condition.ACTIVE
    return _with(
        facts,
        severity=severity,
        condition=Condition.ACTIVE,
        # Worse than what somebody took on: it needs somebody again. Milder changes quietly.
        acknowledged=active and facts.acknowledged and not worse,
        latched=facts.latched or (facts.latches and heard),
        activations=facts.activations + (not active or (event.again and event.chattering)),
        suppressed_by=event.suppressed_by,
        chattering=event.chattering,
        unheard=facts.unheard and not heard,
    )


def _cleared(facts: Facts, event: Clear) -> Facts:
    """Gone; while it chatters it is held, because it will be back."""
    if facts.condition is Condition.NORMAL or (event.chattering and facts.condition is Condition.ACTIVE):
        return facts
    return _settled(_with(facts, condition=Condition.NORMAL, suppressed_by=None, chattering=False))


def _settled(facts: Facts) -> Facts:
    """Closed once the condition is gone, somebody had it or nobody was ever asked, and nothing is latched."""
    gone = facts.activations > 0 and facts.condition is not Condition.ACTIVE
    over = gone and (facts.acknowledged or facts.unheard) and not facts.latched
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
    if facts.condition is Condition.ACTIVE and facts.suppressed_by is not None:
        return AlertState.SUPPRESSED
    if facts.condition is Condition.ACTIVE:
        return AlertState.ACKNOWLEDGED if facts.acknowledged else AlertState.ACTIVE
    return AlertState.LATCHED if facts.latched else AlertState.RETURNED


def happenings(before: Facts, after: Facts) -> list[Happening]:
    """What the timeline has to say about the step from one set of facts to the next, in order."""
    found: list[Happening] = []
    began = before.condition is not Condition.ACTIVE and after.condition is Condition.ACTIVE
    if began:
        found += [Happening.RAISED_AGAIN] if before.activations else [Happening.OPENED, Happening.RAISED]
    elif after.severity is not before.severity:
        found.append(Happening.SEVERITY_CHANGED)
    if after.condition is Condition.ACTIVE:
        found += _marks(before, after, began=began)
    if before.condition is Condition.ACTIVE and after.condition is not Condition.ACTIVE:
        found.append(Happening.CLEARED)
    if after.closed == "reset":
        found.append(Happening.RESET)
    elif after.acknowledged and not before.acknowledged:
        found.append(Happening.ACKNOWLEDGED)
    if after.closed is not None and before.closed is None:
        found.append(Happening.CLOSED)
    return found


def _marks(before: Facts, after: Facts, *, began: bool) -> list[Happening]:
    """What is new about how an active alert is told."""
    found: list[Happening] = []
    if after.chattering is not before.chattering:
        found.append(Happening.CHATTERING if after.chattering else Happening.STEADY)
    if after.suppressed_by is not None and (began or after.suppressed_by != before.suppressed_by):
        found.append(Happening.SUPPRESSED)
    if after.suppressed_by is None and before.suppressed_by is not None and not began:
        found.append(Happening.UNSUPPRESSED)
    return found
