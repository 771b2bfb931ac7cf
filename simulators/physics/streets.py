"""Outdoors among people: air, noise, and things that stand or hang."""

from simulators.physics.calendar import LocalTime
from simulators.physics.chance import between
from simulators.physics.weather import weather
from simulators.physics.world import Values, World
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, Moment
from town.sensor import Sensor


def air_station(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """Dust settles in the wet and gathers in winter; ozone follows the sun, exhaust the traffic."""
    air = weather(world, at)
    local = world.local(at)
    haze = 30 - 14 * local.warmth + 13 * world.wave(at, 2 * DAY, "haze") + 3 * world.wave(at, HOUR, "haze", sensor.id)
    dust = between(4, haze - 1.2 * air.rain_rate, 72)
    rush = _rush(local)
    return {
        "pm2_5": dust,
        "pm10": dust * 1.45 + 6 * world.wave(at, 2 * HOUR, "dust"),
        "o3": 38 + 95 * air.sun * (1 - 0.5 * air.cloud),
        "no2": 16 + 26 * rush + 4 * world.wave(at, HOUR, "no2", sensor.id),
        "so2": 7 + 2 * world.wave(at, 6 * HOUR, "so2"),
        "co_air": 0.55 + 0.35 * rush + 0.05 * world.wave(at, HOUR, "co_air", sensor.id),
        "temperature": air.temperature,
        "humidity": air.humidity,
    }


def noise_meter(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """As loud as the place is busy: 38 to 42 dB by night, below 66 on the fullest day."""
    busy = world.activity(sensor.facility, at)
    passing = world.wave(at, 20 * SECOND, "passing", sensor.id)
    hum = world.wave(at, HOUR, "hum", sensor.id)
    return {"noise": 40 + 17 * busy + 2 * hum + (1 + 4 * busy) * max(0.0, passing)}


def tilt_sensor(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A wall or a pier that moves with the warmth of the day and shakes with the traffic."""
    busy = world.activity(sensor.facility, at)
    return {
        "tilt": 0.18 + 0.03 * world.wave(at, DAY, "lean", sensor.id),
        "vibration": 0.12 + 0.5 * busy * max(0.0, world.wave(at, 30 * SECOND, "lorry", sensor.id)),
    }


def network_link(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A link that works, a little slower in the evening."""
    evening = max(0.0, 1 - abs(world.local(at).hour - 20.5) / 3)
    return {
        "online": True,
        "round_trip": 9 + 7 * evening + 3 * world.wave(at, MINUTE, "queue", sensor.id),
        "packet_loss": max(0.0, 0.25 * world.wave(at, 10 * MINUTE, "loss", sensor.id)),
        "optical_power": -17.5 + 0.4 * world.wave(at, DAY, "fibre", sensor.id),
    }


def gateway(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A gateway that tells of itself."""
    return {"online": True, "rssi": -64 + 4 * world.wave(at, 15 * MINUTE, "uplink", sensor.id)}


def _rush(local: LocalTime) -> float:
    """Traffic, from 0 to 1: two peaks on a workday, a broad one on days off."""
    if local.day_off:
        return max(0.0, 0.7 - abs(local.hour - 14) / 8)
    return max(0.15, 1 - abs(local.hour - 8) / 2, 1 - abs(local.hour - 17.5) / 2.5) if 5 < local.hour < 22 else 0.05
