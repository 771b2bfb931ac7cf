"""The store in an InfluxDB server: InfluxQL and line protocol, which 1.x, 2.x and 3.x all serve."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from town.moment import Duration, Moment
from town.own import OwnRow
from town.ports import Aggregate, Order, Point, RefusedReading, Series
from town.quantity import Value, ValueType
from town.reading import Reading
from town.store import influx_info, influxql
from town.store.acceptance import Acceptance
from town.store.arrival import by_arrival
from town.store.influx_changes import ChangeLog
from town.store.influx_history import HistoryQuestion, Points
from town.store.influx_isolate import write_isolating
from town.store.influx_own import InfluxOwnRows
from town.store.influx_rollup import InfluxRollups
from town.store.influx_rows import columns_by_sensor, raw_value, whole_readings
from town.store.influx_server import InfluxServer
from town.store.influx_setup1 import is_first, make_missing
from town.store.influx_types import StoredFields
from town.store.info import StoreInfo
from town.store.line_protocol import DELAY, LineEncoder
from town.store.resolution import Piece, Resolution, pieces
from town.store.retention import Keep
from town.store.rollup import RolledUp
from town.store.windows import in_batches
from town.town import Town

T = TypeVar("T")

LINES_PER_REQUEST = 5_000
SENSORS_PER_QUESTION = 100
POINTS_PER_QUESTION = 100_000
QUESTIONS_AT_ONCE = 4


class InfluxStore:
    """Keeps readings in one database of an InfluxDB server, a measurement for each family of sensor kinds.

    Writes may run side by side. Use it with `async with`; nothing is asked of the server before the first call.
    """

    def __init__(
        self,
        url: str,
        town: Town,
        *,
        database: str = "town",
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        keep: Keep | None = None,
    ) -> None:
        """`url` is such as `http://127.0.0.1:8086`; `keep` is for what is made new.

        Raises ConfigError for ids that InfluxDB cannot keep."""
        self._town, self.url, self.database = town, url, database
        self._keep = keep or Keep()
        self._acceptance = Acceptance(town)
        self._encoder = LineEncoder(town)
        self._server = InfluxServer(url, database, user=user, password=password, token=token)
        self._families = frozenset(kind.family for kind in town.kinds.values())
        self._fields = StoredFields(self._server, town)
        self._changes = ChangeLog(self._server, town.id)
        self._rollups = InfluxRollups(self._server, town, changes=self._changes, fields=self._fields)
        self._own = InfluxOwnRows(self._server, town.id)
        self._asking = asyncio.Semaphore(QUESTIONS_AT_ONCE)

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    async def prepare(self) -> str:
        """Make the database and the retention policies of an 1.x where they are missing, and say what was done.

        What is there is left as it is; on 2.x and 3.x `town store init` makes what is needed.
        Raises Unavailable, and ConfigError when we may not.
        """
        version = await self._server.version()
        if not is_first(version):
            return f"InfluxDB {version}: the database is not made here"
        return f"InfluxDB {version}: {await make_missing(self._server, keep=self._keep)}"

    async def check(self) -> str:
        """What answers, and in which version, after asking it for a reading."""
        version = await self._server.version()
        await self._server.query(influxql.everything(families=self._families, among="time < 0", most=0))
        return f"InfluxDB {version} at {self.url}, database {self.database}"

    async def write(self, readings: Sequence[Reading], *, vouched: bool = False) -> Sequence[RefusedReading]:
        """Store a batch, durably on return; see `town.ports.ReadingWriter`."""
        accepted, refused = self._acceptance.sort_out(readings, vouched=vouched)
        if accepted:
            accepted, conflicting = await self._fields.sort_out(accepted)
            refused += conflicting
            await self._changes.announce(accepted)
        for first in range(0, len(accepted), LINES_PER_REQUEST):
            part = accepted[first : first + LINES_PER_REQUEST]
            refused += await write_isolating(self._encoder.lines(part), part, self._server.write)
        return refused

    async def write_own(self, rows: Sequence[OwnRow]) -> Sequence[OwnRow]:
        """Store what the brain tells of itself; see `town.ports.OwnRowWriter`."""
        return await self._own.write(rows)

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
        return await self._own.read(family, start=start, end=end, tags=tags or {}, limit=limit)

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
        wanted = [sensor for sensor in dict.fromkeys(sensors) if influxql.is_plain(sensor)]
        measured = self._town.quantities[quantity]
        parts = [Piece(None, start, end)]
        if every is not None and measured.type is not ValueType.TEXT:
            stale = await self._rollups.stale(every)
            parts = pieces(start=start, end=end, every=every, changed=stale)

        async def ask(some: Sequence[str]) -> Points:
            among = influxql.where(self._town.id, some)
            question = HistoryQuestion(self._server, measured, families=self._families, among=among, limit=limit)
            return await question.answer(parts, every, aggregate)

        size = min(SENSORS_PER_QUESTION, max(1, POINTS_PER_QUESTION // limit))
        answers = await self._ask_all([partial(ask, part) for part in _parts(wanted, size)])
        found = {sensor: points for answer in answers for sensor, points in answer.items() if points}
        return [Series(sensor, quantity, _newest(found[sensor], limit)) for sensor in wanted if sensor in found]

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
        wanted = None if sensors is None else frozenset(filter(influxql.is_plain, sensors))
        if wanted is not None and not wanted:
            return
        named = wanted if wanted is not None and len(wanted) <= SENSORS_PER_QUESTION else None

        async def fetch_late(
            first: Moment, last: Moment, delay: Duration | None, most: int | None
        ) -> list[Reading] | None:
            among = influxql.where(self._town.id, named, start=first, end=last)
            if delay is not None:
                among += f" AND {influxql.name(DELAY)} >= {delay:d}"
            tables = await self._server.query(influxql.everything(families=self._families, among=among, most=most))
            if most is not None and sum(len(table.values) for table in tables) > most:
                return None
            found = whole_readings(tables, self._town.quantities)
            return found if wanted is None else [reading for reading in found if reading.sensor in wanted]

        async def fetch(first: Moment, last: Moment, most: int | None) -> list[Reading] | None:
            return await fetch_late(first, last, None, most)

        if order == "arrival":
            walk = by_arrival(fetch_late, start=start, end=end, batch=batch)
        else:
            walk = in_batches(fetch, start=start, end=end, batch=batch)
        async for found in walk:
            yield found

    async def latest(self, sensors: Collection[str] | None = None) -> dict[str, dict[str, Point]]:
        """The newest value of everything; see `town.ports.LatestReadings`. One question for each quantity."""
        wanted = None if sensors is None else [sensor for sensor in dict.fromkeys(sensors) if influxql.is_plain(sensor)]
        if wanted is not None and len(wanted) > SENSORS_PER_QUESTION:
            everything = await self.latest()
            return {sensor: everything[sensor] for sensor in wanted if sensor in everything}
        if wanted is not None and not wanted:
            return {}
        among = influxql.where(self._town.id, wanted)
        families = await self._fields.families_by_quantity()
        statements = [influxql.newest(one, families=where, among=among) for one, where in families.items()]
        answers = await self._ask_all([partial(self._server.query, statement) for statement in statements])
        found: dict[str, dict[str, Point]] = {}
        for quantity, tables in zip(families, answers, strict=True):
            kind = self._town.quantities[quantity].type
            for sensor, rows in columns_by_sensor(tables).items():
                at = max(rows)
                found.setdefault(sensor, {})[quantity] = Point(at, raw_value(kind, rows[at][0]))
        return found

    async def roll_up(self, resolution: Resolution) -> RolledUp:
        """Bring some buckets up to date; see `town.store.rollup.RollingStore`."""
        return await self._rollups.roll_up(resolution)

    async def forget(self, before: Mapping[Resolution | None, Moment]) -> bool:
        """The server deletes by its own retention policies, which `town store init` sets."""
        return False

    async def info(self) -> StoreInfo:
        """What it holds of this town."""
        return await influx_info.look(self._server, self._town, families=self._families, rollups=self._rollups)

    async def _ask_all(self, questions: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """All answers in the order of the questions, a few at once; the first failure ends the others."""

        async def ask(question: Callable[[], Awaitable[T]]) -> T:
            async with self._asking:
                return await question()

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(ask(question)) for question in questions]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]


def _parts(sensors: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (sensors[first : first + size] for first in range(0, len(sensors), size))


def _newest(points: Mapping[Moment, Value], limit: int) -> list[Point]:
    return [Point(at, points[at]) for at in sorted(points)[-limit:]]
