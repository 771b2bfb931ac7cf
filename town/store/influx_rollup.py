"""Rollups in an InfluxDB: minutes from the values, hours from minutes, written into the policies `1m` and `1h`."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from town.errors import ConfigError
from town.moment import HOUR, MINUTE, SECOND, Duration, Moment
from town.quantity import ValueType
from town.store import influxql
from town.store.influx_changes import LINES_PER_QUESTION, SETTLES_AFTER, Change, ChangeLog
from town.store.influx_minutes import Minutes, Rows
from town.store.influx_server import InfluxServer, Table, UnreadTable
from town.store.influx_types import StoredFields
from town.store.line_protocol import DELAY, start_of_line
from town.store.resolution import HOURS, MINUTES, Resolution, spans
from town.store.rollup import RolledUp
from town.town import Town

STATE = "rollup_state"

_CELLS_PER_QUESTION = 1_000_000
_ROWS_PER_QUESTION = 30_000
_ROWS_AT_ONCE = 100_000
_STEPS: tuple[Duration, ...] = (
    SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR,
)  # fmt: skip
"""Stretches of time that a question may be about."""
_RESTS = 2
"""How many times as long as a question took the server has until the next."""
_LINES_PER_WRITE = 5_000
_KNOWS_FOR = 30.0  # seconds; an older state makes a question cost more, never wrong
_BACKLOG_STEP: dict[Resolution, Duration] = {MINUTES: 6 * HOUR, HOURS: 240 * HOUR}

_FROM_MINUTES = {"count": "sum", "sum": "sum", "min": "min", "max": "max", "last": "last"}
"""How each figure of an hour follows from those of its minutes; the mean is sum by count."""


class InfluxRollups:
    """Makes the rollups of one town, and knows which of them are current."""

    def __init__(self, server: InfluxServer, town: Town, *, changes: ChangeLog, fields: StoredFields) -> None:
        self._server, self._town, self._changes, self._fields = server, town, changes, fields
        self._known: tuple[float, dict[Resolution, Moment]] | None = None
        self._seen: dict[Resolution, tuple[Moment, float]] = {}
        """The newest line of the log that was taken in, and since when we know it."""
        self._backlog: dict[Resolution, tuple[Moment, Moment, Moment]] = {}
        """Where we are in what was stored before the log, where that ends, and from where the log is read then."""
        self._steps: dict[str, int] = {}
        """By family, how long a stretch of its values has about as many rows as a question may have."""
        families = [town.kinds[sensor.kind].family for sensor in town.sensors.values()]
        self._sensors = {family: families.count(family) for family in set(families)}

    async def roll_up(self, resolution: Resolution) -> RolledUp:
        """Compute some buckets anew; see `town.store.rollup.RollingStore`."""
        states = await self._read_states()
        if resolution not in states:
            return await self._work_off(resolution)
        lines = await self._changes.since(states[resolution])
        more = len(lines) >= LINES_PER_QUESTION
        if resolution is HOURS:  # only what is in the minutes
            known = self._seen[MINUTES][0] if MINUTES in self._seen else states.get(MINUTES, 0)
            lines = [line for line in lines if line.at <= known]
        if not lines:
            return RolledUp(0, more=False)
        written = 0
        for span in spans(_buckets(lines, resolution), resolution.width):
            written += await self._compute(resolution, span)
        await self._settle(resolution, lines[-1].at, states[resolution], more=more)
        return RolledUp(written, more=more)

    async def stale(self, every: Duration) -> dict[Resolution, set[Moment]]:
        """For every resolution that fits `every` and was computed at all, its buckets that are not current."""
        states = {one: at for one, at in (await self._states()).items() if every % one.width == 0}
        if not states:
            return {}
        lines = await self._changes.since(min(states.values()))
        if len(lines) >= LINES_PER_QUESTION:
            return {}
        return {one: _buckets((line for line in lines if line.at > at), one) for one, at in states.items()}

    async def computed(self) -> dict[Resolution, Moment]:
        """Up to which line of the log each resolution is current; those never computed are not there."""
        return await self._read_states()

    async def _settle(self, resolution: Resolution, newest: Moment, state: Moment, *, more: bool) -> None:
        """Remember how far we are: a young line is read again, because what it announces may still come."""
        now = asyncio.get_running_loop().time()
        seen, since = self._seen.get(resolution, (0, now))
        if seen != newest:
            since = now
        self._seen[resolution] = newest, since
        settled = more or (now - since) * 1000 >= SETTLES_AFTER
        await self._write_state(resolution, newest if settled else max(state, newest - SETTLES_AFTER))

    async def _work_off(self, resolution: Resolution) -> RolledUp:
        """Compute a piece of what was stored before there was a log, or before it was read."""
        if resolution not in self._backlog:
            lines = await self._changes.since(0)
            oldest, newest = await self._extent()
            seen = lines[-1].at if lines else 0
            self._backlog[resolution] = (
                oldest - oldest % HOUR,
                newest + HOUR - newest % HOUR,
                max(0, seen - SETTLES_AFTER),
            )
            self._seen[resolution] = seen, asyncio.get_running_loop().time()
        at, end, through = self._backlog[resolution]
        after = min(at + _BACKLOG_STEP[resolution], end)
        written = await self._compute(resolution, (at, after)) if at < end else 0
        self._backlog[resolution] = after, end, through
        if after < end:
            return RolledUp(written, more=True)
        await self._write_state(resolution, through)
        del self._backlog[resolution]
        return RolledUp(written, more=False)

    async def _extent(self) -> tuple[Moment, Moment]:
        """The first moment and the one after the last."""
        found: list[Moment] = []
        for figure in ("first", "last"):
            statement = influxql.one(
                f"{figure}({influxql.name(DELAY)})", families=self._families(), among=influxql.where(self._town.id)
            )
            found += [int(row[0]) for table in await self._server.query(statement) for row in table.values]
        return (min(found), max(found) + 1) if found else (0, 0)

    def _families(self) -> list[str]:
        return sorted({kind.family for kind in self._town.kinds.values()})

    async def _compute(self, resolution: Resolution, span: tuple[Moment, Moment]) -> int:
        written = 0
        for family, quantities in (await self._quantities()).items():
            make = self._minutes if resolution is MINUTES else self._hours
            async for rows in make(family, quantities, span):
                await self._write(family, rows, policy=resolution.name)
                written += len(rows)
        return written

    async def _quantities(self) -> dict[str, list[str]]:
        """The quantities of each family that have rollups."""
        found: dict[str, list[str]] = {}
        for quantity, families in sorted((await self._fields.families_by_quantity()).items()):
            if self._town.quantities[quantity].type is not ValueType.TEXT:
                for family in families:
                    found.setdefault(family, []).append(quantity)
        return found

    async def _minutes(
        self, family: str, quantities: Sequence[str], span: tuple[Moment, Moment]
    ) -> AsyncIterator[Rows]:
        """From the values, added up here: for many series of a few values each InfluxDB takes twenty times longer."""
        with Minutes({one: self._town.quantities[one].type for one in quantities}) as minutes:
            async for until, lines in self._values(family, quantities, span):
                await asyncio.to_thread(minutes.add, lines)
                if until == span[1] or (until % MINUTE == 0 and minutes.count > _ROWS_AT_ONCE):
                    yield await asyncio.to_thread(minutes.take)

    async def _values(
        self, family: str, quantities: Sequence[str], span: tuple[Moment, Moment]
    ) -> AsyncIterator[tuple[Moment, list[bytes]]]:
        """Rows of a stretch of time after the other, each with its end; in between the server has others to serve."""
        loop, start = asyncio.get_running_loop(), span[0]
        while start < span[1]:
            step = self._steps.setdefault(family, _STEPS.index(MINUTE))
            end, most = min(start - start % _STEPS[step] + _STEPS[step], span[1]), _ROWS_PER_QUESTION if step else None
            among = influxql.where(self._town.id, start=start, end=end)
            began = loop.time()
            tables = await self._server.query_unread(influxql.values(quantities, family=family, among=among, most=most))
            lines = await asyncio.to_thread(_lines_of, tables)
            took, count = loop.time() - began, sum(each.count(b"\n") + 1 for each in lines)
            if most is not None and count > most:
                self._steps[family] = step - 1
                continue
            yield end, lines
            start = end
            if count < _ROWS_PER_QUESTION // 8 and step + 1 < len(_STEPS):
                self._steps[family] = step + 1
            await asyncio.sleep(_RESTS * took)

    async def _hours(self, family: str, quantities: Sequence[str], span: tuple[Moment, Moment]) -> AsyncIterator[Rows]:
        """From the minutes, added up by the server."""
        selected = ", ".join(
            f"{how}({influxql.name(f'{one}_{figure}')}) AS {influxql.name(f'{one}_{figure}')}"
            for one in quantities
            for figure, how in _FROM_MINUTES.items()
        )
        cells = len(_FROM_MINUTES) * len(quantities) * self._sensors.get(family, 1)
        width = max(1, _CELLS_PER_QUESTION // cells) * HOUR
        for start in range(*span, width):
            among = influxql.where(self._town.id, start=start, end=min(start + width, span[1]))
            statement = influxql.rollup(selected, family=family, among=among, width=HOUR)
            rows: Rows = {}
            for table in await self._server.query(statement, policy=MINUTES.name):
                tags = tuple(table.tags.get(name, "") for name in influxql.PLACE)
                rows.update({(tags, at): fields for at, fields in _fields(table, quantities) if fields})
            yield rows

    async def _write(self, family: str, rows: Rows, *, policy: str) -> None:
        lines = await asyncio.to_thread(self._lines, family, rows)
        for first in range(0, len(lines), _LINES_PER_WRITE):
            body = "\n".join(lines[first : first + _LINES_PER_WRITE]).encode()
            refusal = await self._server.write(body, policy=policy)
            if refusal is not None and "retention policy" not in refusal.text:  # what is too old may go
                raise ConfigError(f"{self._server.base} refuses rollups: {refusal.text:.300}")

    def _lines(self, family: str, rows: Rows) -> list[str]:
        return [
            f"{start_of_line(family, self._tags(tags))} "
            f"{','.join(f'{field}={value!r}' for field, value in fields.items())} {at}"
            for (tags, at), fields in rows.items()
        ]

    def _tags(self, place: Sequence[str | None]) -> dict[str, str]:
        named = zip(influxql.PLACE, place, strict=True)
        return {name: value for name, value in named if value} | {"town": self._town.id}

    async def _states(self) -> dict[Resolution, Moment]:
        now = asyncio.get_running_loop().time()
        if self._known is None or now - self._known[0] > _KNOWS_FOR:
            self._known = now, await self._read_states()
        return self._known[1]

    async def _read_states(self) -> dict[Resolution, Moment]:
        statement = influxql.states(STATE, among=influxql.where(self._town.id))
        found = {table.tags.get("resolution"): table.values for table in await self._server.query(statement)}
        return {one: int(found[one.name][0][1]) for one in (MINUTES, HOURS) if found.get(one.name)}

    async def _write_state(self, resolution: Resolution, through: Moment) -> None:
        start = start_of_line(STATE, {"resolution": resolution.name, "town": self._town.id})
        refusal = await self._server.write(f"{start} through={float(through)!r}".encode())
        if refusal is not None:
            raise ConfigError(f"{self._server.base} refuses the state of rollups: {refusal.text:.300}")
        self._known = None


def _lines_of(tables: Sequence[UnreadTable]) -> list[bytes]:
    return [lines for table in tables if (lines := table.lines)]


def _buckets(lines: Iterable[Change], resolution: Resolution) -> set[Moment]:
    per = resolution.width // MINUTE
    return {minute // per * resolution.width for line in lines for minute in line.minutes}


def _fields(table: Table, quantities: Sequence[str]) -> Iterator[tuple[Moment, dict[str, float]]]:
    """Beginning and fields of every row; of quantities without values nothing, whatever InfluxDB makes of these."""
    for at, *values in table.values:
        row = dict(zip(table.columns[1:], values, strict=True))
        fields: dict[str, float] = {}
        for one in quantities:
            count = row.get(f"{one}_count")
            if count:
                named = {f"{one}_{figure}": float(row[f"{one}_{figure}"]) for figure in _FROM_MINUTES}
                fields |= named | {f"{one}_mean": named[f"{one}_sum"] / count}
        yield int(at), fields
