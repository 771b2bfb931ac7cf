"""A day's trace for each tile of the town page, read from the store once a minute for everybody."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from console.parts import ConsoleParts
from town.moment import DAY, MINUTE, Duration, Moment
from town.ports import Aggregate, Point, Series
from town.town import Town

BUCKET: Duration = 15 * MINUTE
SENSORS_READ = 60


class TraceSource(NamedTuple):
    """What a tile's trace is made of: a quantity, how each bucket is made, and how sensors are put together."""

    quantity: str
    within: Aggregate
    across: str
    """`sum`, `mean` or `max` of the sensors."""
    least: float
    """The span of values that fills the trace at the least, so that noise stays small."""


SOURCES: dict[str, TraceSource] = {
    "fire": TraceSource("smoke", "max", "max", 0.1),
    "security": TraceSource("open", "mean", "sum", 2.0),
    "environment": TraceSource("pm2_5", "mean", "mean", 20.0),
    "water": TraceSource("level", "mean", "first", 0.2),
    "visitors": TraceSource("people", "mean", "sum", 10.0),
}


class Traces:
    """The traces as they were a minute ago at most."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts
        self._online: deque[Point] = deque(maxlen=DAY // MINUTE)
        self.points: Mapping[str, Sequence[Point]] = {}

    @property
    def complete(self) -> bool:
        """Whether every tile has its trace; just after the start some have none."""
        return bool(self.points) and all(self.points.values())

    def note_online(self, at: Moment, number: int) -> None:
        """How many sensors are heard of: kept a point a minute, since no store has it."""
        if not self._online or at - self._online[-1].at >= MINUTE:
            self._online.append(Point(at, float(number)))

    async def refresh(self) -> None:
        """Read them again; raises Unavailable when the store is away, and keeps the old ones then."""
        town, now = self._parts.town(), self._parts.clock()
        end = now - now % BUCKET + BUCKET
        found: dict[str, Sequence[Point]] = {}
        for tile, source in SOURCES.items():
            sensors = sensors_measuring(town, source.quantity)[:SENSORS_READ]
            if not sensors:
                continue
            series = await self._parts.history.history(
                sensors, source.quantity, start=end - DAY, end=end, every=BUCKET, aggregate=source.within
            )
            found[tile] = combine(series, source.across)
        self.points = {**found, "devices": tuple(self._online)}


def sensors_measuring(town: Town, quantity: str) -> list[str]:
    """The sensors whose kind has that quantity."""
    kinds = {kind.id for kind in town.kinds.values() if quantity in kind.quantities}
    return [sensor.id for sensor in town.sensors.values() if sensor.kind in kinds]


def combine(series: Sequence[Series], across: str) -> list[Point]:
    """One line from the lines of many sensors, bucket by bucket."""
    if across == "first":
        return list(series[0].points) if series else []
    buckets: dict[int, list[float]] = defaultdict(list)
    for line in series:
        for point in line.points:
            buckets[point.at].append(float(point.value))
    return [Point(at, _make(across, values)) for at, values in sorted(buckets.items())]


def _make(across: str, values: Sequence[float]) -> float:
    match across:
        case "max":
            return max(values)
        case "mean":
            return sum(values) / len(values)
    return sum(values)
