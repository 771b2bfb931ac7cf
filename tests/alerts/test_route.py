"""Who hears of what."""

import pytest

from alerts.contact import Person, Target
from alerts.events import Acknowledge, Clear, Delete, Event, Raise, Reset
from alerts.facts import Facts
from alerts.happening import happenings
from alerts.life import apply
from alerts.on_call import OnCall
from alerts.people import People
from alerts.plan import Case, Route
from alerts.route import Address, Told, addresses, tell, told
from tests.alerts.small_town import START, TOWN
from town.alert import Category, Severity

ROOM = Target(id="room", channel="webhook", url="https://x.example/", secret="ROOM")
LI = Person(id="li.wei", name="李伟", channels={"sms": "+8613800000001", "email": "li@x.example"})


def what(*events: Event, latches: bool = False) -> Told | None:
    """What is told of the last event."""
    facts = before = Facts(Severity.MINOR, latches=latches)
    for event in events:
        before, facts = facts, apply(facts, event)
    return told(happenings(before, facts), before, facts)


MINOR, MAJOR = Raise(Severity.MINOR), Raise(Severity.MAJOR)


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
    ],
)
def test_told_of_each_step(events: tuple[Event, ...], expected: Told | None) -> None:
    assert what(*events) is expected


def test_told_of_a_reset() -> None:
    assert what(MINOR, Clear(), Reset(), latches=True) is Told.CLOSED


def test_addresses_are_each_named_once_with_the_shortest_wait() -> None:
    routes = (
        Route(to=("room", "li.wei"), wait=60_000),
        Route(category=(Category.FIRE,), to=("room",)),
        Route(severity=(Severity.MINOR,), to=("li.wei",), wait=5_000),
    )
    people = People(people={"li.wei": LI}, targets={"room": ROOM}, routes=routes)

    def found(category: Category, severity: Severity) -> list[Address]:
        on_call, case = OnCall(people, TOWN), Case(category=category, severity=severity)
        return addresses(people, case, lambda route: on_call.reach(route.to, START))

    assert found(Category.FIRE, Severity.CRITICAL) == [
        Address("room", "webhook", 0), Address("li.wei", "email", 60_000),
    ]  # fmt: skip
    assert found(Category.CROWD, Severity.MINOR) == [
        Address("room", "webhook", 60_000), Address("li.wei", "email", 5_000),
    ]  # fmt: skip


def test_that_it_is_over_is_told_once_to_those_who_heard_of_it() -> None:
    heard = [Address("room", "webhook"), Address("room", "webhook"), Address("li.wei", "email", 9)]

    assert tell(Told.RESOLVED, routed=[Address("boss", "email")], told_before=heard) == [
        Address("room", "webhook"), Address("li.wei", "email"),
    ]  # fmt: skip
