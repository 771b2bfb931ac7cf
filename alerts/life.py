"""The life of an alert: how events change the facts about it, and which of people's actions do not fit.

After ISA-18.2 and OPC UA Part 9. Pure: no clock, no database. The facts and the state that follows from them are in
`alerts.facts`, what the timeline says of a change is in `alerts.happening`.
"""

from enum import StrEnum

import msgspec

from alerts.events import (
    Acknowledge,
    Clear,
    Delete,
    Drill,
    Event,
    Maintain,
    Overdue,
    PersonEvent,
    Raise,
    Reset,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unshelve,
    Verify,
    Wait,
)
from alerts.facts import (
    Facts,
    muted,
    starts_waiting,
    waits_for_acknowledgement,
    wants_resolving,
    wants_verifying,
)
from town.alert import Condition, Deadline, Verification


class Refusal(StrEnum):
    """Why an action does not fit."""

    CLOSED = "closed"
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    STILL_ACTIVE = "still_active"
    NOT_LATCHED = "not_latched"
    NOT_SHELVED = "not_shelved"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    NOT_TO_VERIFY = "not_to_verify"
    ALREADY_VERIFIED = "already_verified"


def apply(facts: Facts, event: Event) -> Facts:
    """The facts after the event; the very same facts when it changes nothing.

    A closed alert never changes, but for what somebody found who looked.
    """
    if facts.closed is not None:
        return _with(facts, verification=event.verdict) if isinstance(event, Verify) and may(facts, event) else facts
    return _armed(facts, _settled(_noticed(_changed(facts, event))))


def _changed(facts: Facts, event: Event) -> Facts:
    match event:
        case Raise() | Wait() | Clear() | Delete():
            return _judged(facts, event)
        case Maintain():
            return facts if facts.maintenance == event.window else _with(facts, maintenance=event.window)
        case Drill():
            return _drilled(facts, event.window)
        case Overdue():
            return _late(facts, event.deadline)
    return _handled(facts, event) if may(facts, event) else facts


def _judged(facts: Facts, event: Raise | Wait | Clear | Delete) -> Facts:
    match event:
        case Raise():
            return _raised(facts, event)
        case Wait():
            # Waiting while active says nothing new: the condition has not been judged normal.
            return facts if facts.condition is not Condition.NORMAL else _with(facts, condition=Condition.PENDING)
        case Clear():
            return _cleared(facts, event)
        case Delete():
            return _with(_quiet(facts), condition=Condition.NORMAL, closed=event.reason)


def _handled(facts: Facts, event: PersonEvent) -> Facts:
    changes: dict[str, object]
    match event:
        case Acknowledge():
            changes = {"acknowledged": True}
        case Reset():
            return _with(_quiet(facts), acknowledged=True, closed="reset")
        case Shelve():
            changes = {"shelved_until": event.until}
        case Unshelve():
            # Time on the shelf that is over tells again, whoever had it before.
            forgotten = event.expired and facts.condition is Condition.ACTIVE
            changes = {"shelved_until": None, "acknowledged": facts.acknowledged and not forgotten}
        case TakeOutOfService() | ReturnToService():
            changes = {"out_of_service": isinstance(event, TakeOutOfService)}
        case Verify():
            # Who looked has it; of a place that nobody reached, nobody has.
            seen = event.verdict is not Verification.UNREACHABLE
            changes = {"verification": event.verdict, "acknowledged": facts.acknowledged or seen}
    return _with(facts, **changes)


def _raised(facts: Facts, event: Raise) -> Facts:
    severity = event.severity
    worse = severity.digit < facts.severity.digit
    active = facts.condition is Condition.ACTIVE
    return _with(
        facts,
        severity=severity,
        condition=Condition.ACTIVE,
        # Worse than what somebody took on: it needs somebody again. Milder changes quietly.
        acknowledged=active and facts.acknowledged and not worse,
        # Worse than what somebody put on the shelf: that was another decision.
        shelved_until=None if worse else facts.shelved_until,
        activations=facts.activations + (not active or (event.again and event.chattering)),
        suppressed_by=event.suppressed_by,
        chattering=event.chattering,
        maintenance=event.maintenance,
        # What was real before a drill began stays real.
        drill=facts.drill if facts.activations else event.drill,
    )


