"""What an ingest process tells the others: every batch that it decoded, numbered, before it is stored."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from brain.numbered import VERSION, Numbered, Row, encode, pieces, readings_topic, rows_of
from ingest.session import Session
from town.moment import SECOND, Duration, Moment
from town.ports import Clock, Gauge, PartHealth
from town.reading import Reading

log = logging.getLogger("ingest.telling")

BEAT: Duration = SECOND // 20
"""How often is said how far this process has come when it has nothing else to say."""
GIVE_UP: Duration = 10 * SECOND
"""How long the broker may take for a batch; then the rules have to find it in the store, where it goes."""
_REFUSED = 0x80


class Telling:
    """Publishes over a session of its own. A batch that cannot be published leaves a gap in the numbers.

    Messages are acknowledged to their gateways only after `deliver` returned: what nobody was told is sent again.
    """

    def __init__(self, town: str, process: str, session: Session, *, clock: Clock) -> None:
        self.heard_until: Callable[[], Moment] = clock
        self.stored_until: Callable[[], Moment] = lambda: 0
        """Both are known to ingest alone, which is made after this."""
        self._topic, self._session, self._clock = readings_topic(town, process), session, clock
        self._epoch = clock()
        self._number = self._readings = self._failures = 0
        self._telling, self._told_at = False, 0
        self._since, self._trouble = clock(), ""

    async def deliver(self, readings: Sequence[Reading]) -> None:
        """Tell a batch; returns when the broker has it, or when it is given up."""
        if not readings:
            return
        begun_at = self.heard_until()
        self._telling = True
        try:
            parts = list(pieces(rows_of(readings)))
            for place, rows in enumerate(parts):
                # Only after the last part nothing older can come.
                until = begun_at if place + 1 < len(parts) else max(begun_at, self._clock())
                self._number += 1
                await self._publish(encode(self._batch(begun_at, until, rows)))
            self._readings += len(readings)
        finally:
            self._telling = False

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(BEAT / 1000)
            if not self._telling and self._clock() - self._told_at >= BEAT:
                heard = self.heard_until()
                self._session.say(self._topic, encode(self._batch(heard, heard, ())))

    def _batch(self, begun_at: Moment, until: Moment, rows: Sequence[Row]) -> Numbered:
        return Numbered(VERSION, self._epoch, self._number, begun_at, until, self.stored_until(), list(rows))

    async def _publish(self, payload: bytes) -> None:
        try:
            async with asyncio.timeout(GIVE_UP / 1000):
                code = await self._session.publish(self._topic, payload)
            trouble = "" if code < _REFUSED else f"the broker refuses {self._topic}: reason code 0x{code:02X}"
        except TimeoutError:
            trouble = f"the broker did not take a batch within {GIVE_UP // SECOND} s"
        self._told_at = self._clock()
        self._failures += bool(trouble)
        if bool(trouble) != bool(self._trouble):
            self._since = self._told_at
            log.log(logging.ERROR if trouble else logging.INFO, "%s", trouble or "the others are told again")
        self._trouble = trouble

    def parts(self) -> list[PartHealth]:
        """Whether the others hear us."""
        detail = f"{self._trouble}; the rules take it from the store" if self._trouble else ""
        return [PartHealth("telling", "degraded" if self._trouble else "ok", self._since, detail)]

    def figures(self) -> list[Gauge]:
        """What was told."""
        return [
            Gauge("town_ingest_batches_told", self._number, {}, "counter", "Numbered batches told to the others."),
            Gauge("town_ingest_readings_told", self._readings, {}, "counter", "Readings in them."),
            Gauge("town_ingest_batches_untold", self._failures, {}, "counter", "Batches the broker did not take."),
        ]
