# ruff: noqa: S608 - the texts are put together from the numbers and constants of this file alone
"""Fills the file of an embedded store with weeks and months, row for row as a store of that age has it.

Minutes and hours lie there as the store leaves them, values as they arrive; all are made inside DuckDB.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from town.kind import COMMON_QUANTITIES
from town.moment import HOUR, MINUTE, Duration, Moment
from town.quantity import ValueType
from town.store.duckdb_file import open_file
from town.store.duckdb_order import BOTH, ORDERED, RECENT, ROWS_MOVED, STILL_CHANGING
from town.store.numbering import Numbering
from town.store.resolution import HOURS, MINUTES, ROLLUPS, Resolution
from town.store.series import StoredSeries
from town.town import Town

_MEMORY_MB = 1024
_PER_BATCH = 500
"""Values that a write brings."""
_UNTIL_RECEIVED = 40

_VALUE = """
CASE WHEN state THEN ((series + start // 600000) % 11 = 0)::DOUBLE
     ELSE round(20 + series % 13 + 8 * sin(start / 13750987.0 + series) + hash(n) % 100 / 100.0, 1) END
"""
"""Numbers that go up and down with the day, with one decimal, as sensors send them; one state in eleven is on."""


class Ages(NamedTuple):
    """How far back each resolution goes."""

    raw: Duration
    minutes: Duration
    hours: Duration


NOTHING = Ages(0, 0, 0)


class _Made(NamedTuple):
    """What a resolution's buckets hold of a value `v`."""

    resolution: Resolution
    values: str


_MINUTES = _Made(MINUTES, "1, v, v, v, v")
_HOURS = _Made(HOURS, "60, 60 * v, v - 0.6, v + 0.7, v")


class Filling:
    """One file and what it is to hold of a town: every quantity that its kinds name, at one value a minute."""

    def __init__(self, path: Path, town: Town, *, now: Moment) -> None:
        self._path = path
        self.end = now // MINUTE * MINUTE
        """Everything is before."""
        self._series = _series(town)

    @property
    def series(self) -> int:
        """How many series there are."""
        return len(self._series)

    def fill(self, ages: Ages, *, have: Ages = NOTHING) -> dict[str, int]:
        """Bring the file from what it has to those ages; returns its rows by table."""
        connection = open_file(self._path, memory_mb=_MEMORY_MB)
        try:
            if not have.raw:
                self._begin(connection)
            self._name_series(connection)
            for made, age, known in ((_HOURS, ages.hours, have.hours), (_MINUTES, ages.minutes, have.minutes)):
                self._roll_up(connection, made, age, known)
            for start, end in _pieces(self.end - ages.raw, self.end - have.raw, HOUR):
                connection.execute(self._raw(start, end))
            self._mark(connection)
            connection.execute("CHECKPOINT")
            rows = {ORDERED[one]: _count(connection, BOTH[one]) for one in ROLLUPS}
            return {"stored": _count(connection, "stored")} | rows
        finally:
            connection.close()

    def _begin(self, connection: duckdb.DuckDBPyConnection) -> None:
        with connection.appender("series") as appender:
            appender.append_rows(self._series)

    def _name_series(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A table of the series and whether each is a state, by their place in the list."""
        connection.execute("CREATE TEMP TABLE named (place INTEGER, series INTEGER, state BOOLEAN)")
        with connection.appender("named") as appender:
            rows = [(place, one.number, one.type == ValueType.BOOL) for place, one in enumerate(self._series)]
            appender.append_rows(rows)

    def _rows(self, width: Duration, start: Moment, end: Moment) -> str:
        """Number, place, series, beginning and value of every row, as they come in the course of time."""
        each = len(self._series)
        numbers = (
            f"SELECT n, place, series, state, {start} + n // {each} * {width} AS start "
            f"FROM range({(end - start) // width * each}) r(n) JOIN named ON place = n % {each}"
        )
        return f"(SELECT *, {_VALUE} AS v FROM ({numbers}))"

    def _roll_up(self, connection: duckdb.DuckDBPyConnection, made: _Made, age: Duration, known: Duration) -> None:
        """The newest as the store has them just before it puts them in order, all others as it has them afterwards."""
        one, width = made.resolution, made.resolution.width
        moved = max(1, ROWS_MOVED // len(self._series)) * width
        end = self.end // width * width
        since, until, border = end - age, end - known, end - moved - STILL_CHANGING * width
        for table, order, pieces in (
            (ORDERED[one], "series, start", _pieces(since, min(until, border), moved)),
            (RECENT[one], "start, series", _pieces(max(since, border), until, moved)),
        ):
            for first, last in pieces:
                rows = self._rows(width, first, last)
                connection.execute(
                    f"INSERT INTO {table} SELECT series, start, {made.values} FROM {rows} ORDER BY {order}"
                )

    def _raw(self, start: Moment, end: Moment) -> str:
        """Each sensor has its own moment within the minute; batches are numbered by time, so they grow with it."""
        each = len(self._series)
        at = f"start + place * {MINUTE} // {each}"
        batch = f"{start // MINUTE * each // _PER_BATCH} + n // {_PER_BATCH}"
        rows = self._rows(MINUTE, start, end)
        return f"INSERT INTO stored SELECT {batch}, series, {at}, {at} + {_UNTIL_RECEIVED}, v, NULL FROM {rows}"

    def _mark(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The hours that have ended and all minutes are made, and the newest of every series is known."""
        for width, until in ((HOUR, self.end // HOUR * HOUR), (MINUTE, self.end)):
            connection.execute(
                "UPDATE rollup_mark SET batch = (SELECT max(batch) FROM stored WHERE measured_at < ?) WHERE width = ?",
                [until, width],
            )
        connection.execute("UPDATE newest_mark SET batch = (SELECT max(batch) FROM stored)")
        connection.execute("DELETE FROM newest")
        connection.execute(
            "INSERT INTO newest SELECT series, max(measured_at), arg_max(number, measured_at), NULL FROM stored "
            "WHERE measured_at >= ? GROUP BY series",
            [self.end - 2 * MINUTE],
        )


def _series(town: Town) -> list[StoredSeries]:
    """All that are numbers or states, in the order of the town's sensors, numbered as the store does."""
    numbering = Numbering(town, ())
    return [
        StoredSeries(numbering.number(sensor.id, quantity, ()), sensor.id, quantity, town.quantities[quantity].type)
        for sensor in town.sensors.values()
        for quantity in town.kinds[sensor.kind].quantities
        if quantity not in COMMON_QUANTITIES and town.quantities[quantity].type is not ValueType.TEXT
    ]


def _pieces(start: Moment, end: Moment, piece: Duration) -> Iterator[tuple[Moment, Moment]]:
    """From the oldest on."""
    while start < end:
        yield start, min(start + piece, end)
        start += piece


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def newest_moment(path: Path) -> Moment:
    """The end of what is in a file that was filled before, in whole minutes."""
    connection = open_file(path, memory_mb=_MEMORY_MB)
    try:
        row = connection.execute(f"SELECT max(start) FROM {BOTH[MINUTES]}").fetchone()
        return int(row[0]) + MINUTE if row and row[0] else 0
    finally:
        connection.close()
