"""Readings as a Parquet file that any tool reads, and back: one row a value."""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import duckdb

from town.errors import ConfigError
from town.moment import Moment
from town.ports import ReadingWriter
from town.quantity import Value
from town.reading import Reading
from town.store.notes import Notes, whole_reading, write_flags, write_refused

Told = Callable[[int, Moment], None]
"""Is told how many readings are through, and the moment of the last one."""

_BATCH = 5_000
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "256MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_TABLE = """
CREATE TABLE exported (sensor VARCHAR, measured_at BIGINT, received_at BIGINT, quantity VARCHAR,
                       number DOUBLE, truth BOOLEAN, words VARCHAR, flags VARCHAR, refused VARCHAR)
"""
_WRITE = """
COPY (SELECT * REPLACE (make_timestamp_ms(measured_at)::TIMESTAMP_MS AS measured_at,
                        make_timestamp_ms(received_at)::TIMESTAMP_MS AS received_at) FROM exported)
TO '{}' (FORMAT parquet, COMPRESSION zstd)
"""
_READ = """
SELECT sensor::VARCHAR, epoch_ms(measured_at)::BIGINT, epoch_ms(received_at)::BIGINT, quantity::VARCHAR,
       number::DOUBLE, truth::BOOLEAN, words::VARCHAR, flags::VARCHAR, refused::VARCHAR FROM read_parquet(?)
"""


class Imported(NamedTuple):
    """How many readings a file held, and those that were refused, by reason with one detail each."""

    readings: int
    refused: Counter[str]
    details: dict[str, str]


class Readings(Protocol):
    """Whatever has readings to hand out."""

    def readings(self, *, start: Moment, end: Moment) -> AsyncIterator[list[Reading]]:
        """All with start <= measured_at < end, in batches."""


async def export_readings(
    store: Readings, path: Path, *, start: Moment, end: Moment, told: Told = lambda _, __: None
) -> int:
    """Write every reading with start <= measured_at < end into the file; how many there are.

    The file is whole or not there at all. Raises Unavailable, and ConfigError when it cannot be written.
    """
    count = 0
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}")
    try:
        with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
            with closing(duckdb.connect(str(Path(folder) / "rows"), config=_CONFIG)) as connection:
                connection.execute(_TABLE)
                async for readings in store.readings(start=start, end=end):
                    await asyncio.to_thread(_append, connection, readings)
                    count += len(readings)
                    told(count, readings[-1].measured_at)
                part = Path(folder) / "part"
                await asyncio.to_thread(connection.execute, _WRITE.format(str(part).replace("'", "''")))
            os.replace(part, path)  # noqa: PTH105 - as quick as a rename, and there is no async one
    except (OSError, duckdb.Error) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split()):.300}") from None
    return count


def _append(connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading]) -> None:
    with connection.appender("exported") as appender:
        appender.append_rows([row for reading in readings for row in _rows(reading)])


def _rows(reading: Reading) -> Iterator[tuple[object, ...]]:
    who = (reading.sensor, reading.measured_at, reading.received_at)
    notes = (write_flags(reading.flags) or None, write_refused(reading.refused) or None)
    for quantity, value in reading.values.items():
        if isinstance(value, bool):
            yield (*who, quantity, None, value, None, *notes)
        elif isinstance(value, str):
            yield (*who, quantity, None, None, value, *notes)
        else:
            yield (*who, quantity, value, None, None, *notes)
    if not reading.values:
        yield (*who, None, None, None, None, *notes)


async def import_readings(store: ReadingWriter, path: Path, *, told: Told = lambda _, __: None) -> Imported:
    """Write every reading of the file into the store; doing it again changes nothing.

    Raises Unavailable, and ConfigError for a file that is not of `export_readings`.
    """
    reasons: Counter[str] = Counter()
    details: dict[str, str] = {}
    count = 0
    try:
        with closing(duckdb.connect(":memory:", config=_CONFIG)) as connection:
            rows = await asyncio.to_thread(connection.execute, _READ, [str(path)])
            while found := await asyncio.to_thread(rows.fetchmany, 4 * _BATCH):
                readings = list(_whole(found))
                for first in range(0, len(readings), _BATCH):
                    refused = await store.write(readings[first : first + _BATCH])
                    reasons.update(one.reason for one in refused)
                    details.update({one.reason: one.detail for one in refused})
                count += len(readings)
                told(count, readings[-1].measured_at)
    except duckdb.Error as error:
        said = str(error).partition("\n")[0]  # behind it stands our own SQL
        raise ConfigError(f"{path}: no Parquet file of `town store export`: {said:.300}") from None
    return Imported(count, reasons, details)


def _whole(rows: Sequence[tuple[Any, ...]]) -> Iterator[Reading]:
    """Readings from rows that stand together; parts of one at both ends of a piece become one again in the store."""
    for (sensor, measured_at, received_at), parts in groupby(rows, key=lambda row: row[:3]):
        values: dict[str, Value] = {}
        flags = refused = ""
        for _, _, _, quantity, number, truth, words, flagged, doubted in parts:
            flags, refused = flagged or "", doubted or ""
            value = next((one for one in (number, truth, words) if one is not None), None)
            if quantity is not None and value is not None:
                values[quantity] = value
        at = -1 if measured_at is None else measured_at  # refused by the store as an impossible moment
        received = at if received_at is None else received_at
        yield whole_reading(sensor or "", at, received, values=values, notes=Notes(flags, refused))
