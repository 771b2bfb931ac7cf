"""The spool: batches on disk while the store is slow or away, so that their messages can be acknowledged.

What was added survives `kill -9` and a power cut. Nothing in it is ever thrown away: when it is full, or its oldest
batch too old, it takes no more, and messages stay with the broker.
"""

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

from ingest.spool_file import DAMAGED, Contents, Groups, Spooled, SpoolFile, unpacked
from town.errors import ConfigError
from town.moment import DAY, MINUTE, SECOND, Duration, Moment, format_duration
from town.ports import Clock, Gauge, PartHealth
from town.reading import Reading

log = logging.getLogger("ingest.spool")

T = TypeVar("T")

SMALLEST = 128 << 10
"""Bytes below which a spool is not worth its file."""
WORRYING = 0.8
"""Share of its size or age from which the spool says that it is going to be full."""


class Spool:
    """Open it with `async with`; it works in a thread of its own.

    `size` is the most bytes of the file, `age` how long the oldest batch may wait before no more are taken.
    """

    def __init__(self, path: Path, *, clock: Clock, size: int = 1 << 30, age: Duration = 30 * DAY) -> None:
        self.pending: Counter[str] = Counter()
        """Readings in the file by gateway."""
        self.refusals = 0
        """How often a batch could not be taken."""
        self._path, self._size, self._age, self._clock = path, size, age, clock
        self._thread = ThreadPoolExecutor(1, "spool")
        self._contents = Contents()
        self._trouble, self._refused_at = "", 0
        self._state: Literal["ok", "degraded", "down"] = "ok"
        self._since = clock()
        self._some = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Open or create the file; raises ConfigError when it cannot be."""
        try:
            if self._size < SMALLEST:
                raise ConfigError(f"TOWN_SPOOL_SIZE={self._size}: take {SMALLEST} bytes or more, or 0 for no spool")
            self._file = await self._run(lambda: SpoolFile(self._path, self._size))
            self._contents = await self._run(self._file.contents)
        except (sqlite3.Error, OSError) as error:
            self._thread.shutdown()
            hint = "its readings were acknowledged and may be nowhere else: keep the file before you move it away"
            raise ConfigError(f"{self._path}: the spool cannot be opened: {error} ({hint})") from None
        self.pending.update(self._file.counts)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._run(self._file.database.close)
        self._thread.shutdown()

    async def add(self, groups: Groups, then: Callable[[], None]) -> bool:
        """Keep a batch, durably on return, and call `then`; False when it cannot be taken.

        When the caller is cancelled meanwhile and the batch is on disk, `then` is called all the same.
        """
        if self._waited() > self._age:
            self._refuse(f"its oldest batch has waited for more than {format_duration(self._age)}")
            return False
        counts = {gateway: len(readings) for gateway, readings in groups.items()}

        def added(contents: Contents) -> None:
            self._contents, self._trouble = contents, ""
            self.pending.update(counts)
            self._some.set()
            then()

        try:
            await self._durably(lambda: self._file.add(groups, counts, self._clock()), added)
        except sqlite3.Error as error:
            self._refuse(str(error))
            return False
        return True

    async def oldest(self, most: int) -> Spooled | None:
        """The oldest batches, `most` readings unless the first has more; None when there are none that can be read.

        Raises sqlite3.Error when the disk does not let us.
        """
        spooled, damaged = await self._run(lambda: self._file.oldest(most))
        for row in damaged:
            log.error("%s: batch %d cannot be read; it stays in the file", self._path, row)
        if damaged:
            self._contents = await self._run(self._file.contents)
        return spooled

    async def remove(self, spooled: Spooled, then: Callable[[], None]) -> None:
        """Forget batches that the store has, and call `then`, also when the caller is cancelled meanwhile.

        Raises sqlite3.Error when the disk does not let us.
        """

        def removed(contents: Contents) -> None:
            self._contents, self._trouble = contents, ""
            self.pending.subtract(spooled.counts)
            then()

        await self._durably(lambda: self._file.remove(spooled.rows), removed)

    async def since(self, moment: Moment) -> AsyncIterator[list[Reading]]:
        """What was received after that moment, batch by batch, oldest first."""
        rows = await self._run(lambda: self._file.since(moment, 0))
        while rows:
            for _, body in rows:
                try:
                    groups = unpacked(body)
                except DAMAGED:
                    continue  # told when its turn for the store comes
                yield [each for readings in groups.values() for each in readings if each.received_at > moment]
            last = rows[-1][0]
            rows = await self._run(lambda last=last: self._file.since(moment, last))  # type: ignore[misc]  # binds it

    @property
    def rows(self) -> int:
        """Batches that wait for the store."""
        return self._contents.rows - self._contents.damaged

    async def wait(self) -> None:
        """Return once there is a batch that can be read."""
        while not self.rows:
            self._some.clear()
            await self._some.wait()

    def health(self) -> PartHealth:
        """Whether there is room: degraded from 80 % of its size or age, down when it takes no more."""
        share, damaged = self._share(), self._contents.damaged
        # Nobody asks for room any more once the store is back: what was refused long ago says nothing of now.
        trouble = self._trouble if self._clock() - self._refused_at < MINUTE else ""
        state: Literal["ok", "degraded", "down"] = "degraded" if share >= WORRYING or damaged else "ok"
        state = "down" if trouble else state
        if state != self._state:
            self._state, self._since = state, self._clock()
        told = [f"{self.pending.total()} readings wait on disk, {share:.0%} full"] if self._contents.rows else []
        told += [f"{damaged} batches cannot be read"] if damaged else []
        told += [f"it takes no more, messages stay with the broker: {trouble}"] if trouble else []
        return PartHealth("spool", state, self._since, "; ".join(told))

    def figures(self) -> list[Gauge]:
        """How full it is, for /metrics."""
        waited = self._waited() / SECOND
        return [
            Gauge("town_ingest_spool_readings", self.pending.total(), help="Readings on disk that wait for the store."),
            Gauge("town_ingest_spool_batches", self._contents.rows, help="Batches on disk that wait for the store."),
            Gauge("town_ingest_spool_damaged", self._contents.damaged, help="Of these, those that cannot be read."),
            Gauge("town_ingest_spool_bytes", self._contents.size, help="What these take on disk."),
            Gauge("town_ingest_spool_used_ratio", self._share(), help="How full the spool is, by size or by age."),
            Gauge("town_ingest_spool_oldest_seconds", waited, help="How long the oldest batch has waited."),
            Gauge("town_ingest_spool_refusals", self.refusals, {}, "counter", "Batches the spool could not take."),
        ]

    def _share(self) -> float:
        return min(1.0, max(self._contents.used if self._contents.rows else 0.0, self._waited() / self._age))

    def _waited(self) -> Duration:
        oldest: Moment | None = self._contents.oldest_at
        return 0 if oldest is None else max(0, self._clock() - oldest)

    def _refuse(self, why: str) -> None:
        if not self._trouble:
            log.error("%s takes no more, messages stay with the broker: %s", self._path, why)
        self._trouble, self._refused_at = why, self._clock()
        self.refusals += 1

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _durably(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do work on the disk and count it: what is on disk has to be counted, whoever stops waiting for it."""
        done = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            result = await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait([done])
            if done.exception() is None:
                then(done.result())
            raise
        then(result)
