"""Routes: which notifications follow from what happened to an alert, and to whom they go. Pure."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from alerts.facts import Facts, is_silent, needs_somebody
from alerts.happening import Happening
from town.alert import BACKLOG, Condition


class Told(StrEnum):
    """What a notification says happened."""

    RAISED = "raised"
    SEVERITY_RAISED = "severity_raised"
    RAISED_AGAIN = "raised_again"
    CHATTERING = "chattering"
    """It comes and goes: it is held, and told again when it is calm."""
    STEADY = "steady"
    """It came and went, and now stays active."""
    BACK = "back"
    """It was on the shelf or out of service, and needs somebody again."""
    OVERDUE = "overdue"
    """Nobody acknowledged it in time, or it was not resolved in time."""
    ESCALATED = "escalated"
    """Nobody has acknowledged it yet: somebody else is asked to come."""
    REMINDER = "reminder"
    """Nobody has acknowledged it yet: those who were told are told again."""
    STILL_OPEN = "still_open"
    """It was raised in somebody's quiet hours, and is open at their end."""
    ASSIGNED = "assigned"
    """It was given to the one who is told."""
    CLEARED = "cleared"
    """The condition is gone, but somebody still has to acknowledge or reset."""
    RESOLVED = "resolved"
    """The condition is gone and the alert is over."""
    WAS_ACTIVE = "was_active"
    """It came to light from readings that arrived late, and was over by then: told once, in one line."""
    CLOSED = "closed"
    """It is over because a person reset it, or its rule or subject is no longer there."""


WANTS_SOMEBODY = (
    Told.RAISED, Told.SEVERITY_RAISED, Told.RAISED_AGAIN, Told.CHATTERING, Told.BACK, Told.OVERDUE, Told.ESCALATED,
    Told.REMINDER, Told.STILL_OPEN, Told.ASSIGNED,
)  # fmt: skip
"""What asks a person to come; the others say that they need not."""


def told(happened: Sequence[Happening], before: Facts, after: Facts) -> Told | None:
    """What people are told of a step in an alert's life; None when they need not hear of it.

    Acknowledging is not told, nor is the closing of an alert that had returned: its clearing was. Nothing is told of an
    alert that is suppressed, shelved or out of service, and nothing of its end when nothing was told of it at all. A
    drill is told like anything else; its messages say what it is.
    """
    if Happening.CLEARED in happened and after.unheard and before.suppressed_by == BACKLOG:
        return None if is_silent(after) or before.maintenance is not None else Told.WAS_ACTIVE
    if not happened or after.unheard or is_silent(after):
        return None
    return next((found for happening, found in _told_of(before, after) if happening in happened), None)


def _told_of(before: Facts, after: Facts) -> Iterator[tuple[Happening, Told | None]]:
    """What is told of each happening; the first that happened counts."""
    worse = after.severity.digit < before.severity.digit
    gone = Told.RESOLVED if after.closed is not None else Told.CLEARED
    back = Told.BACK if needs_somebody(after) else None if after.condition is Condition.ACTIVE else gone
    yield Happening.UNSUPPRESSED, None if after.acknowledged else Told.RAISED
    yield Happening.CHATTERING, Told.CHATTERING
    yield Happening.RAISED, Told.RAISED
    yield Happening.RAISED_AGAIN, Told.RAISED_AGAIN
    yield Happening.SEVERITY_CHANGED, Told.SEVERITY_RAISED if worse else None
    yield Happening.UNSHELVED, back
    yield Happening.IN_SERVICE, back
    yield Happening.STEADY, Told.STEADY
    yield Happening.OVERDUE_ACKNOWLEDGE, Told.OVERDUE
    yield Happening.OVERDUE_RESOLVE, Told.OVERDUE
    if after.closed != "returned":
        yield Happening.CLOSED, Told.CLOSED
    yield Happening.CLEARED, gone
