"""What is so about an alert: facts that stand each for themselves, and what follows from them together. Pure."""

import msgspec

from town.alert import AlertState, Condition, Severity, Verification
from town.moment import Moment


class Facts(msgspec.Struct, frozen=True):
    """What is so about one alert. `latched` is set by raising when the rule asks for a reset by a person."""

    severity: Severity
    latches: bool = False
    condition: Condition = Condition.NORMAL
    acknowledged: bool = False
    latched: bool = False
    activations: int = 0
    suppressed_by: str | None = None
    """Why the rules say that nobody is told while it is active."""
    chattering: bool = False
    """It comes and goes so often that it is held active and told once, until it is calm."""
    unheard: bool = True
    """Whether it was suppressed whenever it was active, so that nobody was ever asked to come."""
    closed: str | None = None
    """Why it is over: `returned`, `reset`, `rule_deleted`, `subject_deleted`, `drill_over`, `mended`; None before."""
    maintenance: str | None = None
    """The maintenance window over it: nobody is told."""
    drill: str | None = None
    """The drill window in which it opened: people are told that it is a drill."""
    shelved_until: Moment | None = None
    out_of_service: bool = False
    verification: Verification | None = None
    acknowledge_overdue: bool = False
    resolve_overdue: bool = False
    verify_overdue: bool = False


def muted(facts: Facts) -> bool:
    """Whether it is suppressed by design, so that nobody is told; of a drill people are told."""
    return facts.suppressed_by is not None or facts.maintenance is not None


def suppression(facts: Facts) -> str | None:
    """What makes it no ordinary alert by design, while it is active."""
    if facts.condition is not Condition.ACTIVE:
        return None
    window = "maintenance" if facts.maintenance is not None else "drill" if facts.drill is not None else None
    return facts.suppressed_by or window


def is_silent(facts: Facts) -> bool:
    """Whether nobody is told of it now."""
    set_aside = facts.shelved_until is not None or facts.out_of_service
    return set_aside or (facts.condition is Condition.ACTIVE and muted(facts))


def needs_somebody(facts: Facts) -> bool:
    """Whether people are called until one of them has it."""
    return wants_resolving(facts) and facts.condition is Condition.ACTIVE and not facts.acknowledged


def wants_resolving(facts: Facts) -> bool:
    """Whether somebody has something to do about it, acknowledged or not."""
    there = facts.condition is Condition.ACTIVE or facts.latched
    return facts.closed is None and facts.activations > 0 and there and not is_silent(facts)


def waits_for_acknowledgement(facts: Facts) -> bool:
    """Whether somebody should acknowledge it soon."""
    return wants_resolving(facts) and not facts.acknowledged


def wants_verifying(facts: Facts) -> bool:
    """Whether somebody should go and look."""
    return wants_resolving(facts) and facts.verification is Verification.UNVERIFIED


def starts_waiting(before: Facts, after: Facts) -> bool:
    """Whether the time in which somebody should acknowledge it begins anew."""
    if not waits_for_acknowledgement(after):
        return False
    worse = after.severity.digit < before.severity.digit
    returned = after.condition is Condition.ACTIVE and before.condition is not Condition.ACTIVE
    return worse or returned or not waits_for_acknowledgement(before)


def state(facts: Facts) -> AlertState:
    """Where the alert stands."""
    if facts.closed is not None:
        return AlertState.CLOSED
    if facts.activations == 0:
        return AlertState.PENDING if facts.condition is Condition.PENDING else AlertState.NORMAL
    if facts.out_of_service:
        return AlertState.SUPPRESSED
    if facts.shelved_until is not None:
        return AlertState.SHELVED
    return _state_of_condition(facts)


def _state_of_condition(facts: Facts) -> AlertState:
    """Where an alert stands that nobody has set aside."""
    if facts.condition is not Condition.ACTIVE:
        return AlertState.LATCHED if facts.latched else AlertState.RETURNED
    if suppression(facts) is not None:
        return AlertState.SUPPRESSED
    return AlertState.ACKNOWLEDGED if facts.acknowledged else AlertState.ACTIVE