def _cleared(facts: Facts, event: Clear) -> Facts:
    """Gone; while it chatters it is held, because it will be back."""
    if facts.condition is Condition.NORMAL or (event.chattering and facts.condition is Condition.ACTIVE):
        return facts
    return _with(facts, condition=Condition.NORMAL, suppressed_by=None, chattering=False)


def _drilled(facts: Facts, window: str | None) -> Facts:
    """The drill is over: what is gone ends with it, what still holds is real and needs somebody again."""
    if facts.drill is None or facts.drill == window:
        return facts
    if window is None and facts.condition is not Condition.ACTIVE:
        return _with(_quiet(facts), closed="drill_over")
    if window is not None:
        return _with(facts, drill=window)
    again = Verification.UNVERIFIED if facts.verification is not None else None
    return _with(facts, drill=None, acknowledged=False, verification=again)


def _late(facts: Facts, deadline: Deadline) -> Facts:
    match deadline:
        case Deadline.ACKNOWLEDGE if waits_for_acknowledgement(facts):
            return _with(facts, acknowledge_overdue=True)
        case Deadline.RESOLVE if wants_resolving(facts):
            return _with(facts, resolve_overdue=True)
        case Deadline.VERIFY if wants_verifying(facts):
            return _with(facts, verify_overdue=True)
    return facts


def _quiet(facts: Facts) -> Facts:
    """Nothing holds it back and nothing holds it open."""
    return _with(facts, latched=False, chattering=False, shelved_until=None, out_of_service=False)


def _noticed(facts: Facts) -> Facts:
    """What is active and not suppressed was heard of, and latches when its rule asks for it."""
    if facts.condition is not Condition.ACTIVE or muted(facts) or facts.out_of_service:
        return facts
    return _with(facts, unheard=False, latched=facts.latched or facts.latches)


def _settled(facts: Facts) -> Facts:
    """Closed once the condition is gone, somebody had it or nobody was ever asked, and nothing holds it open."""
    held = facts.latched or facts.shelved_until is not None or facts.out_of_service
    gone = facts.activations > 0 and facts.condition is not Condition.ACTIVE
    over = gone and (facts.acknowledged or facts.unheard) and not held and facts.closed is None
    return _with(facts, closed="returned") if over else facts


def _armed(before: Facts, facts: Facts) -> Facts:
    """What begins to be waited for is not late."""
    changes: dict[str, object] = {}
    if starts_waiting(before, facts):
        changes["acknowledge_overdue"] = False
    if wants_resolving(facts) and not wants_resolving(before):
        changes["resolve_overdue"] = False
    if wants_verifying(facts) and not wants_verifying(before):
        changes["verify_overdue"] = False
    return _with(facts, **changes) if changes else facts


def _with(facts: Facts, **changes: object) -> Facts:
    return msgspec.structs.replace(facts, **changes)


def may(facts: Facts, event: PersonEvent) -> bool:
    """Whether a person's action fits these facts."""
    return refusal(facts, event) is None


def refusal(facts: Facts, event: PersonEvent) -> Refusal | None:
    """Why a person's action does not fit these facts, or None when it does."""
    if facts.closed is not None and not isinstance(event, Verify):
        return Refusal.CLOSED
    return next((reason for holds, reason in _objections(facts, event) if holds), None)


def _objections(facts: Facts, event: PersonEvent) -> list[tuple[bool, Refusal]]:
    """What an action asks for, each with the reason when it is not so."""
    found: list[tuple[bool, Refusal]]
    match event:
        case Acknowledge():
            found = [(facts.acknowledged, Refusal.ALREADY_ACKNOWLEDGED)]
        case Shelve() | TakeOutOfService():
            found = [(facts.out_of_service, Refusal.OUT_OF_SERVICE)]
        case Unshelve():
            found = [(facts.shelved_until is None, Refusal.NOT_SHELVED)]
        case ReturnToService():
            found = [(not facts.out_of_service, Refusal.IN_SERVICE)]
        case Reset():
            active = facts.condition is Condition.ACTIVE
            found = [(not facts.latched, Refusal.NOT_LATCHED), (active, Refusal.STILL_ACTIVE)]
        case Verify():
            same = facts.verification is event.verdict
            found = [(facts.verification is None, Refusal.NOT_TO_VERIFY), (same, Refusal.ALREADY_VERIFIED)]
    return found
