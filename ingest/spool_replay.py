"""From the spool into the store, oldest first, at a rate that leaves live readings the better part of the store."""

import asyncio
import logging
import sqlite3
from collections.abc import Sequence

from ingest.batch import LARGEST_READINGS, Backlog
from ingest.ledger import Ledger
from ingest.quarantine import Quarantine
from ingest.spool import Spool
from ingest.spool_file import Spooled
from ingest.writing import count_stored, keep, refused_by_store
from ingest.writing_store import Pauses, Storing
from town.errors import ConfigError, Unavailable
from town.moment import SECOND, Duration
from town.ports import Clock, RefusedReading

log = logging.getLogger("ingest.spool")

_DISK_PAUSE: Duration = 5 * SECOND
_GENTLE, _QUICK = 4.0, 1.0
"""Pause after a write, in terms of how long it took: while live readings wait, and while none do."""


class Replay:
    """Also finds out when the store is back: while it is away, this is who tries. One `run` at a time."""

    def __init__(
        self, ledger: Ledger, backlog: Backlog, *, spool: Spool, storing: Storing, quarantine: Quarantine, clock: Clock
    ) -> None:
        self._ledger, self._backlog, self._spool, self._storing = ledger, backlog, spool, storing
        self._quarantine, self._clock = quarantine, clock
        self._disk_trouble = False

    async def run(self) -> None:
        """Replay until cancelled."""
        while True:
            await self._spool.wait()
            try:
                spooled = await self._spool.oldest(LARGEST_READINGS)
                self._disk_trouble = False
            except sqlite3.Error as error:
                await self._disk_failed("read", error)
                continue
            if spooled is None:
                continue
            refused, took = await self._write(spooled)
            await self._done(spooled, refused)
            await asyncio.sleep(took * (_GENTLE if self._backlog.waits else _QUICK))

    async def _write(self, spooled: Spooled) -> tuple[Sequence[RefusedReading], float]:
        """What the store refused of it, and how many seconds the write took."""
        readings = [reading for group in spooled.groups.values() for reading in group]
        loop, pauses = asyncio.get_running_loop(), Pauses()
        while True:
            began = loop.time()
            try:
                return await self._storing.write(readings, hurried=False), loop.time() - began
            except (Unavailable, ConfigError) as error:
                await asyncio.sleep(pauses.after(error) / 1000)

    async def _done(self, spooled: Spooled, refused: Sequence[RefusedReading]) -> None:
        """Forget what the store has; after a power cut before that it is written twice, which changes nothing."""
        gateways = {reading.sensor: gateway for gateway, group in spooled.groups.items() for reading in group}
        refusals = refused_by_store(refused, gateways, self._clock())
        await keep(self._quarantine, self._ledger, refusals)
        while True:
            try:
                await self._spool.remove(
                    spooled, lambda: count_stored(self._ledger, spooled.counts, refusals, replayed=True)
                )
                return
            except sqlite3.Error as error:
                await self._disk_failed("shortened", error)

    async def _disk_failed(self, what: str, error: sqlite3.Error) -> None:
        if not self._disk_trouble:
            log.error("the spool cannot be %s: %s", what, error)
        self._disk_trouble = True
        await asyncio.sleep(_DISK_PAUSE / 1000)
