"""How the whole line is: every part's health and every figure, for the console and for /metrics."""

from collections.abc import Sequence
from typing import Protocol

from town.moment import Moment
from town.ports import Clock, Gauge, PartHealth

_WORST_FIRST = ("down", "degraded", "ok")


class Part(Protocol):
    """Anything that knows how it is."""

    def parts(self) -> list[PartHealth]:
        """How it is."""

    def figures(self) -> list[Gauge]:
        """What it counts."""


class WholeHealth:
    """The health of all parts together."""

    def __init__(self, parts: Sequence[Part], *, clock: Clock) -> None:
        self._parts = parts
        self._clock = clock
        self._started_at: Moment = clock()

    def parts(self) -> list[PartHealth]:
        """Every part, worst first."""
        found = [health for part in self._parts for health in part.parts()]
        return sorted(found, key=lambda health: _WORST_FIRST.index(health.state))

    def figures(self) -> list[Gauge]:
        """Every figure of every part."""
        running = (self._clock() - self._started_at) / 1000
        return [
            Gauge("town_up_seconds", running, help="Since this process started."),
            *(
                Gauge("town_part_up", float(each.state != "down"), {"part": each.part}, help="Whether a part works.")
                for each in self.parts()
            ),
            *(figure for part in self._parts for figure in part.figures()),
        ]
