# ruff: noqa: S608 - the texts are put together from the numbers and constants of this file alone
"""Fills the file of an embedded store with weeks and months, row for row as a store of that age has it.

Minutes and hours lie there as the rollups write them, values as they arrive; all are made inside DuckDB.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from town.kind import COMMON_QUANTITIES
from town.moment import DAY, HOUR, MINUTE, Duration, Moment
from town.quantity import ValueType
from town.store.duckdb_file import open_file
from town.town import Town

_MEMORY_MB = 1024
_PER_BATCH = 500
"""Values that a write brings."""
_UNTIL_RECEIVED = 40

_VALUE = """
CASE WHEN series > {numbers} THEN ((series + start // 600000) % 11 = 0)::DOUBLE
     ELSE round(20 + series % 13 + 8 * sin(start / 13750987.0 + series) + hash(n) % 100 / 100.0, 1) END
"""
"""Numbers that go up and down with the day, with one decimal, as sensors send them; one state in eleven is on."""


class Ages(NamedTuple):
    """How far back each resolution goes."""

    raw: Duration
    minutes: Duration
    hours: Duration


NOTHING = Ages(0, 0, 0)


class _Column(NamedTuple):
    """What is made in pieces of `piece`: rows of all series, a row each in every `width`."""

    table: str
    width: Duration
    piece: Duration
    values: str


_MINUTES = _Column("rollup_1m", MINUTE, HOUR, "1, v, v, v, v")
_HOURS = _Column("rollup_1h", HOUR, DAY, "60, 60 * v, v - 0.6, v + 0.7, v")
_RAW = _Column("stored", MINUTE, HOUR, "")


class Filling:
    """One file and what it is to hold of a town: every quantity that its kinds name, at one value a minute."""

    def __init__(self, path: Path, town: Town, *, now: Moment) -> None:
        self._path = path
        self.end = now // MINUTE * MINUTE
        """Everything is before."""
        self._series = _series(town)
        self._numbers = sum(kind != ValueType.BOOL for _, _, kind in self._series)

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
            for column, age, known in ((_HOURS, ages.hours, have.hours), (_MINUTES, ages.minutes, have.minutes)):
                for start, end in _pieces(self.end, column, age, known):
                    connection.execute(self._rollup(column, start, end))
            for start, end in _pieces(self.end, _RAW, ages.raw, have.raw):
                connection.execute(self._raw(start, end))
            self._mark(connection)
            connection.execute("CHECKPOINT")
            return {each.table: _count(connection, each.table) for each in (_RAW, _MINUTES, _HOURS)}
        finally:
            connection.close()

    def _begin(self, connection: duckdb.DuckDBPyConnection) -> None:
        with connection.appender("series") as appender:
            appender.append_rows([(number, *each) for number, each in enumerate(self._series, 1)])

    def _rows(self, width: Duration, start: Moment, end: Moment) -> str:
        """Number, series, beginning and value of every row, as they come in the course of time."""
        each = len(self._series)
        numbers = (
            f"SELECT n, (n % {each} + 1)::INTEGER AS series, {start} + n // {each} * {width} AS start "
            f"FROM range({(end - start) // width * each}) r(n)"
        )
        return f"(SELECT *, {_VALUE.format(numbers=self._numbers)} AS v FROM ({numbers}))"

    def _rollup(self, column: _Column, start: Moment, end: Moment) -> str:
        rows = self._rows(column.width, start, end)
        return f"INSERT INTO {column.table} SELECT series, start, {column.values} FROM {rows}"

    def _raw(self, start: Moment, end: Moment) -> str:
        """Each sensor has its own moment within the minute; batches are numbered by time, so they grow with it."""
        each = len(self._series)
        at = f"start + series * {MINUTE} // {each + 1}"
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


def _series(town: Town) -> list[tuple[str, str, str]]:
    """Sensor, quantity and type; numbers before states, sensors in the order of the town's list."""
    found = [
        (sensor.id, quantity, town.quantities[quantity].type.value)
        for sensor in town.sensors.values()
        for quantity in town.kinds[sensor.kind].quantities
        if quantity not in COMMON_QUANTITIES and town.quantities[quantity].type is not ValueType.TEXT
    ]
    return sorted(found, key=lambda each: each[2] == ValueType.BOOL)


def _pieces(end: Moment, column: _Column, age: Duration, known: Duration) -> Iterator[tuple[Moment, Moment]]:
    """From the oldest on, aligned to the column's width; none for what is there already."""
    last = (end - known) // column.width * column.width
    start = (end - age) // column.width * column.width
    while start < last:
        yield start, min(start + column.piece, last)
        start += column.piece


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def newest_moment(path: Path) -> Moment:
    """The end of what is in a file that was filled before, in whole minutes."""
    connection = open_file(path, memory_mb=_MEMORY_MB)
    try:
        row = connection.execute("SELECT max(start) FROM rollup_1m").fetchone()
        return int(row[0]) + MINUTE if row and row[0] else 0
    finally:
        connection.close()
