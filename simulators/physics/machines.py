"""What runs on electricity: meters whose counters agree with their power, and machines of the working day."""

from simulators.physics.calendar import habits, hour_activity
from simulators.physics.chance import fraction
from simulators.physics.world import Values, World
from town.moment import HOUR, MINUTE, Duration, Moment
from town.sensor import Sensor

_HOURS = 168
_WEEK: Duration = _HOURS * HOUR
RATED_KILOWATTS = {
    "brewery": 85.0,
    "cellar": 9.0,
    "shop_street": 60.0,
    "museum": 38.0,
    "visitor_centre": 30.0,
    "school": 55.0,
    "pumping_station": 48.0,
    "sluice": 12.0,
    "clinic": 26.0,
    "power_station": 900.0,
    "home": 3.0,
}
"""The most a place of that kind draws; any other kind draws 20 kW."""


def power_meter(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A meter of one place. Its counter is the exact integral of the week's habit that power follows within 4 %."""
    used = weekly_use(world, sensor.facility, at)
    rated = RATED_KILOWATTS.get(world.facility_kind(sensor.facility), 20.0)
    power = rated * 1000 * used.now * (1 + 0.04 * world.wave(at, 4 * MINUTE, "load", sensor.id))
    voltage = 229 - 3 * used.now + 1.5 * world.wave(at, 10 * MINUTE, "mains")
    factor = 0.94 + 0.03 * world.wave(at, HOUR, "phase", sensor.id)
    start = 4000 * fraction(world.key("counter", sensor.id), 0)
    return {
        "power": power,
        "energy": start + rated * used.hours_so_far,
        "voltage": voltage,
        "current": power / (3 * voltage * factor),
        "frequency": 50 + 0.02 * world.wave(at, 30_000, "grid"),
        "power_factor": factor,
    }


class WeeklyUse:
    """A habit that repeats every week: the share of rated power now, and the full hours in the counter."""

    def __init__(self, hours: list[float], position: float, weeks: int) -> None:
        whole = min(int(position), _HOURS - 1)
        rest = position - whole
        after = hours[(whole + 1) % _HOURS]
        self.now = hours[whole] + (after - hours[whole]) * rest
        self.hours_so_far = (
            weeks * sum(hours)
            + sum((hours[n] + hours[(n + 1) % _HOURS]) / 2 for n in range(whole))
            + rest * (hours[whole] + self.now) / 2
        )


_MONDAY_2024: Moment = 1_704_067_200_000  # 2024-01-01T00:00:00Z


def weekly_use(world: World, facility: str, at: Moment) -> WeeklyUse:
    """How a place uses power at a moment."""
    hours = world.table("week", facility, 0, lambda: _week(world, facility))
    local = world.local(at)
    monday = local.day - local.weekday
    weeks = (monday * 24 * HOUR - _MONDAY_2024) // _WEEK + 60
    return WeeklyUse(hours, local.hour_of_week, weeks)


def _week(world: World, facility: str) -> list[float]:
    used = habits(world.facility_kind(facility))
    weekend = used.day_off / max(used.workday, used.day_off)
    return [
        0.14 + 0.7 * hour_activity(used, hour % 24 + 0.5) * (weekend if hour >= 120 else 1) for hour in range(_HOURS)
    ]


def runs(world: World, sensor: Sensor, at: Moment) -> bool:
    """Whether a machine runs: in spells of ten minutes of the working day."""
    chance = 0.8 * world.activity(sensor.facility, at)
    return fraction(world.key("runs", sensor.id), at // (10 * MINUTE)) < chance


def machine(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A pump, a press, a fan: warm and shaking while it runs."""
    running = runs(world, sensor, at)
    load = 1 + 0.06 * world.wave(at, 3 * MINUTE, "torque", sensor.id)
    return {
        "running": running,
        "power": 7_500 * load if running else 12.0,
        "vibration": 2.1 * load if running else 0.08,
        "temperature": (46 if running else 27) + 2 * world.wave(at, 20 * MINUTE, "bearing", sensor.id),
        "fault": False,
    }
