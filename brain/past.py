"""What the store knows that a brain that just started does not: newest values, and readings nobody judged."""

import asyncio
import logging

from brain.judge import Judge
from console.live import LiveReadings
from town.errors import Unavailable
from town.ports import Store

log = logging.getLogger("store")

_AGAIN = 5.0


class Past:
    """Looks into the store once. When it is away at the start, the brain runs without and looks when it is back.

    Readings that came meanwhile are newer, so what is found then is judged only for sensors that have been silent.
    """

    def __init__(self, store: Store, live: LiveReadings, judge: Judge) -> None:
        self._store, self._live, self._judge = store, live, judge
        self._looked = False

    async def look(self) -> None:
        """Look now, if the store answers; raises ConfigError when it refuses us."""
        try:
            log.info("%s", await self._store.prepare())
            await self._store.check()
            self._live.prime(await self._store.latest())
            missed = await self._judge.catch_up(self._store)
        except Unavailable as error:
            log.warning("the store is away, its past is looked at when it is back: %s", error)
            return
        self._looked = True
        if missed:
            log.info("looked at %d stored readings for what was not judged", missed)

    async def run(self) -> None:
        """Look again until it was possible."""
        while not self._looked:
            await asyncio.sleep(_AGAIN)
            await self.look()
