"""Routes: which notifications follow from what happened to an alert, and to whom they go. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from alerts.life import Facts, Happening
from alerts.people import People
from town.alert import Category, Severity
from town.moment import Duration


class Told(StrEnum):
    """What a notification says happened."""

    RAISED = "raised"
    SEVERITY_RAISED = "severity_raised"
    RAISED_AGAIN = "raised_again"
    CLEARED = "cleared"
    """The condition is gone, but somebody still has to acknowledge or reset."""
    RESOLVED = "resolved"
    """The condition is gone and the alert is over."""
    CLOSED = "closed"
    """It is over because a person reset it, or its rule or subject is no longer there."""


WANTS_SOMEBODY = (Told.RAISED, Told.SEVERITY_RAISED, Told.RAISED_AGAIN)
"""What asks a person to come; the others say that they need not."""


class Address(NamedTuple):
    """Whom to tell over which channel, and how long the notification waits first."""

    target: str
    channel: str
    wait: Duration = 0


def told(happened: Sequence[Happening], before: Facts, after: Facts) -> Told | None:
    """What people are told of a step in an alert's life; None when they need not hear of it.

    Acknowledging is not told, nor is the closing of an alert that had returned: its clearing was.
    """
    if Happening.RAISED in happened:
        return Told.RAISED
    if Happening.RAISED_AGAIN in happened:
        return Told.RAISED_AGAIN
    if Happening.SEVERITY_CHANGED in happened:
        return Told.SEVERITY_RAISED if after.severity.digit < before.severity.digit else None
    if Happening.CLOSED in happened and after.closed != "returned":
        return Told.CLOSED
    if Happening.CLEARED in happened:
        return Told.RESOLVED if Happening.CLOSED in happened else Told.CLEARED
    return None


def addresses(people: People, category: Category, severity: Severity) -> list[Address]:
    """Everybody whom the routes name for such an alert and who can be reached, once each, with the shortest wait."""
    found: dict[str, Address] = {}
    for route in people.routes:
        if not route.takes(category, severity):
            continue
        for name in route.to:
            recipient = people.recipients.get(name)
            if recipient and (name not in found or route.wait < found[name].wait):
                found[name] = Address(name, recipient.channel, route.wait)
    return list(found.values())


def tell(what: Told, *, routed: Iterable[Address], told_before: Iterable[Address]) -> list[Address]:
    """Who hears of it: everybody routed when somebody is wanted, else those who have heard of the alert, at once."""
    if what in WANTS_SOMEBODY:
        return list(routed)
    return list(dict.fromkeys(one._replace(wait=0) for one in told_before))
