"""Why a route takes an alert or not, and who would be told when: rotas, channels, quiet hours."""

from typing import Any

import pytest

from alerts.contact import Person
from alerts.explained import Explanation, explain
from alerts.hours import Hours
from alerts.on_call import OnCall
from alerts.people import People
from alerts.plan import Case, Escalation, Route
from alerts.rota import Rota, Shift
from tests.alerts.small_town import START, TOWN
from town.alert import Category, Severity
from town.moment import MINUTE

DAY_SHIFT = Shift.model_validate({"from": "08:00", "to": "22:15", "people": "ann"})
"""START is at 22:13:20."""
NIGHT = Hours.model_validate({"from": "22:00", "to": "06:00"})
PEOPLE = People(
    people={
        "ann": Person(id="ann", name="Ann", channels={"email": "a@x.example"}),
        "bob": Person(id="bob", name="Bob", channels={"email": "b@x.example"}, quiet=NIGHT),
        "cat": Person(id="cat", name="Cat", channels={"dingtalk": "cat"}),
    },
    rotas={"duty": Rota(id="duty", shifts=(DAY_SHIFT,))},
    routes=(
        Route(category=(Category.FIRE,), to=("duty", "bob")),
        Route(zone=("cellars",), severity=(Severity.MAJOR,), to=("cat",)),
        Route(to=("duty",), wait=5 * MINUTE),
    ),
    escalations=(Escalation.model_validate({"for": {"severity": "major"}, "steps": [{"after": "1m", "to": "bob"}]}),),
)


def explained(category: Category, severity: Severity = Severity.MAJOR, **case: Any) -> Explanation:
    return explain(OnCall(PEOPLE, TOWN), Case(category=category, severity=severity, **case), START)


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"category": Category.FIRE, "zone": "cellars"},
         ["category is fire", "severity is major, zone is cellars", "it asks for nothing: it takes every alert"]),
        ({"category": Category.CROWD, "zone": "mill"},
         ["category is crowd, it asks for fire", "zone is mill, it asks for cellars",
          "it asks for nothing: it takes every alert"]),
        ({"category": Category.CROWD, "severity": Severity.MINOR},
         ["category is crowd, it asks for fire", "severity is minor, it asks for major",
          "it asks for nothing: it takes every alert"]),
    ],
)  # fmt: skip
def test_every_route_says_why_it_takes_an_alert_or_not(case: dict[str, Any], why: list[str]) -> None:
    assert [route.why for route in explained(**case).routes] == why


def test_who_would_be_told_when_and_over_which_channel() -> None:
    routes = explained(Category.FIRE, zone="cellars").routes
    calls = [(one.name, one.target, one.channel, one.not_told) for route in routes for one in route.calls]

    assert calls == [
        ("duty", "ann", "email", ""), ("bob", "bob", "email", ""),
        ("cat", "cat", None, "no channel of theirs is connected"),
        ("duty", None, None, "nobody is on duty"),
    ]  # fmt: skip
    assert routes[2].calls[0].at == START + 5 * MINUTE


@pytest.mark.parametrize(("category", "held"), [(Category.FIRE, False), (Category.CROWD, True)])
def test_quiet_hours_hold_back_what_is_no_fire(category: Category, held: bool) -> None:
    [step] = explained(category).escalations[0].steps

    assert step.calls[0].at == START + MINUTE
    assert (step.calls[0].held_until is not None) is held
