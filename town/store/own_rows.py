"""Takes what parts tell of themselves and writes it in order, behind their backs: nobody waits for the store.

What is promised: rows are written in the order in which they came, each of them once the store has answered. While the
store is away they wait in memory, the newest MOST_WAITING; older ones are dropped and counted, and a restart forgets
those that wait. What must not be lost (the events of alerts) does not go this way: the alert book remembers it.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Sequence

from town.errors import ConfigError, Unavailable
from town.moment import MINUTE, SECOND, Duration
from town.own import OwnRow, check_row
from town.ports import Clock, Gauge, OwnRowWriter, PartHealth

log = logging.getLogger("store")

MOST_WAITING = 50_000
AT_ONCE = 1_000
"""So many are written together: making them ready holds the loop up for a few milliseconds, and no longer."""
PART = "own measurements"
_DRAIN_SECONDS = 2.0


class OwnRows:
    """The service; any part may `add`, one task runs it."""

    def __init__(self, writer: OwnRowWriter, clock: Clock, *, most: int = MOST_WAITING) -> None:
        self._writer, self._clock, self._most = writer, clock, most
        self._waiting: deque[OwnRow] = deque()
        self._wake = asyncio.Event()
        self.written = self.dropped = self.refused = 0
        self._health = PartHealth(PART, "ok", clock())

    def add(self, rows: Sequence[OwnRow]) -> None:
        """Take rows to be written soon. Raises ValueError for one that is not as its family says."""
        for row in rows:
            check_row(row)
        self._waiting.extend(rows)
        while len(self._waiting) > self._most:
            self._waiting.popleft()
            self.dropped += 1
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled; what waits then gets a moment to be written."""
        pause = SECOND
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                try:
                    await self.flush()
                    pause = SECOND
                except (Unavailable, ConfigError) as error:
                    self._say("degraded", str(error))
                    await asyncio.sleep(random.uniform(0.5, 1) * pause / SECOND)  # noqa: S311 - it spreads retries
                    pause = _longer(pause)
                    self._wake.set()
        finally:
            if self._health.state == "ok" and self._waiting:
                await self._last()

    async def flush(self) -> None:
        """Write everything that waits. Raises Unavailable and ConfigError; then what is not in goes on waiting."""
        while self._waiting:
            some = [self._waiting[number] for number in range(min(AT_ONCE, len(self._waiting)))]
            dropped = self.dropped
            refused = await self._writer.write_own(some)
            # Meanwhile the oldest of these may have been dropped to make room.
            for _ in range(len(some) - (self.dropped - dropped)):
                self._waiting.popleft()
            self.written += len(some) - len(refused)
            self.refused += len(refused)
        self._say("ok", "")

    async def _last(self) -> None:
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self.flush()
        except (TimeoutError, Unavailable, ConfigError):
            log.warning("%d of the brain's own rows were not written at the end", len(self._waiting))

    def _say(self, state: str, detail: str) -> None:
        if state == self._health.state:
            return
        if state == "ok":
            log.info("the brain's own measurements are written again")
            self._health = PartHealth(PART, "ok", self._clock())
        else:
            log.warning("the brain's own measurements wait: %s", detail)
            self._health = PartHealth(PART, "degraded", self._clock(), detail)

    def parts(self) -> list[PartHealth]:
        """Whether they are written."""
        return [self._health]

    def figures(self) -> list[Gauge]:
        """How many were written, wait, and were lost."""
        name, help_ = "town_own_rows_total", "Rows of the brain's own measurements, by what became of them."
        counts = {"written": self.written, "dropped": self.dropped, "refused": self.refused}
        return [
            *(Gauge(name, count, {"outcome": outcome}, "counter", help_) for outcome, count in counts.items()),
            Gauge("town_own_rows_waiting", len(self._waiting), help="Rows that wait for the store."),
        ]


def _longer(pause: Duration) -> Duration:
    return min(2 * pause, MINUTE)
