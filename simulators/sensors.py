"""Every kind of sensor: what it measures in the simulated town, as finely as such an instrument tells it."""

from simulators.physics import doors, fire, machines, people, rooms, streets, water, weather
from simulators.physics.device import device_values
from simulators.physics.world import Measure, Values, World
from town.moment import HOUR, Duration, Moment
from town.quantity import Value, ValueType
from town.sensor import Sensor

MEASURES: dict[str, Measure] = {
    "smoke_detector": fire.smoke_detector,
    "heat_detector": fire.heat_detector,
    "co_detector": fire.co_detector,
    "gas_detector": fire.gas_detector,
    "call_point": doors.button,
    "fire_panel": fire.fire_panel,
    "hydrant": water.hydrant,
    "tank": water.tank,
    "door_contact": doors.door_contact,
    "motion_detector": doors.motion_detector,
    "glass_detector": doors.glass_detector,
    "panic_button": doors.button,
    "badge_reader": doors.badge_reader,
    "camera": doors.camera,
    "air_station": streets.air_station,
    "room_climate": rooms.room_climate,
    "voc_sensor": rooms.voc_sensor,
    "noise_meter": streets.noise_meter,
    "weather_station": weather.weather_station,
    "water_quality": water.water_quality,
    "level_gauge": water.level_gauge,
    "flow_meter": water.flow_meter,
    "leak_detector": water.leak_detector,
    "soil_sensor": weather.soil_sensor,
    "people_counter": people.people_counter,
    "parking_lot": people.parking_lot,
    "parking_space": people.parking_space,
    "fever_post": people.fever_post,
    "power_meter": machines.power_meter,
    "machine": machines.machine,
    "tilt_sensor": streets.tilt_sensor,
    "network_link": streets.network_link,
    "gateway": streets.gateway,
}
"""The built-in kinds; a kind that a town adds is measured by `any_kind`."""

WATCHFUL = {
    "badge_reader",
    "call_point",
    "door_contact",
    "glass_detector",
    "leak_detector",
    "motion_detector",
    "panic_button",
    "parking_space",
}
"""Kinds that tell at once when what they watch changes, and between changes only that they are alive."""

DECIMALS = {
    "smoke": 3,
    "power_factor": 3,
    "frequency": 3,
    "energy": 3,
    "volume": 3,
    "level": 3,
    "rain": 3,
    "current": 2,
    "co_air": 2,
    "ph": 2,
    "ammonia": 2,
    "dissolved_oxygen": 2,
    "tilt": 2,
    "vibration": 2,
    "packet_loss": 2,
    "optical_power": 2,
    "co2": 0,
    "voc": 0,
    "illuminance": 0,
    "irradiance": 0,
    "wind_direction": 0,
    "conductivity": 0,
    "rssi": 0,
    "battery": 0,
}
"""Digits behind the point that an instrument tells; one for every other quantity."""


def measure(world: World, sensor: Sensor, at: Moment, *, since: Duration) -> Values:
    """What a sensor tells at a moment, `since` milliseconds after it last did: values of its kind, in their ranges."""
    kind = world.town.kinds[sensor.kind]
    told = MEASURES.get(sensor.kind, any_kind)(world, sensor, at, since) | device_values(world, sensor, at)
    return {name: _shown(world, sensor, name, value) for name, value in told.items() if name in kind.quantities}


def _shown(world: World, sensor: Sensor, quantity: str, value: Value) -> Value:
    if not isinstance(value, float):
        return value
    low, high = world.town.plausible_range(sensor.kind, quantity)
    value = value if low is None or value >= low else low
    value = value if high is None or value <= high else high
    return round(value, DECIMALS.get(quantity, 1))


def any_kind(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A kind of the town's own: numbers that wander in the middle of their range, nothing ever wrong, one state."""
    values: Values = {}
    for name in world.town.kinds[sensor.kind].quantities:
        quantity = world.town.quantities[name]
        if quantity.type is ValueType.BOOL:
            values[name] = False
        elif quantity.type is ValueType.TEXT:
            values[name] = "normal"
        elif quantity.counter:
            values[name] = at / HOUR / 100
        else:
            low, high = world.town.plausible_range(sensor.kind, name)
            low, high = low if low is not None else 0.0, high if high is not None else 100.0
            values[name] = low + (high - low) * (0.5 + 0.05 * world.wave(at, HOUR, name, sensor.id))
    return values
