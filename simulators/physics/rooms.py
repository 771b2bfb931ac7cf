"""The air indoors: cellars that hardly change, fermentation halls that follow their batches, rooms that people heat."""

import math

import msgspec

from simulators.physics.chance import between, fraction
from simulators.physics.effects import StaleAir
from simulators.physics.weather import weather
from simulators.physics.world import Values, World
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, Moment
from town.sensor import Sensor

_BATCH: Duration = 7 * DAY
_STALE_GROWS: Duration = 90 * SECOND
_OUTDOOR_CO2 = 425.0
OPEN_AIR = {"square", "park", "bridge", "dock", "shop_street", "market", "parking", "farm", "village", "sluice"}
"""Kinds of places without a roof."""


class Room(msgspec.Struct, frozen=True, gc=False):
    """The air of a place: Cel, %RH, ppm."""

    temperature: float
    humidity: float
    co2: float


def indoor(world: World, facility: str, at: Moment) -> Room:
    """The air of a place as it is without a fire."""
    kind = world.facility_kind(facility)
    if kind == "cellar":
        return _cellar(world, facility, at)
    if kind == "brewery":
        return _hall(world, facility, at)
    if kind in OPEN_AIR:
        air = weather(world, at)
        return Room(air.temperature, air.humidity, _OUTDOOR_CO2)
    return _heated(world, facility, at)


def room_climate(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A climate sensor on the wall."""
    room = indoor(world, sensor.facility, at)
    stale = _stale(world, sensor.facility, at)
    return {
        "temperature": room.temperature + 0.25 * world.wave(at, 20 * MINUTE, "wall", sensor.id),
        "humidity": room.humidity + 0.8 * world.wave(at, 20 * MINUTE, "wet", sensor.id),
        "co2": room.co2 * (1 + 0.02 * world.wave(at, 7 * MINUTE, "co2", sensor.id)) + stale,
        "voc": 90 + 0.05 * (room.co2 - _OUTDOOR_CO2) + 25 * world.wave(at, HOUR, "voc", sensor.id),
    }


def voc_sensor(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """Solvents in the air: more in working hours."""
    working = world.activity(sensor.facility, at)
    return {
        "voc": 110 + 120 * working + 30 * world.wave(at, 40 * MINUTE, "solvent", sensor.id),
        "temperature": indoor(world, sensor.facility, at).temperature,
    }


def fermentation(world: World, facility: str, at: Moment) -> float:
    """How lively the batch is, from 0 to 1: a day to wake, liveliest on the second, then calmer for the rest of a week.

    Rice wine is brewed in the cold months; in summer the halls do a third of the work.
    """
    offset = int(fraction(world.key("batch", facility), 0) * _BATCH)
    days = ((at + offset) % _BATCH) / DAY
    liveliness = (days / 1.8) ** 2 * math.exp(2 - 2 * days / 1.8)
    return liveliness * (0.67 - 0.33 * world.local(at).warmth)


def _cellar(world: World, facility: str, at: Moment) -> Room:
    return Room(
        temperature=15.2 + 1.6 * world.local(at - 40 * DAY).warmth + 0.3 * world.wave(at, 2 * DAY, "cellar", facility),
        humidity=79 + 3 * world.wave(at, DAY, "cellar damp", facility),
        co2=560 + 60 * world.wave(at, 10 * HOUR, "cellar co2", facility),
    )


def _hall(world: World, facility: str, at: Moment) -> Room:
    lively = fermentation(world, facility, at)
    return Room(
        temperature=16 + 3.5 * world.local(at).warmth + 7 * lively + 0.4 * world.wave(at, 3 * HOUR, "hall", facility),
        humidity=72 + 8 * lively + 3 * world.wave(at, 5 * HOUR, "steam", facility),
        co2=480 + 640 * lively + 40 * world.wave(at, HOUR, "hall co2", facility),
    )


def _heated(world: World, facility: str, at: Moment) -> Room:
    used = world.activity(facility, at)
    outside = weather(world, at)
    comfort = 20.5 + 3.5 * world.local(at).warmth
    return Room(
        temperature=comfort + (0.12 + 0.1 * (1 - used)) * (outside.temperature - comfort) + 0.8 * used,
        humidity=between(30, 50 + 0.25 * (outside.humidity - 60) + 4 * used, 82),
        co2=450 + 430 * used + 30 * world.wave(at, HOUR, "breath", facility),
    )


def _stale(world: World, facility: str, at: Moment) -> float:
    """What gathers while the ventilation stands, ppm; it takes as long to go as to come."""
    return max((_gathered(failure, at) for failure in world.effects.of(StaleAir, facility)), default=0.0)


def _gathered(failure: StaleAir, at: Moment) -> float:
    stood = min(at, failure.end) - failure.start
    if stood <= 0:
        return 0.0
    full = 12_000 * failure.intensity * (1 - math.exp(-stood / _STALE_GROWS))
    return full * (math.exp(-(at - failure.end) / _STALE_GROWS) if at > failure.end else 1.0)
