"""Keeps minutes and hours of everything current, late readings included, and lets go of what is no longer kept."""

import asyncio
import logging
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from town.errors import ConfigError, Unavailable
from town.moment import HOUR, MINUTE, SECOND, Duration, Moment
from town.ports import Clock, Gauge, PartHealth
from town.store.resolution import HOURS, MINUTES, ROLLUPS, Resolution
from town.store.retention import Keep

log = logging.getLogger("store")

PART = "rollups"


class RolledUp(NamedTuple):
    """What one step did: how many buckets it wrote, and whether there is more to do at once."""

    buckets: int
    more: bool


class RollingStore(Protocol):
    """A store that can make its rollups, a bounded step at a time."""

    async def roll_up(self, resolution: Resolution) -> RolledUp:
        """Compute some buckets anew that changed since they were computed; hours from minutes, so minutes first.

        What it did is remembered durably with what it wrote. Raises Unavailable and ConfigError.
        """

    async def forget(self, before: Mapping[Resolution | None, Moment]) -> bool:
        """Delete some of what is older than its resolution's horizon, None being the stored values; whether more is.

        What is in no rollup yet stays. Raises Unavailable.
        """


class Rollups:
    """The service: minutes every minute, hours and deletion every hour. It stops for nothing and says how it is."""

    def __init__(self, store: RollingStore, clock: Clock, *, keep: Keep, every: Duration = MINUTE) -> None:
        self._store, self._clock, self._keep, self._every = store, clock, keep, every
        self._hour = -1
        self._buckets = dict.fromkeys(ROLLUPS, 0)
        self._current_at: Moment | None = None
        self._health = PartHealth(PART, "ok", clock())

    async def run(self) -> None:
        """Keep everything current until cancelled."""
        while True:
            try:
                await self.catch_up()
            except (Unavailable, ConfigError) as error:
                self._say("degraded", str(error))
            else:
                self._say("ok", "")
            # A little after the minute has ended, so that most of it is in.
            await asyncio.sleep((self._every - (self._clock() - 5 * SECOND) % self._every) / SECOND)

    async def catch_up(self) -> None:
        """Bring minutes up to date, and once an hour the hours; then delete. Raises Unavailable and ConfigError."""
        started_at = self._clock()
        await self._all_of(MINUTES)
        if started_at // HOUR != self._hour:
            await self._all_of(HOURS)
            await self._let_go(self._keep.horizons(started_at))
            self._hour = started_at // HOUR
        self._current_at = started_at

    async def _all_of(self, resolution: Resolution) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            done = await self._store.roll_up(resolution)
            self._buckets[resolution] += done.buckets
            if not done.more:
                return
            await asyncio.sleep(loop.time() - began)  # a long backlog leaves half of the time to others

    async def _let_go(self, before: Mapping[Resolution | None, Moment]) -> None:
        more = bool(before)
        while more:
            more = await self._store.forget(before)

    def _say(self, state: str, detail: str) -> None:
        if state == self._health.state:
            return
        if state == "ok":
            log.info("rollups are made again")
            self._health = PartHealth(PART, "ok", self._clock())
        else:
            log.warning("rollups wait: %s", detail)
            self._health = PartHealth(PART, "degraded", self._clock(), detail)

    def parts(self) -> list[PartHealth]:
        """Whether rollups are made; nothing is lost while they are not."""
        return [self._health]

    def figures(self) -> list[Gauge]:
        """How many buckets were written, and how old the last look is."""
        help_ = "Buckets that were computed, anew ones included."
        found = [
            Gauge("town_rollup_buckets_total", count, {"resolution": one.name}, "counter", help_)
            for one, count in self._buckets.items()
        ]
        if self._current_at is not None:
            age = (self._clock() - self._current_at) / SECOND
            found.append(Gauge("town_rollup_age_seconds", age, help="Since rollups were last brought up to date."))
        return found
