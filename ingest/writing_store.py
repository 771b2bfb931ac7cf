"""The store as ingest sees it: whether it takes what we have, and how long to wait when it does not."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Sequence

from ingest.ledger import Ledger
from town.errors import ConfigError, Unavailable
from town.moment import MINUTE, SECOND, Duration, format_duration
from town.ports import Clock, Gauge, PartHealth, ReadingWriter, RefusedReading
from town.reading import Reading

log = logging.getLogger("ingest.writing")

_SHORTEST_PAUSE: Duration = SECOND // 5
_LONGEST_PAUSE: Duration = 15 * SECOND
_REMEMBERED = 1_000
"""How many writes the figures look back on."""
_LONGEST_ASKED: Duration = 5 * MINUTE
"""However long a store asks us to wait, it is tried again after this."""


class Pauses:
    """How long to wait before trying again: what the store asks for, or a random time up to a growing one."""

    def __init__(self) -> None:
        self._pause = _SHORTEST_PAUSE

    def after(self, error: Exception | None) -> Duration:
        """The pause after that error; a store that refuses us waits for a person, so the longest."""
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        if isinstance(error, ConfigError):
            return _LONGEST_PAUSE
        if isinstance(error, Unavailable) and error.retry_after is not None:
            return min(error.retry_after, _LONGEST_ASKED)
        return round(random.uniform(0, pause))  # noqa: S311 - spreads retries, guards nothing


class Storing:
    """Writes to the store and remembers how that went. `patience` is how long a hurried write may take."""

    def __init__(self, store: ReadingWriter, ledger: Ledger, *, patience: Duration, clock: Clock) -> None:
        self.away = False
        """The last write failed, or took too long."""
        self._store, self._ledger, self._patience, self._clock = store, ledger, patience, clock
        self._back = asyncio.Event()
        self._since, self._trouble = clock(), ""
        self._took: deque[float] = deque(maxlen=_REMEMBERED)

    async def write(
        self, readings: Sequence[Reading], *, hurried: bool, vouched: bool = False
    ) -> Sequence[RefusedReading]:
        """Store a batch; see `ReadingWriter`. A hurried write raises Unavailable when it takes too long."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._patience / 1000 if hurried else None):
                refused = await self._store.write(readings, vouched=vouched)
        except TimeoutError:
            error = Unavailable(f"no answer within {format_duration(self._patience)}")
            self._failed("slow", error)
            raise error from None
        except Unavailable as error:
            self._failed("away", error)
            raise
        except ConfigError as error:
            self._failed("refusing us", error)
            raise
        self._ledger.store_writes += 1
        self._took.append((loop.time() - began) * 1000)
        # A patient write that took longer than a hurried one may: it is still too slow to wait for.
        if self.away and (self._trouble[:4] != "slow" or (loop.time() - began) * 1000 <= self._patience):
            self._came_back()
        return refused

    async def wait(self, pause: Duration) -> None:
        """Return when the store is back, or after that pause."""
        try:
            async with asyncio.timeout(pause / 1000):
                await self._back.wait()
        except TimeoutError:
            return

    def health(self, waiting: int) -> PartHealth:
        """Whether the store takes what we have; `waiting` readings are not in it yet."""
        if self.away:
            return PartHealth("store", "down", self._since, f"{self._trouble} ({waiting} readings wait)")
        return PartHealth("store", "ok", self._since)

    def figures(self) -> list[Gauge]:
        """How long the newest writes took that the store answered; nothing before the first."""
        if not self._took:
            return []
        ordered, help_ = sorted(self._took), "How long the store took for a write."
        return [
            Gauge(
                "town_store_write_milliseconds",
                ordered[int(share * (len(ordered) - 1))],
                {"quantile": name},
                help=help_,
            )
            for name, share in (("0.5", 0.5), ("0.99", 0.99))
        ]

    def _failed(self, how: str, error: Exception) -> None:
        self._ledger.store_failures += 1
        self._back.clear()
        if not self.away:
            log.error("the store is %s: %s", how, error)
            self.away, self._since = True, self._clock()
        self._trouble = f"{how}: {error}"

    def _came_back(self) -> None:
        log.info("the store is back")
        self.away, self._since, self._trouble = False, self._clock(), ""
        self._back.set()
