"""The weather over the town: seasons and days of the lower Yangtze plain, with spells of cloud and rain."""

import math

import msgspec

from simulators.physics.chance import between
from simulators.physics.effects import Downpour
from simulators.physics.world import Values, World
from town.moment import DAY, HOUR, MINUTE, Duration, Moment
from town.sensor import Sensor


class Weather(msgspec.Struct, frozen=True, gc=False):
    """The air outdoors: Cel, %RH, mm/h, and how high the sun stands (0 by night, 1 overhead) behind how much cloud."""

    temperature: float
    humidity: float
    rain_rate: float
    sun: float
    cloud: float


def weather(world: World, at: Moment) -> Weather:
    """The weather at a moment, the same for the whole town."""
    local = world.local(at)
    cloud = between(0, 0.5 + 0.7 * world.wave(at, 9 * HOUR, "cloud") + 0.2 * world.wave(at, HOUR, "puff"), 1)
    rain_rate = rain(world, at)
    day_length = 12 + 1.9 * local.warmth
    sun = max(0.0, math.sin(math.pi * (local.hour - 12 + day_length / 2) / day_length))
    sun *= (0.78 + 0.2 * local.warmth) if abs(local.hour - 12) < day_length / 2 else 0
    swing = math.cos(2 * math.pi * (local.hour - 14.5) / 24) * (4.5 - 2.5 * cloud)
    spell = 4 * world.wave(at, 3 * DAY, "spell") + 0.6 * world.wave(at, HOUR, "breeze")
    temperature = 17 + 11.5 * local.warmth + swing + spell - min(3.0, rain_rate / 6)
    humidity = between(28, 74 - 2.6 * swing + 9 * world.wave(at, DAY, "damp") + min(18, rain_rate * 5), 99)
    return Weather(temperature, humidity, rain_rate, sun, cloud)


def rain(world: World, at: Moment) -> float:
    """How hard it rains, mm/h: on about one day in four, and in a downpour of the scenario."""
    wet = world.wave(at, 14 * HOUR, "front") + 0.25 * world.wave(at, HOUR, "shower") - 0.62
    ordinary = min(18.0, 30 * wet) if wet > 0 else 0.0
    storm = world.effects.now(Downpour, "", at)
    if storm is None:
        return ordinary
    return ordinary + 90 * storm.intensity * min(1.0, (at - storm.start) / (2 * MINUTE))


def recent_rain(world: World, at: Moment) -> float:
    """What has fallen and not yet run off, mm: every hour of the last two days, halved every ten hours."""
    hour = at // HOUR
    past = world.table("recent rain", "", hour, lambda: _fallen(world, hour))
    return past + rain(world, at) * (at - hour * HOUR) / HOUR


def _fallen(world: World, hour: int) -> float:
    return float(sum(rain(world, (hour - ago) * HOUR) * 0.5 ** (ago / 10) for ago in range(1, 49)))


def weather_station(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """What the mast measures; rain is what fell since it last told."""
    now = weather(world, at)
    light = now.sun * (1 - 0.72 * now.cloud)
    gust = 1 + 0.5 * world.wave(at, MINUTE, "gust", sensor.id)
    wind = between(0.1, 2.6 + 2.2 * world.wave(at, 7 * HOUR, "wind") + 0.4 * math.sqrt(now.rain_rate), 14) * gust
    return {
        "temperature": now.temperature,
        "humidity": now.humidity,
        "pressure": 1016 - 8 * world.local(at).warmth + 7 * world.wave(at, 2 * DAY, "pressure"),
        "wind_speed": wind,
        "wind_direction": (140 + 150 * world.wave(at, 11 * HOUR, "vane")) % 360,
        "rain": now.rain_rate * since / HOUR,
        "rain_rate": now.rain_rate,
        "illuminance": 105_000 * light,
        "irradiance": 960 * light,
    }


def soil_sensor(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A bed of the town's gardens: wet after rain, slow to warm."""
    wet = 24 + 0.55 * min(40, recent_rain(world, at)) + 2 * world.wave(at, DAY, "soil", sensor.id)
    return {
        "soil_moisture": wet,
        "temperature": 16.5 + 8.5 * world.local(at).warmth + 0.8 * world.wave(at, DAY, "ground", sensor.id),
        "conductivity": 420 + 6 * wet,
        "ph": 6.6 + 0.1 * world.wave(at, 3 * DAY, "soil ph", sensor.id),
    }
