"""Water: the canal that rises with the rain, what it carries, pipes, hydrants and tanks."""

import math

from simulators.physics.chance import between, fraction
from simulators.physics.machines import weekly_use
from simulators.physics.weather import rain, recent_rain
from simulators.physics.world import Values, World
from town.moment import DAY, HOUR, MINUTE, Duration, Moment
from town.sensor import Sensor

CANAL_LEVEL = 3.75
"""The usual level of the canal in metres above the town's datum."""


def level_gauge(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A gauge in the canal: slow, fed by the rain of two days, levelled out by the sluice."""
    fed = 0.55 * (1 - math.exp(-recent_rain(world, at) / 70))
    level = CANAL_LEVEL + fed + 0.05 * world.wave(at, 8 * HOUR, "sluice") + 0.01 * world.wave(at, MINUTE, sensor.id)
    return {"level": level, "rain": rain(world, at) * since / HOUR}


def flow_meter(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A pipe with a counter that is the integral of the week's habit."""
    used = weekly_use(world, sensor.facility, at)
    most = 18.0
    return {
        "flow": most * used.now * (1 + 0.05 * world.wave(at, 5 * MINUTE, "flow", sensor.id)),
        "volume": 900 * fraction(world.key("volume", sensor.id), 0) + most * used.hours_so_far,
        "water_pressure": 325 - 20 * used.now + 5 * world.wave(at, 15 * MINUTE, "main", sensor.id),
    }


def hydrant(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A closed hydrant that stands straight."""
    return {
        "water_pressure": 355 + 14 * world.wave(at, HOUR, "hydrant", sensor.id),
        "open": False,
        "tilt": 0.6 + 0.2 * world.wave(at, DAY, "stand", sensor.id),
    }


def tank(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A fire-water tank, full but for what evaporates between two fillings."""
    since_filled = ((at + int(fraction(world.key("filled", sensor.id), 0) * 9 * DAY)) % (9 * DAY)) / (9 * DAY)
    return {"level": 3.6 - 0.25 * since_filled + 0.01 * world.wave(at, 10 * MINUTE, "ripple", sensor.id)}


def leak_detector(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A dry floor."""
    return {"leak": False}


def water_quality(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """The canal's water: murkier after rain, with more oxygen by day and in the cold."""
    local = world.local(at)
    murk = recent_rain(world, at)
    by_day = math.cos(2 * math.pi * (local.hour - 15) / 24)
    return {
        "ph": 7.4 + 0.15 * by_day + 0.1 * world.wave(at, DAY, "ph", sensor.id),
        "turbidity": 11 + 0.9 * min(40, murk) + 2 * world.wave(at, HOUR, "murk", sensor.id),
        "dissolved_oxygen": 7.8 - 1.6 * local.warmth + 0.6 * by_day,
        "ammonia": between(0.05, 0.35 + 0.12 * world.wave(at, 9 * HOUR, "ammonia", sensor.id), 2),
        "cod": 13 + 3 * world.wave(at, 10 * HOUR, "cod", sensor.id),
        "conductivity": 430 - 2 * min(50, murk) + 20 * world.wave(at, DAY, "salts", sensor.id),
        "temperature": 17 + 9 * local.warmth + 0.6 * by_day,
    }
