"""How the whole line is: every part's health and every figure, for the console and for /metrics."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from alerts.book import Book
from town.errors import Unavailable
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


class OpenAlerts:
    """How many alerts are open: asked of the book when something changed, kept for whoever wants the figures."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._counts: dict[tuple[str, str, str], int] = {}
        self._changed = asyncio.Event()
        self._changed.set()

    async def run(self) -> None:
        """Keep the counts until cancelled."""
        unlisten: Callable[[], None] = self._book.listen(lambda _: self._changed.set())
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                try:
                    self._counts = await self._book.counts()
                except Unavailable:
                    self._changed.set()  # the outbox says that the book is away; ask again, not at once
                await asyncio.sleep(0.5)
        finally:
            unlisten()

    def parts(self) -> list[PartHealth]:
        """Nothing of its own: the outbox and the rules say when the book is away."""
        return []

    def figures(self) -> list[Gauge]:
        """Open alerts by category, severity and state."""
        return [
            Gauge(
                "town_alerts_open",
                count,
                {"category": category, "severity": severity, "state": state},
                help="Alerts that are not closed.",
            )
            for (category, severity, state), count in sorted(self._counts.items())
        ]
