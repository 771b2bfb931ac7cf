"""What happened between two sets of facts, in the words of the timeline. Pure."""

from enum import StrEnum

from alerts.facts import Facts, suppression
from town.alert import Condition, Verification


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
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    VERIFIED = "verified"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    OVERDUE_ACKNOWLEDGE = "acknowledge_overdue"
    OVERDUE_RESOLVE = "resolve_overdue"
    OVERDUE_VERIFY = "verify_overdue"
    RESET = "reset"
    CLOSED = "closed"


def happenings(before: Facts, after: Facts) -> list[Happening]:
    """What the timeline has to say about the step from one set of facts to the next, in order."""
    found: list[Happening] = []
    began = before.condition is not Condition.ACTIVE and after.condition is Condition.ACTIVE
    if began:
        found += [Happening.RAISED_AGAIN] if before.activations else [Happening.OPENED, Happening.RAISED]
    elif after.severity is not before.severity:
        found.append(Happening.SEVERITY_CHANGED)
    found += _set_aside(before, after)
    if after.condition is Condition.ACTIVE:
        found += _marks(before, after, began=began)
    if before.condition is Condition.ACTIVE and after.condition is not Condition.ACTIVE:
        found.append(Happening.CLEARED)
    found += _by_people(before, after)
    found += _overdue(before, after)
    if after.closed is not None and before.closed is None:
        found.append(Happening.CLOSED)
    return found


def _set_aside(before: Facts, after: Facts) -> list[Happening]:
    """Put on the shelf or taken from it, out of service or back; what ends with the alert goes without saying."""
    if after.closed not in (None, "returned"):
        return []
    found: list[Happening] = []
    if after.shelved_until != before.shelved_until:
        found.append(Happening.UNSHELVED if after.shelved_until is None else Happening.SHELVED)
    if after.out_of_service is not before.out_of_service:
        found.append(Happening.OUT_OF_SERVICE if after.out_of_service else Happening.IN_SERVICE)
    return found


def _marks(before: Facts, after: Facts, *, began: bool) -> list[Happening]:
    """What is new about how an active alert is told."""
    found: list[Happening] = []
    now, earlier = suppression(after), suppression(before)
    if after.chattering is not before.chattering:
        found.append(Happening.CHATTERING if after.chattering else Happening.STEADY)
    if now is not None and (began or now != earlier):
        found.append(Happening.SUPPRESSED)
    if now is None and earlier is not None and not began:
        found.append(Happening.UNSUPPRESSED)
    return found


def _by_people(before: Facts, after: Facts) -> list[Happening]:
    found: list[Happening] = []
    if after.verification is not before.verification and after.verification not in (None, Verification.UNVERIFIED):
        found.append(Happening.VERIFIED)
    if after.closed == "reset" and before.closed is None:
        found.append(Happening.RESET)
    elif after.acknowledged and not before.acknowledged:
        found.append(Happening.ACKNOWLEDGED)
    return found


def _overdue(before: Facts, after: Facts) -> list[Happening]:
    found: list[Happening] = []
    if after.acknowledge_overdue and not before.acknowledge_overdue:
        found.append(Happening.OVERDUE_ACKNOWLEDGE)
    if after.resolve_overdue and not before.resolve_overdue:
        found.append(Happening.OVERDUE_RESOLVE)
    if after.verify_overdue and not before.verify_overdue:
        found.append(Happening.OVERDUE_VERIFY)
    return found
