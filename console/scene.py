"""How the town is at one moment: put together once for everybody who is looking."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from console.census import Census
from console.figures import LineFigures
from console.live import LiveReadings
from console.parts import GatewayRow
from town.alert import Alert, AlertState, Category, Severity
from town.kind import COMMON_QUANTITIES
from town.language import Label
from town.moment import Moment
from town.ports import PartHealth, Point
from town.sensor import Sensor
from town.town import Town
from town.window import Window

OPEN_STATES = frozenset({AlertState.ACTIVE, AlertState.ACKNOWLEDGED, AlertState.RETURNED, AlertState.LATCHED})
ASIDE_STATES = frozenset({AlertState.SHELVED, AlertState.SUPPRESSED})
"""Nobody is needed now: by a person's wish, or by design."""


@dataclass(frozen=True)
class Scene:
    """Everything the pages show that changes by itself. `alerts` are the open ones, those that need somebody first.

    An alert of a drill is among them, because people act on it; those that are `aside` are not.
    """

    now: Moment
    town: Town
    live: LiveReadings
    alerts: Sequence[Alert]
    aside: Sequence[Alert]
    windows: Sequence[Window]
    """Maintenance and drills that go on or are to come, the first first."""
    line: LineFigures
    parts: Sequence[PartHealth]
    gateways: Sequence[GatewayRow]
    measuring: Mapping[str, Sequence[Sensor]]
    """The sensors that may report each quantity."""
    census: Census
    """How many sensors are silent or low on battery, a second ago at most."""
    traces: Mapping[str, Sequence[Point]]
    """A day's trace of each tile, by the tile's name."""
    called: Callable[[str], Label | None]
    """What people call a person or target."""

    @cached_property
    def real(self) -> list[Alert]:
        """The open alerts that belong to no drill."""
        return [alert for alert in self.alerts if not alert.drill]

    @cached_property
    def worst(self) -> dict[str, Alert]:
        """The alert that a facility stands for, by facility: the worst, and among those one that nobody has."""
        found: dict[str, Alert] = {}
        for alert in self.alerts:
            if alert.facility and alert.facility not in found:
                found[alert.facility] = alert
        return found

    @cached_property
    def alerts_of_facility(self) -> dict[str, list[Alert]]:
        """Open alerts by facility, worst first."""
        found: dict[str, list[Alert]] = defaultdict(list)
        for alert in self.alerts:
            if alert.facility:
                found[alert.facility].append(alert)
        return found

    @cached_property
    def by_severity(self) -> dict[Severity, int]:
        """How many open alerts of each severity; drills are not counted."""
        return {severity: sum(alert.severity is severity for alert in self.real) for severity in Severity}

    def of_category(self, *categories: Category) -> list[Alert]:
        """Open alerts of those categories that belong to no drill."""
        return [alert for alert in self.real if alert.category in categories]

    @property
    def silent(self) -> frozenset[str]:
        """The sensors that have not been heard of for three of their intervals."""
        return self.census.silent

    def is_silent(self, sensor: Sensor) -> bool:
        """Whether a sensor should have spoken by now."""
        return sensor.id in self.silent

    @cached_property
    def silent_of_facility(self) -> Counter[str]:
        """How many sensors of each facility are silent."""
        return Counter(self.town.sensors[sensor].facility for sensor in self.silent)

    @cached_property
    def behind(self) -> dict[str, tuple[int, int]]:
        """How many sensors are behind each gateway, and how many of those are silent."""
        found = dict.fromkeys(self.town.gateways, (0, 0))
        for sensor in self.town.sensors.values():
            sensors, silent = found[sensor.gateway]
            found[sensor.gateway] = sensors + 1, silent + (sensor.id in self.silent)
        return found

    def newest(self, quantity: str) -> list[tuple[Sensor, Point]]:
        """Every newest value of a quantity in town."""
        values = ((sensor, self.live.values(sensor.id).get(quantity)) for sensor in self.measuring.get(quantity, ()))
        return [(sensor, point) for sensor, point in values if point is not None]

    def numbers(self, quantity: str) -> list[float]:
        """The newest numbers of a quantity from all sensors that are not silent; asked of thousands at every beat."""
        values, silent, found = self.live.values, self.silent, list[float]()
        for sensor in self.measuring.get(quantity, ()):
            point = values(sensor.id).get(quantity)
            if point is not None and isinstance(point.value, float) and sensor.id not in silent:
                found.append(point.value)
        return found


def measuring(town: Town) -> dict[str, list[Sensor]]:
    """The sensors that may report each quantity; make it once for a town."""
    found: dict[str, list[Sensor]] = defaultdict(list)
    for sensor in town.sensors.values():
        for quantity in {*town.kinds[sensor.kind].quantities, *COMMON_QUANTITIES}:
            found[quantity].append(sensor)
    return found


def is_open(alert: Alert) -> bool:
    """Whether people act on it: it needs somebody or somebody has it, or it belongs to a drill and is not set aside."""
    return alert.state in OPEN_STATES or (alert.drill and alert.suppressed_by == "drill")


def is_taken(alert: Alert) -> bool:
    """Whether somebody has it, or nobody has to: its shape is drawn hollow."""
    drilled = alert.drill and alert.acknowledged_at is not None
    return alert.state in {AlertState.ACKNOWLEDGED, AlertState.SHELVED} or drilled


def in_order(alerts: Sequence[Alert]) -> list[Alert]:
    """As people need them: real ones before drills, the worst first, those nobody has before the others, the newest."""
    return sorted(alerts, key=lambda a: (a.drill, a.severity.digit, is_taken(a), -a.raised_at))
