"""The newest value of everything, in memory, for screens that must be right within a second."""

from collections.abc import Mapping, Sequence

import msgspec

from town.moment import Moment
from town.ports import Point
from town.reading import Flag, Reading

_NOTHING: dict[str, Point] = {}


class Seen(msgspec.Struct, gc=False):
    """When a sensor was last heard of, in wall-clock time, and what was doubtful about its newest reading."""

    at: Moment
    measured_at: Moment
    flags: tuple[Flag, ...] = ()
    refused: dict[str, Flag] = {}


class LiveReadings:
    """Takes readings as they arrive and remembers the newest of each quantity; an older one never replaces it."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, Point]] = {}
        self._seen: dict[str, Seen] = {}
        self.taken = 0
        """How many readings came since the start."""

    def prime(self, latest: Mapping[str, Mapping[str, Point]]) -> None:
        """Start from what the store has, so that a restart shows no empty screen."""
        for sensor, values in latest.items():
            for quantity, point in values.items():
                self._keep(sensor, quantity, point)
            newest = max((point.at for point in values.values()), default=0)
            if values and sensor not in self._seen:
                self._seen[sensor] = Seen(newest, newest)

    def update(self, readings: Sequence[Reading]) -> None:
        """Take a batch, at a constant cost for each value."""
        self.taken += len(readings)
        for reading in readings:
            for quantity, value in reading.values.items():
                self._keep(reading.sensor, quantity, Point(reading.measured_at, value))
            seen = self._seen.get(reading.sensor)
            if seen is None or reading.measured_at >= seen.measured_at:
                self._seen[reading.sensor] = Seen(
                    reading.received_at, reading.measured_at, reading.flags, reading.refused
                )

    def values(self, sensor: str) -> Mapping[str, Point]:
        """The newest value of every quantity of a sensor; empty when nothing ever came."""
        return self._values.get(sensor, _NOTHING)

    def seen(self, sensor: str) -> Seen | None:
        """When the sensor was last heard of, or None when never."""
        return self._seen.get(sensor)

    def _keep(self, sensor: str, quantity: str, point: Point) -> None:
        known = self._values.setdefault(sensor, {})
        held = known.get(quantity)
        if held is None or point.at >= held.at:
            known[quantity] = point
