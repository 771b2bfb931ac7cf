"""How long things took: the newest durations, and their percentiles."""

from collections import deque

from town.moment import Duration
from town.ports import Gauge

_KEPT = 10_000


class Latency:
    """The newest durations of one kind, in milliseconds."""

    def __init__(self) -> None:
        self.count = 0
        self._newest: deque[Duration] = deque(maxlen=_KEPT)

    def add(self, took: Duration) -> None:
        """Note one; clocks that were set back count as nothing."""
        self.count += 1
        self._newest.append(max(0, took))

    def percentile(self, share: float) -> Duration | None:
        """The duration that this share (0 to 1) of the newest did not exceed, or None before the first."""
        if not self._newest:
            return None
        ordered = sorted(self._newest)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def summary(self) -> dict[str, Duration | None]:
        """The median and the 99th percentile."""
        return {"p50": self.percentile(0.5), "p99": self.percentile(0.99)}

    def gauges(self, of: str) -> list[Gauge]:
        """The same for /metrics; nothing before the first."""
        shares = ((0.5, self.percentile(0.5)), (0.99, self.percentile(0.99)))
        return [
            Gauge("town_latency_milliseconds", took, {"quantile": f"{share:g}", "of": of}, help="How long things took.")
            for share, took in shares
            if took is not None
        ]
