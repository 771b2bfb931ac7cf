"""The whole alert book as files, one a table, and back: the same for SQLite and PostgreSQL, so a town can move."""

import gzip
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Integer, Table, exists, false, func, insert, select, text, true, update

from alerts import tables
from alerts.database import Database
from town.errors import ConfigError

AT_ONCE = 1_000
_ENDING = ".jsonl.gz"


async def write_book(database: Database, folder: Path) -> dict[str, int]:
    """Write every row of every table, as they are at one moment; how many rows each table has."""
    return await database.read(lambda connection: _write(connection, folder))


async def read_book(database: Database, folder: Path, *, tell_store: bool = False) -> dict[str, int]:
    """Fill an empty book with what `write_book` wrote, all or nothing; how many rows each table got.

    With `tell_store` every event of every alert goes to the store once more, because that is a new one. Raises
    ConfigError when the book has alerts already, or is of another form than the files.
    """

    def work(connection: Connection) -> dict[str, int]:
        counts = _read(connection, folder)
        if tell_store:
            _tell_store(connection)
        return counts

    return await database.write(work)


def _write(connection: Connection, folder: Path) -> dict[str, int]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    (folder / "form").write_text(_form(connection))
    return {table.name: _write_table(connection, table, folder) for table in _in_order()}


def _write_table(connection: Connection, table: Table, folder: Path) -> int:
    rows = connection.execute(select(table).order_by(*table.primary_key), execution_options={"yield_per": AT_ONCE})
    count = 0
    with gzip.open(folder / f"{table.name}{_ENDING}", "wb", compresslevel=6) as file:
        for row in rows.mappings():
            file.write(msgspec.json.encode(dict(row)) + b"\n")
            count += 1
    return count


def _read(connection: Connection, folder: Path) -> dict[str, int]:
    there = connection.execute(select(func.count()).select_from(tables.alert)).scalar_one()
    if there:
        raise ConfigError(f"the alert book has {there} alerts already: restore into an empty one")
    form, ours = (folder / "form").read_text().strip(), _form(connection)
    if form != ours:
        raise ConfigError(f"the alert book of the backup has the form {form}, ours is {ours}: use the same version")
    return {table.name: _read_table(connection, table, folder) for table in _in_order()}


def _in_order() -> list[Table]:
    """What others refer to first, and the news last: entries of the timeline make some by themselves."""
    return sorted(tables.metadata.sorted_tables, key=lambda table: table is tables.news)


def _read_table(connection: Connection, table: Table, folder: Path) -> int:
    connection.execute(table.delete())  # what a new book begins with, such as where it stands
    count = 0
    with gzip.open(folder / f"{table.name}{_ENDING}", "rb") as file:
        rows = (msgspec.json.decode(line) for line in file)
        for some in _pieces(rows):
            connection.execute(insert(table), some)
            count += len(some)
    _count_on(connection, table)
    return count


def _count_on(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number new rows behind those that came with their numbers."""
    column = table.autoincrement_column
    if connection.dialect.name == "postgresql" and column is not None and isinstance(column.type, Integer):
        highest = connection.execute(select(func.max(column))).scalar_one()
        if highest is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, highest)))


def _tell_store(connection: Connection) -> None:
    news, entry = tables.news, tables.timeline.c
    connection.execute(update(news).values(for_store=True))
    known = exists().where(news.c.alert == entry.alert, news.c.entry == entry.number)
    others = (
        select(entry.alert, entry.number, true(), false()).where(~known).order_by(entry.at, entry.alert, entry.number)
    )
    connection.execute(insert(news).from_select(["alert", "entry", "for_store", "for_broker"], others))


def _form(connection: Connection) -> str:
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _pieces(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        yield some
