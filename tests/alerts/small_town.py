"""A town of one cellar and two detectors, its rule, and the transitions that rule would make."""

from itertools import count

import pytest

from alerts.contact import Target
from alerts.people import People
from alerts.plan import Route
from town.alert import (
    AlertDefinition,
    Category,
    Cause,
    Condition,
    Observation,
    Reason,
    Response,
    Severity,
    Subject,
    Transition,
)
from town.facility import Facility, Position, Zone
from town.gateway import Gateway
from town.kind import FacilityKind, SensorKind
from town.language import Label
from town.moment import SECOND, Moment
from town.quantity import Quantity, ValueType
from town.sensor import Sensor
from town.town import Town

EITHER = pytest.mark.parametrize(
    "book_url",
    ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.xdist_group("postgresql")])],
    indirect=True,
)
"""For tests of the book that hold on both of its databases."""
START: Moment = 1_790_000_000_000


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: Moment = START) -> None:
        self.now = now

    def __call__(self) -> Moment:
        return self.now


def label(zh: str, en: str) -> Label:
    return Label(zh=zh, en=en)


def _sensor(name: str) -> Sensor:
    return Sensor(id=name, gateway="gw", external_id=name, facility="cellar-2", kind="smoke_detector", interval=15_000)


HERE = Position(latitude=30, longitude=120.5)
TOWN = Town(
    id="little",
    name=label("小镇", "Little Town"),
    time_zone="Asia/Shanghai",
    position=HERE,
    quantities={
        "smoke": Quantity(id="smoke", name=label("烟雾", "Smoke"), type=ValueType.FLOAT, unit="dB/m"),
        "temperature": Quantity(id="temperature", name=label("温度", "Temperature"), type=ValueType.FLOAT, unit="Cel"),
    },
    kinds={
        "smoke_detector": SensorKind(
            id="smoke_detector", name=label("烟感", "Smoke detector"), family="fire", quantities=("smoke",)
        )
    },
    facility_kinds={"cellar": FacilityKind(id="cellar", name=label("酒窖", "Cellar"))},
    zones={"cellars": Zone(id="cellars", name=label("藏酒区", "Cellars"))},
    facilities={
        "cellar-2": Facility(
            id="cellar-2", name=label("二号酒窖", "Cellar 2"), kind="cellar", zone="cellars", position=HERE
        )
    },
    gateways={"gw": Gateway(id="gw", name=label("网关", "Gateway"), decoder="native", topics=("town/little/gw/#",))},
    sensors={name: _sensor(name) for name in ("CE2-S01", "CE2-S02")},
)


def definition(*, latch: bool = False, rule: str = "fire.smoke.high", title: str = "Smoke <high>") -> AlertDefinition:
    return AlertDefinition(
        rule=rule,
        title=label("烟雾过高", title),
        category=Category.FIRE,
        severity=Severity.CRITICAL,
        latch=latch,
        response=Response(text=label("派员核警", "Send someone to verify"), within=180 * SECOND),
        version="v1",
    )


def definitions(*, latch: bool = False) -> dict[str, AlertDefinition]:
    return {"fire.smoke.high": definition(latch=latch)}


_moments = count(START, SECOND)


def transition(
    condition: Condition,
    *,
    at: Moment | None = None,
    subject: str = "CE2-S01",
    severity: Severity = Severity.CRITICAL,
    cause: Cause = Cause.CONDITION,
    previous: Condition = Condition.NORMAL,
    suppressed_by: str | None = None,
    chattering: bool = False,
) -> Transition:
    """A transition at a moment of its own, unless one is given."""
    moment = next(_moments) if at is None else at
    seen = Observation("CE2-S01", "smoke", 0.18, moment, unit="dB/m", limit=">= 0.15 dB/m", holds=True)
    return Transition(
        rule="fire.smoke.high",
        subject=Subject("sensor", subject),
        condition=condition,
        previous=previous,
        severity=severity,
        at=moment,
        since=moment - 10 * SECOND,
        decided_at=moment + 120,
        cause=cause,
        reason=Reason((seen,), "smoke >= 0.15 dB/m", "v1"),
        suppressed_by=suppressed_by,
        chattering=chattering,
    )


def active(**given: object) -> Transition:
    return transition(Condition.ACTIVE, **given)  # type: ignore[arg-type]  # handed through as it is


def normal(**given: object) -> Transition:
    return transition(Condition.NORMAL, **given)  # type: ignore[arg-type]  # handed through as it is


def hook(name: str, url: str = "http://127.0.0.1:9/hook") -> Target:
    return Target(id=name, channel="webhook", url=url, secret="HOOK", language="en")


def people(*targets: Target, wait: int = 0) -> People:
    """Every alert goes to every target."""
    route = Route(to=tuple(target.id for target in targets), wait=wait)
    return People(targets={target.id: target for target in targets}, routes=(route,) if targets else ())
