"""From the backlog into the store: tries until it has every batch, and says meanwhile what is wrong."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence

from ingest.batch import Backlog
from ingest.ledger import NO_GATEWAY, Ledger
from ingest.quarantine import Quarantine, Refusal
from ingest.reason import Reason, Scope
from town.errors import ConfigError, Unavailable
from town.moment import SECOND, Duration
from town.ports import Clock, PartHealth, ReadingWriter, RefusedReading
from town.reading import Reading
from town.town import Town

log = logging.getLogger("ingest.writing")

_SHORTEST_PAUSE: Duration = SECOND // 5
_LONGEST_PAUSE: Duration = 15 * SECOND
_REFUSED_PAUSE: Duration = 15 * SECOND
"""Between tries when the store refuses us: a person has to change something."""


class Writing:
    """Takes batches from the backlog; any number of `run` may go on at once."""

    def __init__(
        self,
        town: Town,
        ledger: Ledger,
        backlog: Backlog,
        *,
        store: ReadingWriter,
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        self._gateways = {sensor.id: sensor.gateway for sensor in town.sensors.values()}
        self._ledger, self._backlog, self._store, self._quarantine = ledger, backlog, store, quarantine
        self._clock = clock
        self._since, self._trouble = clock(), ""

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            batches = await self._backlog.take()
            readings = batches[0].readings if len(batches) == 1 else [r for each in batches for r in each.readings]
            refused = await self._write(readings) if readings else ()
            refusals = self._refusals(refused)
            for batch in batches:
                refusals += batch.refusals
            if refusals and not await self._quarantine.add_many(refusals):
                self._ledger.quarantine_failures += len(refusals)
            self._count(readings, refused)
            self._backlog.settle(batches)

    def health(self) -> PartHealth:
        """Whether the store takes what we have."""
        waiting = self._ledger.readings_waiting
        if self._trouble:
            return PartHealth("store", "down", self._since, f"{self._trouble} ({waiting} readings wait)")
        return PartHealth("store", "ok", self._since)

    async def _write(self, readings: Sequence[Reading]) -> Sequence[RefusedReading]:
        """Write until the store has them; nothing is given up, since nothing is acknowledged before."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                refused = await self._store.write(readings)
            except Unavailable as error:
                wait = error.retry_after or random.uniform(0, pause)  # noqa: S311 - spreads retries, guards nothing
                self._failed("away", error)
            except ConfigError as error:
                wait = _REFUSED_PAUSE
                self._failed("refusing us", error)
            else:
                self._ledger.store_writes += 1
                self._took()
                return refused
            await asyncio.sleep(wait / 1000)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _failed(self, how: str, error: Exception) -> None:
        self._ledger.store_failures += 1
        if not self._trouble:
            log.error("the store is %s, messages stay with the broker: %s", how, error)
            self._since = self._clock()
        self._trouble = f"{how}: {error}"

    def _took(self) -> None:
        if self._trouble:
            log.info("the store is back")
            self._since, self._trouble = self._clock(), ""

    def _refusals(self, refused: Sequence[RefusedReading]) -> list[Refusal]:
        """What the store will never take, as quarantine keeps it: the reading itself instead of a payload."""
        return [
            Refusal(
                at=self._clock(),
                gateway=self._gateways.get(each.reading.sensor, NO_GATEWAY),
                topic="",
                reason=Reason.REFUSED_BY_STORE,
                scope=Scope.READING,
                detail=f"{each.reason}: {each.detail}",
                payload=repr(each.reading).encode("utf-8", "replace"),
            )
            for each in refused
        ]

    def _count(self, readings: Sequence[Reading], refused: Sequence[RefusedReading]) -> None:
        stored = Counter([self._gateways.get(reading.sensor, NO_GATEWAY) for reading in readings])
        for each in refused:
            gateway = self._gateways.get(each.reading.sensor, NO_GATEWAY)
            stored[gateway] -= 1
            self._ledger.accounts[gateway].count(Scope.READING, Reason.REFUSED_BY_STORE)
        for gateway, count in stored.items():
            self._ledger.accounts[gateway].stored += count
        self._ledger.readings_waiting -= len(readings)
