"""A town of ten gateways with fifty detectors each in four zones, and what its rules say when they fall silent."""

from alerts.contact import Target
from alerts.content import Content, content_of
from alerts.deadlines import Deadlines
from alerts.digest import Waiting
from alerts.people import People, Route
from alerts.record import new_record
from alerts.step import by_rule
from tests.alerts.small_town import HERE, START, TOWN, label
from town.alert import (
    AlertDefinition,
    Category,
    Cause,
    Condition,
    Observation,
    Reason,
    Severity,
    Subject,
    Transition,
)
from town.facility import Facility, Zone
from town.gateway import Gateway
from town.moment import Moment
from town.sensor import Sensor
from town.town import Town

GATEWAYS, EACH = 10, 50
ZONES = ("cellars", "school", "market", "river")

_NAMES = {"cellars": "藏酒区", "school": "学校区", "market": "集市区", "river": "河岸区"}


def _zone_of(gateway: int) -> str:
    return ZONES[gateway % len(ZONES)]


SENSORS = [f"S{gateway}{number:02}" for gateway in range(GATEWAYS) for number in range(EACH)]
STORM_TOWN = Town(
    **{
        **dict(TOWN),
        "zones": {name: Zone(id=name, name=label(_NAMES[name], name.title())) for name in ZONES},
        "facilities": {
            f"hall-{gateway}": Facility(
                id=f"hall-{gateway}",
                name=label(f"{gateway}号馆", f"Hall {gateway}"),
                kind="cellar",
                zone=_zone_of(gateway),
                position=HERE,
            )
            for gateway in range(GATEWAYS)
        },
        "gateways": {
            f"gw-{gateway}": Gateway(
                id=f"gw-{gateway}", name=label(f"G{gateway}", f"G{gateway}"), decoder="native", topics=("t/#",)
            )
            for gateway in range(GATEWAYS)
        },
        "sensors": {
            name: Sensor(
                id=name,
                gateway=f"gw-{name[1]}",
                external_id=name,
                facility=f"hall-{name[1]}",
                kind="smoke_detector",
                interval=15_000,
            )
            for name in SENSORS
        },
    }
)

SILENT = AlertDefinition(
    rule="device.silent",
    title=label("传感器无数据", "Sensor silent"),
    category=Category.DEVICE,
    severity=Severity.MAJOR,
    version="v1",
)
SMOKE = AlertDefinition(
    rule="fire.smoke.high",
    title=label("烟雾过高", "Smoke too high"),
    category=Category.FIRE,
    severity=Severity.CRITICAL,
    version="v1",
)
BAD_AIR = AlertDefinition(
    rule="air.bad",
    title=label("空气差", "Bad air"),
    category=Category.ENVIRONMENT,
    severity=Severity.MINOR,
    version="v1",
)
RULES = {one.rule: one for one in (SILENT, SMOKE, BAD_AIR)}


def change(
    sensor: str, *, rule: AlertDefinition = SILENT, at: Moment = START, condition: Condition = Condition.ACTIVE
) -> Transition:
    """The transition of a rule about a sensor at a moment."""
    seen = Observation(sensor, "smoke", None, at)
    return Transition(
        rule=rule.rule,
        subject=Subject("sensor", sensor),
        condition=condition,
        previous=Condition.NORMAL,
        severity=rule.severity,
        at=at,
        since=at,
        decided_at=at,
        cause=Cause.CONDITION,
        reason=Reason((seen,), "absent(smoke)", "v1"),
    )


def told(*targets: Target) -> People:
    """Everybody is told of everything."""
    route = Route(to=tuple(one.id for one in targets))
    return People(targets={one.id: one for one in targets}, routes=(route,))


def waiting(*sensors: str, rule: AlertDefinition = SILENT, event: str = "raised", first: int = 1) -> list[Waiting]:
    """Notifications about that rule's alerts of those sensors."""
    found = []
    for number, sensor in enumerate(sensors, first):
        transition = change(sensor, rule=rule)
        name, usual = f"A-20260921-{number:04}", Deadlines()
        record = new_record(transition, rule, town=STORM_TOWN, deadlines=usual, name=name, now=START)
        record = by_rule(record, transition, now=START, deadlines=usual).record
        content = Content.model_validate(content_of(record, STORM_TOWN))
        found.append(Waiting(f"{record.id}:1:2:dingtalk:room", 2, event, content))
    return found
