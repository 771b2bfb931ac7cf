"""Who hears of what."""

import pytest

from alerts.events import Acknowledge, Clear, Delete, Event, Raise, Reset
from alerts.facts import Facts
from alerts.happening import happenings
from alerts.life import apply
from alerts.route import Told, told
from town.alert import BACKLOG, Severity


def what(*events: Event, latches: bool = False) -> Told | None:
    """What is told of the last event."""
    facts = before = Facts(Severity.MINOR, latches=latches)
    for event in events:
        before, facts = facts, apply(facts, event)
    return told(happenings(before, facts), before, facts)


MINOR, MAJOR = Raise(Severity.MINOR), Raise(Severity.MAJOR)
LATE = Raise(Severity.MINOR, BACKLOG)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((MINOR,), Told.RAISED),
        ((MINOR, MAJOR), Told.SEVERITY_RAISED),
        ((MAJOR, MINOR), None),
        ((MINOR, Acknowledge()), None),
        ((MINOR, Clear()), Told.CLEARED),
        ((MINOR, Acknowledge(), Clear()), Told.RESOLVED),
        ((MINOR, Clear(), Acknowledge()), None),
        ((MINOR, Clear(), MINOR), Told.RAISED_AGAIN),
        ((MINOR, Delete("rule_deleted")), Told.CLOSED),
        ((LATE,), None),
        ((LATE, Clear()), Told.WAS_ACTIVE),
        ((LATE, MINOR), Told.RAISED),
        ((LATE, MINOR, Clear()), Told.CLEARED),
        ((MINOR, LATE, Clear()), Told.CLEARED),
        ((Raise(Severity.MINOR, BACKLOG, maintenance="m"), Clear()), None),
    ],
)
def test_told_of_each_step(events: tuple[Event, ...], expected: Told | None) -> None:
    assert what(*events) is expected


def test_told_of_a_reset() -> None:
    assert what(MINOR, Clear(), Reset(), latches=True) is Told.CLOSED
