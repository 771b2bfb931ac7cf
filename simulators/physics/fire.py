"""Fires and the sensors that watch for them: smoke comes first, then heat, then carbon monoxide."""

import math

import msgspec

from simulators.physics.effects import Fire
from simulators.physics.rooms import indoor
from simulators.physics.world import Values, World
from town.moment import MINUTE, SECOND, Duration, Moment
from town.sensor import Sensor

SMOKE_ALARM = 0.15
"""dB/m at which a detector's own alarm sounds (EN 54-7 heads answer between 0.05 and 0.3)."""
HEAT_ALARM = 58.0
"""Cel of a class A2 head (EN 54-5: 54 to 70)."""
CO_ALARM = 60.0
"""ppm of a warehouse detector (EN 50291-1 sounds at 50 within 90 minutes, at 100 within 40)."""

_SPEED = 0.35  # metres a second at which smoke spreads below the ceiling
_FARTHEST = 60 * SECOND
_STEP_WITHOUT_POSITION = 6 * SECOND
_RUNS_OUT: Duration = 2 * MINUTE  # after the fire is out, smoke and heat fall to a third in this time
_SMOKE_GROWS, _HEAT_WAITS, _HEAT_GROWS, _CO_WAITS, _CO_GROWS = 60.0, 30.0, 180.0, 75.0, 150.0  # seconds


class Burn(msgspec.Struct, frozen=True, gc=False):
    """What a fire does where a sensor hangs: dB/m, Cel above the room, ppm; nothing of it without a fire."""

    smoke: float = 0.0
    heat: float = 0.0
    co: float = 0.0


_NOTHING = Burn()


def burn(world: World, sensor: Sensor, at: Moment) -> Burn:
    """What the fires of a place do at one of its sensors."""
    if sensor.facility not in world.effects.facilities:
        return _NOTHING
    burns = [_at_sensor(world, fire, sensor, at) for fire in world.effects.of(Fire, sensor.facility)]
    return max(burns, key=lambda one: one.smoke, default=_NOTHING)


def _at_sensor(world: World, fire: Fire, sensor: Sensor, at: Moment) -> Burn:
    seconds = (min(at, fire.end) - fire.start - _delay(world, fire, sensor)) / SECOND
    if seconds <= 0:
        return _NOTHING
    left = fire.intensity * (math.exp(-(at - fire.end) / _RUNS_OUT) if at > fire.end else 1.0)
    return Burn(
        smoke=2.4 * left * _growth(seconds / _SMOKE_GROWS),
        heat=320 * left * min(1.5, (max(0.0, seconds - _HEAT_WAITS) / _HEAT_GROWS) ** 2),
        co=850 * left * _growth(max(0.0, seconds - _CO_WAITS) / _CO_GROWS),
    )


def _growth(x: float) -> float:
    """From 0 to 1: first as the square of time, as fires grow, then slower as the room fills."""
    return 1 - math.exp(-x * x)


def _delay(world: World, fire: Fire, sensor: Sensor) -> Duration:
    """How long smoke takes from where it burns; without positions, from sensor to sensor in the list's order."""
    origin = world.town.sensors[fire.origin]
    if origin.position and sensor.position:
        north = (sensor.position.latitude - origin.position.latitude) * 111_200
        east = (sensor.position.longitude - origin.position.longitude) * 111_200
        east *= math.cos(math.radians(origin.position.latitude))
        return min(_FARTHEST, round(math.hypot(north, east) / _SPEED) * SECOND)
    order = [s.id for s in world.town.sensors_of_facility[fire.facility] if s.kind == sensor.kind]
    first = order.index(origin.id) if origin.id in order else 0
    return min(_FARTHEST, abs(order.index(sensor.id) - first) * _STEP_WITHOUT_POSITION)


def smoke_detector(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """An optical head with a thermometer."""
    burning = burn(world, sensor, at)
    smoke = 0.010 + 0.006 * world.wave(at, 20 * MINUTE, "dust", sensor.id) + burning.smoke
    return {
        "smoke": smoke,
        "smoke_alarm": smoke >= SMOKE_ALARM,
        "temperature": room_temperature(world, sensor, at) + 0.7 * burning.heat,
        "fault": False,
    }


def heat_detector(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A heat head below the ceiling."""
    temperature = room_temperature(world, sensor, at) + burn(world, sensor, at).heat
    return {"temperature": temperature, "heat_alarm": temperature >= HEAT_ALARM}


def co_detector(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """An electrochemical cell that never quite reads nothing."""
    co = max(0.0, 1.2 + 1.1 * world.wave(at, 30 * MINUTE, "co", sensor.id)) + burn(world, sensor, at).co
    return {"co": co, "co_alarm": co >= CO_ALARM}


def gas_detector(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """Cooking gas: a trace at most."""
    return {"gas": max(0.0, 0.4 + 0.5 * world.wave(at, 40 * MINUTE, "gas", sensor.id)), "gas_alarm": False}


def fire_panel(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """The panel of a place: in alarm as soon as one of its smoke heads is, until smoke has gone."""
    heads = [s for s in world.town.sensors_of_facility[sensor.facility] if s.kind == "smoke_detector"]
    alarm = any(burn(world, head, at).smoke >= SMOKE_ALARM for head in heads)
    return {"fire_alarm": alarm, "fault": False, "main_power": True, "state": "fire" if alarm else "normal"}


def room_temperature(world: World, sensor: Sensor, at: Moment) -> float:
    """What a thermometer in the room shows without a fire."""
    return indoor(world, sensor.facility, at).temperature + 0.3 * world.wave(at, 25 * MINUTE, "warm", sensor.id)
