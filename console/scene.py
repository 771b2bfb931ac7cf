"""How the town is at one moment: put together once for everybody who is looking."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from console.figures import LineFigures
from console.live import LiveReadings, Seen
from console.parts import GatewayRow
from town.alert import Alert, AlertState, Category, Severity
from town.moment import SECOND, Duration, Moment
from town.ports import PartHealth, Point
from town.sensor import Sensor
from town.town import Town

OPEN_STATES = frozenset(
    {AlertState.ACTIVE, AlertState.ACKNOWLEDGED, AlertState.RETURNED, AlertState.LATCHED, AlertState.SHELVED}
)
TAKEN_STATES = frozenset({AlertState.ACKNOWLEDGED, AlertState.SHELVED})
"""Somebody has it: its shape is drawn hollow."""
LOW_BATTERY = 20.0
_GRACE: Duration = 30 * SECOND


@dataclass(frozen=True)
class Scene:
    """Everything the pages show that changes by itself. `alerts` are the open ones, those that need somebody first."""

    now: Moment
    town: Town
    live: LiveReadings
    alerts: Sequence[Alert]
    line: LineFigures
    parts: Sequence[PartHealth]
    gateways: Sequence[GatewayRow]
    traces: Mapping[str, Sequence[Point]]
    """A day's trace of each tile, by the tile's name."""

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
        """How many open alerts of each severity."""
        return {severity: sum(alert.severity is severity for alert in self.alerts) for severity in Severity}

    def of_category(self, *categories: Category) -> list[Alert]:
        """Open alerts of those categories."""
        return [alert for alert in self.alerts if alert.category in categories]

    @cached_property
    def silent(self) -> list[Sensor]:
        """Sensors that have not been heard of for three of their intervals."""
        return [sensor for sensor in self.town.sensors.values() if self.is_silent(sensor)]

    def is_silent(self, sensor: Sensor) -> bool:
        """Whether a sensor should have spoken by now; what it said late is not news."""
        seen = self.seen(sensor)
        return seen is None or self.now - seen.measured_at > 3 * sensor.interval + _GRACE

    def seen(self, sensor: Sensor) -> Seen | None:
        """When a sensor was last heard of."""
        return self.live.seen(sensor.id)

    @cached_property
    def sensors_with(self) -> dict[str, list[tuple[Sensor, Point]]]:
        """Every newest value in town, by quantity."""
        found: dict[str, list[tuple[Sensor, Point]]] = defaultdict(list)
        for sensor in self.town.sensors.values():
            for quantity, point in self.live.values(sensor.id).items():
                found[quantity].append((sensor, point))
        return found


def in_order(alerts: Sequence[Alert]) -> list[Alert]:
    """The order in which people need them: the worst first, those nobody has before the others, the newest first."""
    return sorted(alerts, key=lambda a: (a.severity.digit, a.state in TAKEN_STATES, -a.raised_at))
