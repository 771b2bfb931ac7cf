"""The few figures of the pipeline that stand on every screen, from the counters that are exported for Prometheus."""

from collections import deque
from collections.abc import Collection, Sequence

import msgspec

from town.moment import SECOND, Duration, Moment
from town.ports import Gauge

RECEIVED = "town_ingest_messages_received"
LATENCY = "town_latency_milliseconds"
"""From receipt to the rules, with the label `quantile`; the median is shown."""
_GAINS = ("town_ingest_messages_received", "town_ingest_readings_decoded")
_OUTCOMES = (
    "town_ingest_messages_decoded",
    "town_ingest_messages_rejected",
    "town_ingest_readings_stored",
    "town_ingest_readings_quarantined",
    "town_ingest_readings_waiting",
)
_WINDOW: Duration = 10 * SECOND


class LineFigures(msgspec.Struct, frozen=True):
    """Messages a second, milliseconds from receipt to the rules, messages and readings unaccounted for.

    None is not known (yet).
    """

    rate: float | None = None
    latency: float | None = None
    lost: int | None = None
    gauges: Sequence[Gauge] = ()


class RateMeter:
    """Turns a counter that only grows into a rate over the last ten seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[Moment, float]] = deque()

    def rate(self, total: float, *, now: Moment) -> float | None:
        """The rate per second, or None until a second has passed; a counter that fell starts again."""
        if self._seen and total < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, total))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WINDOW:
            self._seen.popleft()
        began, before = self._seen[0]
        return (total - before) / (now - began) * 1000 if now - began >= SECOND else None


def read_figures(gauges: Sequence[Gauge], meter: RateMeter, *, now: Moment) -> LineFigures:
    """The figures of the top line, from everything that is exported."""
    received = _sum(gauges, (RECEIVED,))
    gained = _sum(gauges, _GAINS)
    return LineFigures(
        rate=None if received is None else meter.rate(received, now=now),
        latency=next((g.value for g in gauges if g.name == LATENCY and g.labels.get("quantile", "0.5") == "0.5"), None),
        lost=None if gained is None else round(max(0, gained - (_sum(gauges, _OUTCOMES) or 0))),
        gauges=gauges,
    )


def _sum(gauges: Sequence[Gauge], names: Collection[str]) -> float | None:
    values = [gauge.value for gauge in gauges if gauge.name in names]
    return sum(values) if values else None
