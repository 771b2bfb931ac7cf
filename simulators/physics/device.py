"""What sensors say of themselves: batteries that run down over years, radio that fades and returns."""

from simulators.physics.chance import fraction
from simulators.physics.world import Values, World
from town.moment import DAY, MINUTE, Moment
from town.sensor import Sensor

MAINS_POWERED = {
    "air_station",
    "camera",
    "fire_panel",
    "flow_meter",
    "gateway",
    "machine",
    "network_link",
    "noise_meter",
    "power_meter",
    "water_quality",
    "weather_station",
}
"""Kinds that have no battery."""

_LOWEST, _LIFE = 38, 900 * DAY  # percent at which the caretakers put in a new one, and how long that takes


def battery(world: World, sensor: Sensor, at: Moment) -> float:
    """What is left in the battery, whole percents."""
    age = (at + int(fraction(world.key("battery", sensor.id), 0) * _LIFE)) % _LIFE / _LIFE
    return float(round(100 - (100 - _LOWEST) * age))


def rssi(world: World, sensor: Sensor, at: Moment) -> float:
    """How strong the radio arrives, dBm."""
    usual = -52 - 30 * fraction(world.key("distance", sensor.id), 0)
    return usual + 4 * world.wave(at, 5 * MINUTE, "fading", sensor.id)


def device_values(world: World, sensor: Sensor, at: Moment) -> Values:
    """What it tells with every reading; nothing for what hangs on a cable."""
    if sensor.kind in MAINS_POWERED:
        return {}
    return {"battery": battery(world, sensor, at), "rssi": rssi(world, sensor, at)}
