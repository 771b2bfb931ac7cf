"""Whom a rule judges in a town."""

from collections.abc import Callable
from typing import NamedTuple

from rules.binding import bind
from rules.memory import Memory, View, Watch
from rules.rule import Rule
from rules.written import ForEach
from town.alert import Subject, SubjectKind
from town.sensor import Sensor
from town.town import Town

ANY = "any"


class Judged(NamedTuple):
    """A subject and the sensors that belong to it."""

    subject: Subject
    members: tuple[Sensor, ...]


def subject_kind(for_each: ForEach) -> SubjectKind:
    """The kind of subject a rule judges."""
    kinds: dict[str, SubjectKind] = {"sensor_kind": "sensor", "zone": "zone", "town": "town"}
    return kinds.get(next(iter(for_each.chosen)), "facility")


def judged_by(rule: Rule, town: Town) -> list[Judged]:
    """Every subject of a rule in this town, in the order of the town's own lists."""
    by, named = next(iter(rule.for_each.chosen.items()))
    found = _CHOOSE[by](town, lambda one: ANY in named or one in named)
    if rule.absent is not None and rule.absent.quantities:
        wanted = set(rule.absent.quantities)
        found = [one for one in found if wanted & set(town.kinds[one.members[0].kind].quantities)]
    if rule.where is None:
        return found
    where, memory = rule.where.term, Memory(town)
    return [one for one in found if bind(where, _view(memory, one))(0)]


def _view(memory: Memory, judged: Judged) -> View:
    sensor = judged.members[0] if judged.subject.kind == "sensor" else None
    return View(memory, Watch(judged.subject, judged.members), max_age=None, sensor=sensor)


Wanted = Callable[[str], bool]


def _sensors(town: Town, wanted: Wanted) -> list[Judged]:
    return [Judged(Subject("sensor", one.id), (one,)) for one in town.sensors.values() if wanted(one.kind)]


def _facilities_of_kind(town: Town, wanted: Wanted) -> list[Judged]:
    return [_facility(town, one.id) for one in town.facilities.values() if wanted(one.kind)]


def _facilities(town: Town, wanted: Wanted) -> list[Judged]:
    return [_facility(town, one) for one in town.facilities if wanted(one)]


def _facility(town: Town, facility: str) -> Judged:
    return Judged(Subject("facility", facility), town.sensors_of_facility[facility])


def _zones(town: Town, wanted: Wanted) -> list[Judged]:
    zone_of = {one.id: town.facilities[one.facility].zone for one in town.sensors.values()}
    return [
        Judged(Subject("zone", zone), tuple(one for one in town.sensors.values() if zone_of[one.id] == zone))
        for zone in town.zones
        if wanted(zone)
    ]


def _town(town: Town, _: Wanted) -> list[Judged]:
    return [Judged(Subject("town", town.id), tuple(town.sensors.values()))]


_CHOOSE: dict[str, Callable[[Town, Wanted], list[Judged]]] = {
    "sensor_kind": _sensors,
    "facility_kind": _facilities_of_kind,
    "facility": _facilities,
    "zone": _zones,
    "town": _town,
}
