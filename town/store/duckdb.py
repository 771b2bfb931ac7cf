"""The embedded store: one DuckDB file, the default when no database server is named."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import duckdb

from town.errors import ConfigError, Unavailable
from town.moment import Duration, Moment
from town.own import OwnRow
from town.ports import Aggregate, Order, Point, RefusedReading, Series
from town.quantity import ValueType
from town.reading import Reading
from town.store import duckdb_info, duckdb_order, duckdb_own, duckdb_queries, duckdb_retention, duckdb_rollup
from town.store.acceptance import Acceptance
from town.store.duckdb_batch import Batch
from town.store.duckdb_file import open_file
from town.store.info import StoreInfo
from town.store.numbering import Numbering
from town.store.resolution import Resolution
from town.store.rollup import RolledUp
from town.store.series import Catalogue, Row, StoredSeries
from town.store.windows import in_batches
from town.town import Town

T = TypeVar("T")

SAVE_NEWEST_EVERY = 1_000_000
"""Values after which the newest of every series is saved: a start reads at most that many to know them."""

# What passes: a full disk, too little memory, a file system that went away, and what DuckDB makes of these afterwards.
_PASSING = (duckdb.OperationalError, duckdb.FatalException)


class DuckStore:
    """Keeps readings in one DuckDB file, or in memory when `path` is None.

    What `write` returned from survives `kill -9`. Writing, asking and rolling up have a thread each, so a long question
    holds up neither the loop nor a write. Use it with `async with`; raises ConfigError when the file cannot be used.
    """

    def __init__(
        self,
        path: Path | None,
        town: Town,
        *,
        memory_mb: int = 128,
        save_newest_every: int = SAVE_NEWEST_EVERY,
        ordered_from: int = duckdb_order.ROWS_MOVED,
    ) -> None:
        """`ordered_from`: so many buckets are put in the order of their series at a time."""
        self._path, self._memory_mb, self._save_newest_every = path, memory_mb, save_newest_every
        self._ordered_from = ordered_from
        self._town, self._acceptance = town, Acceptance(town)
        self._types = {quantity.id: quantity.type for quantity in town.quantities.values()}
        self._writing = ThreadPoolExecutor(1, "duckdb-write")
        self._asking = ThreadPoolExecutor(1, "duckdb-ask")
        self._rolling = ThreadPoolExecutor(1, "duckdb-roll")

    @property
    def path(self) -> Path | None:
        """The file, or None when it is in memory."""
        return self._path

    async def __aenter__(self) -> Self:
        try:
            await asyncio.get_running_loop().run_in_executor(self._writing, self._open)
        except BaseException:
            self._end_threads()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._close)

    async def write(self, readings: Sequence[Reading], *, vouched: bool = False) -> Sequence[RefusedReading]:
        """Store a batch, durably on return; see `town.ports.ReadingWriter`."""
        accepted, refused = self._acceptance.sort_out(readings, vouched=vouched)
        if accepted:
            refused += await self._run(self._writing, lambda: self._write(accepted))
        return refused

    async def write_own(self, rows: Sequence[OwnRow]) -> Sequence[OwnRow]:
        """Store what the brain tells of itself; see `town.ports.OwnRowWriter`."""
        if rows:
            await self._run(self._writing, lambda: self._write_own(rows))
        return []

    async def own_rows(
        self,
        family: str,
        *,
        start: Moment,
        end: Moment,
        tags: Mapping[str, str] | None = None,
        limit: int = 20_000,
    ) -> list[OwnRow]:
        """What the brain told of itself; see `town.ports.OwnRowReader`."""
        question = duckdb_own.question(family, start=start, end=end, tags=tags or {}, limit=limit)
        rows = await self._run(self._asking, lambda: self._questions.execute(*question).fetchall())
        return duckdb_own.from_rows(family, rows)

    async def history(
        self,
        sensors: Collection[str],
        quantity: str,
        *,
        start: Moment,
        end: Moment,
        every: Duration | None = None,
        aggregate: Aggregate = "mean",
        limit: int = 20_000,
    ) -> list[Series]:
        """The values of one quantity; see `town.ports.ReadingHistory`."""
        if not self._acceptance.can_answer(quantity, every=every, aggregate=aggregate):
            return []
        names = self._catalogue.by_name
        wanted = [names[s][quantity] for s in dict.fromkeys(sensors) if quantity in names.get(s, {})]
        if not wanted:
            return []
        found: dict[int, list[Point]] = {series.number: [] for series in wanted}
        by_number = self._catalogue.by_number

        def ask() -> None:
            if every is not None and all(series.type != ValueType.TEXT for series in wanted):
                window = duckdb_rollup.Window(start, end, every)
                for number, at, value in duckdb_rollup.buckets(
                    self._questions, list(found), window, aggregate=aggregate, limit=limit
                ):
                    found[number].append(Point(at, value))
                return
            question = duckdb_queries.history(
                wanted, start=start, end=end, every=every, aggregate=aggregate, limit=limit
            )
            for number, at, value, words in self._questions.execute(*question).fetchall():
                plain = words if value is None else value
                found[number].append(Point(at, plain if every is not None else by_number[number].value(value, words)))

        await self._run(self._asking, ask)
        return [Series(s.sensor, quantity, found[s.number]) for s in wanted if found[s.number]]

    async def readings(
        self,
        *,
        start: Moment,
        end: Moment,
        sensors: Collection[str] | None = None,
        batch: int = 5_000,
        order: Order = "measured",
    ) -> AsyncIterator[list[Reading]]:
        """Every stored reading, as it was measured or as it arrived; see `town.ports.ReadingHistory`."""
        wanted = None
        if sensors is not None:
            names = self._catalogue.by_name
            wanted = [series.number for sensor in set(sensors) for series in names.get(sensor, {}).values()]

        async def fetch(first: Moment, last: Moment, most: int | None) -> list[Reading] | None:
            question = duckdb_queries.window(start=first, end=last, series=wanted, most=most, order=order)

            def ask() -> list[Reading] | None:
                rows = self._questions.execute(*question).fetchall()
                if most is not None and len(rows) > most:
                    return None
                return duckdb_queries.whole_readings(rows, self._catalogue.by_number, order=order)

            return await self._run(self._asking, ask)

        async for found in in_batches(fetch, start=start, end=end, batch=batch):
            yield found

    async def latest(self, sensors: Collection[str] | None = None) -> dict[str, dict[str, Point]]:
        """The newest value of everything, from memory; see `town.ports.LatestReadings`."""
        return self._catalogue.newest(sensors)

    async def prepare(self) -> str:
        """What this store is: opening it made everything."""
        return await self.check()

    async def check(self) -> str:
        """What this store is, and how much is in it."""

        def ask() -> str:
            # Read to its end: an answer that is left open keeps DuckDB from letting go of what is deleted.
            count = self._questions.execute("SELECT count(*) FROM stored").fetchall()[0][0]
            return f"DuckDB {duckdb.__version__}, {self._path or 'in memory'}: {count:,} values"

        return await self._run(self._asking, ask)

    async def roll_up(self, resolution: Resolution) -> RolledUp:
        """Bring some buckets up to date; see `town.store.rollup.RollingStore`."""

        def step() -> RolledUp:
            with self._connection.cursor() as connection:
                done = duckdb_rollup.roll_up(connection, resolution)
                moved = duckdb_order.put_in_order(connection, resolution, rows=self._ordered_from)
                return RolledUp(done.buckets, more=done.more or moved)

        return await self._run(self._rolling, step)

    async def forget(self, before: Mapping[Resolution | None, Moment]) -> bool:
        """Delete some of what is no longer kept; see `town.store.rollup.RollingStore`."""
        return await self._run(self._writing, lambda: self._forget(before))

    async def info(self) -> StoreInfo:
        """What it holds."""
        path, town = self._path, self._town
        return await self._run(self._asking, lambda: duckdb_info.look(self._questions, path, town))

    async def _run(self, thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except _PASSING as error:
            raise Unavailable(f"the embedded store {self._path}: {' '.join(str(error).split()):.300}") from error

    def _open(self) -> None:
        """Runs in the writing thread, like everything that follows."""
        self._connection = open_file(self._path, memory_mb=self._memory_mb)
        self._questions = self._connection.cursor()
        self._connection.execute(duckdb_queries.LATE)
        self._broken = False
        self._catalogue, self._batch = _load(self._connection)
        self._numbering = Numbering(self._town, self._catalogue.by_number)
        self._conflicts = {
            series.number
            for series in self._catalogue.by_number.values()
            if series.quantity in self._types and series.type != self._types[series.quantity]
        }
        self._unsaved = 0
        self._kept_since = duckdb_retention.kept_since(self._connection)

    def _write(self, readings: Sequence[Reading]) -> list[RefusedReading]:
        if self._broken:
            self._reopen()
        since = self._kept_since
        too_old = [
            RefusedReading(one, "too_old", f"measured at {one.measured_at}, kept since {since}")
            for one in readings
            if one.measured_at < since
        ]
        if too_old:
            readings = [one for one in readings if one.measured_at >= since]
        batch = Batch(self._catalogue, self._types, self._numbering, conflicts=self._conflicts, number=self._batch + 1)
        batch.add(readings)
        self._in_transaction(lambda: self._insert(batch.new_series, batch.fresh, batch.late))
        self._batch += 1
        self._catalogue.add(batch.new_series)
        self._catalogue.see_fresh(batch.fresh)
        self._catalogue.see(batch.late)
        self._unsaved += len(batch.fresh) + len(batch.late)
        if self._unsaved >= self._save_newest_every:
            self._save_newest()
        return batch.refused + too_old

    def _write_own(self, rows: Sequence[OwnRow]) -> None:
        written = duckdb_own.to_rows(rows)
        if self._broken:
            self._reopen()
        self._in_transaction(lambda: duckdb_own.insert(self._connection, written))

    def _forget(self, before: Mapping[Resolution | None, Moment]) -> bool:
        if self._broken:
            self._reopen()
        if self._unsaved:
            self._save_newest()  # the newest of a series outlives what is deleted
        more = False

        def delete() -> None:
            nonlocal more
            more = duckdb_retention.delete_step(self._connection, before)

        self._in_transaction(delete)
        self._kept_since = duckdb_retention.kept_since(self._connection)
        return more

    def _in_transaction(self, work: Callable[[], None]) -> None:
        try:
            self._connection.begin()
            work()
            self._connection.commit()
        except BaseException as error:
            # After such an error the connection is not trusted: the next write opens the file anew.
            self._broken = isinstance(error, _PASSING) and self._path is not None
            if not self._broken:
                self._connection.rollback()
            raise

    def _insert(self, new_series: list[StoredSeries], fresh: list[Row], late: Sequence[Row]) -> None:
        if new_series:
            _append(self._connection, "series", new_series)
        _append(self._connection, "stored", fresh)
        if late:
            _append(self._connection, "late", [(row[1], row[2], row[4], row[5]) for row in late])
            moments = [row[2] for row in late]
            among = [min(moments), max(moments)]
            known = set(self._connection.execute(duckdb_queries.KNOWN, among).fetchall())
            self._connection.execute(duckdb_queries.REPLACED, among)
            self._connection.execute("DELETE FROM late")
            _append(self._connection, "stored", [row for row in late if (row[1], row[2]) not in known])

    def _save_newest(self) -> None:
        def save() -> None:
            self._connection.execute("DELETE FROM newest")
            newest = [(row[1], row[2], row[4], row[5]) for row in self._catalogue.newest_rows.values()]
            _append(self._connection, "newest", newest)
            self._connection.execute("UPDATE newest_mark SET batch = ?", [self._batch])

        self._in_transaction(save)
        self._unsaved = 0

    def _reopen(self) -> None:
        self._questions.close()
        self._connection.close()
        try:
            self._open()
        except ConfigError as error:  # it could be opened before, so what keeps it from opening now passes
            raise Unavailable(str(error)) from error

    def _end_threads(self) -> None:
        for thread in (self._writing, self._asking, self._rolling):
            thread.shutdown()

    def _close(self) -> None:
        self._end_threads()
        # What `write` returned from is in: when a full disk, say, keeps this back, the next start reads a little more.
        with suppress(*_PASSING):
            if not self._broken:
                self._save_newest()
        self._questions.close()
        self._connection.close()


def _append(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    with connection.appender(table) as appender:
        appender.append_rows(rows)


def _load(connection: duckdb.DuckDBPyConnection) -> tuple[Catalogue, int]:
    """The series, their newest values, and the number of the last batch, from the file."""
    catalogue = Catalogue()
    series = connection.execute("SELECT series, sensor, quantity, type FROM series").fetchall()
    catalogue.add([StoredSeries(*row) for row in series])
    saved = connection.execute("SELECT 0, series, measured_at, 0, number, words FROM newest").fetchall()
    catalogue.see(saved)
    catalogue.see(connection.execute(duckdb_queries.SINCE_MARK).fetchall())
    last = connection.execute(duckdb_queries.LAST_BATCH).fetchall()[0][0]
    return catalogue, int(last or 0)
