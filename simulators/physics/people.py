"""People: how many come and go at every place, counted so that those inside are those who came less those who left."""

import math
from itertools import accumulate

from simulators.physics.calendar import Habits, habits
from simulators.physics.chance import between, fraction
from simulators.physics.effects import Evacuation
from simulators.physics.world import Values, World
from town.moment import HOUR, MINUTE, SECOND, Duration, Moment
from town.sensor import Sensor

_SLOTS = 96  # a day, a quarter of an hour each
_LEAVING_TIME: Duration = 35 * SECOND  # in which two thirds of the people get out
_CAPACITY = 120  # spaces of a car park


def present(world: World, facility: str, at: Moment, share: str = "") -> int:
    """How many people are inside; `share` tells one counter of a place from another."""
    left = _evacuated(world, facility, at)
    if left is not None:
        inside = _inside(world, facility, left.start, share)
        return int(inside * math.exp(-(at - left.start) / _LEAVING_TIME))
    return _inside(world, facility, at, share)


def people_counter(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """One counter: its part of the people inside, and who passed it in and out since it last told."""
    place, share = sensor.facility, sensor.id
    now = present(world, place, at, share)
    local = world.local(at)
    before = max(at - since, at - round(local.hour * HOUR))
    if _evacuated(world, place, at) or _evacuated(world, place, before):
        then = present(world, place, before, share)
        return {"people": float(now), "people_in": 0.0, "people_out": float(max(0, then - now))}
    came, left = (
        _passed(world, place, at, share, stayed) - _passed(world, place, before, share, stayed)
        for stayed in (0.0, _stay(world, place))
    )
    return {"people": float(now), "people_in": float(came), "people_out": float(left)}


def parking_lot(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A car park that fills with the visitors."""
    taken = min(_CAPACITY, round(present(world, sensor.facility, at) / 1.4) + 8)
    return {"free_spaces": float(_CAPACITY - taken)}


def parking_space(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """One space, taken or free for half an hour at least."""
    chance = 0.1 + 0.75 * world.activity(sensor.facility, at)
    return {"occupied": fraction(world.key("space", sensor.id), at // (30 * MINUTE)) < chance}


def fever_post(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """The forehead of whoever passed last, and how many passed."""
    passed = people_counter(world, sensor, at, since)["people_in"]
    chance = world.key("forehead", sensor.id)
    spread = fraction(chance, at // SECOND) + fraction(chance, -at // SECOND) - 1
    return {"body_temperature": 36.5 + 0.45 * spread, "people_in": passed}


def motion(world: World, facility: str, at: Moment, name: str) -> bool:
    """Whether somebody moves in front of a detector, in spells of twenty seconds; nobody does out of hours."""
    chance = 0.35 * world.activity(facility, at)
    return _evacuated(world, facility, at) is None and fraction(world.key("motion", name), at // (20 * SECOND)) < chance


def _evacuated(world: World, facility: str, at: Moment) -> Evacuation | None:
    return world.effects.now(Evacuation, facility, at)


def _stay(world: World, facility: str) -> float:
    return habits(world.facility_kind(facility)).stay_minutes / 60


def _inside(world: World, facility: str, at: Moment, share: str) -> int:
    stay = _stay(world, facility)
    return _passed(world, facility, at, share, 0.0) - _passed(world, facility, at, share, stay)


def _passed(world: World, facility: str, at: Moment, share: str, stayed: float) -> int:
    """How many have come in today, `stayed` hours ago: with the length of a stay, how many have gone."""
    local = world.local(at)
    coming = world.table("coming", f"{facility}/{share}", local.day, lambda: _coming(world, facility, at, share))
    slot = between(0, (local.hour - stayed) * 4, _SLOTS)
    whole = min(int(slot), _SLOTS - 1)
    return int(coming[whole] + (coming[whole + 1] - coming[whole]) * (slot - whole))


def _coming(world: World, facility: str, at: Moment, share: str) -> list[float]:
    """How many have come in by the end of each quarter of an hour of the day."""
    used = habits(world.facility_kind(facility))
    local = world.local(at)
    chance = world.key("coming", facility, share, str(local.day))
    counters = max(1, sum(s.kind == "people_counter" for s in world.town.sensors_of_facility[facility]))
    total = (used.day_off if local.day_off else used.workday) * (0.8 + 0.4 * fraction(chance, _SLOTS))
    weights = [0.0, *(_pull(used, slot / 4 + 0.125) * (0.5 + fraction(chance, slot)) for slot in range(_SLOTS))]
    scale = total / (counters if share else 1) / (sum(weights) or 1)
    return [so_far * scale for so_far in accumulate(weights)]


def _pull(used: Habits, hour: float) -> float:
    """How many arrive at that hour: the last ones early enough to stay as long as people do."""
    last = max(used.opens + 0.75, used.closes - used.stay_minutes / 60)
    if not used.opens < hour < last:
        return 0.0
    return math.sin(math.pi * (hour - used.opens) / (last - used.opens)) + 0.15
