"""Statements on the way from a transition to its people: made once, and run by the driver itself.

SQLAlchemy makes them, names their parameters and knows their types. What it does anew at each execution costs ten times
what SQLite does, in a process that has other things to do on the same core; so only errors are left to it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select

Statement = Select[Any] | UpdateBase
Turn = Callable[[Any], Any]
"""Turns a value into what the driver takes, or what the driver gives into a value."""


class _Ready(NamedTuple):
    """A statement as one driver wants it."""

    sql: str
    names: Sequence[str]
    """Its parameters, in their order."""
    positional: bool
    fixed: Mapping[str, Any]
    """Those that always have the same value."""
    given: Mapping[str, Turn]
    """How those are turned that the driver does not take as they are."""
    columns: Sequence[str]
    read: Sequence[tuple[str, Turn]]
    """How columns are turned that the driver does not give as they are."""


class Prepared:
    """One statement, for whatever database it is run on. Lists of any length are no parameters here."""

    def __init__(self, make: Callable[[], Statement], *, given: Sequence[str] | None = None) -> None:
        """`given` are the columns that an INSERT is given."""
        self._make, self._given = make, given
        self._ready: dict[str, _Ready] = {}

    def rows(self, connection: Connection, **given: Any) -> list[dict[str, Any]]:
        """What it finds, or returns of what it changed."""
        ready = self._for(connection.dialect)
        with _cursor(connection, ready.sql) as cursor:
            cursor.execute(ready.sql, _parameters(ready, given))
            found = [dict(zip(ready.columns, row, strict=True)) for row in cursor.fetchall()]
        for name, read in ready.read:
            for row in found:
                row[name] = read(row[name])
        return found

    def change(self, connection: Connection, **given: Any) -> int:
        """How many rows it changed."""
        ready = self._for(connection.dialect)
        with _cursor(connection, ready.sql) as cursor:
            cursor.execute(ready.sql, _parameters(ready, given))
            return int(cursor.rowcount)

    def change_each(self, connection: Connection, given: Sequence[Mapping[str, Any]]) -> None:
        """Once with each of these parameters, of which there is one at least."""
        if len(given) == 1:
            self.change(connection, **given[0])
            return
        ready = self._for(connection.dialect)
        with _cursor(connection, ready.sql) as cursor:
            cursor.executemany(ready.sql, [_parameters(ready, one) for one in given])

    def _for(self, dialect: Dialect) -> _Ready:
        ready = self._ready.get(dialect.name)
        if ready is None:
            ready = self._ready[dialect.name] = _ready(self._make(), self._given, dialect)
        return ready


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, all of them with the same columns; nothing when there are none."""
    if rows:
        _inserting(table, tuple(rows[0])).change_each(connection, rows)


@cache
def _inserting(table: Table, columns: Sequence[str]) -> Prepared:
    return Prepared(lambda: insert(table).inline(), given=columns)


def _ready(statement: Statement, given: Sequence[str] | None, dialect: Dialect) -> _Ready:
    compiled = statement.compile(dialect=dialect, column_keys=given)
    assert isinstance(compiled, SQLCompiler)
    binds = compiled.binds
    turns = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
    columns = [(str(column.key), column.type.dialect_impl(dialect)) for column in statement.exported_columns]
    reads = [(name, kind.result_processor(dialect, None)) for name, kind in columns]
    return _Ready(
        str(compiled),
        compiled.positiontup or list(binds),
        compiled.positional,
        {name: bind.value for name, bind in binds.items() if not bind.required},
        {name: turn for name, turn in turns.items() if turn is not None},
        [name for name, _ in columns],
        [(name, read) for name, read in reads if read is not None],
    )


def _parameters(ready: _Ready, given: Mapping[str, Any]) -> Any:
    values = {**ready.fixed, **given}
    for name, turn in ready.given.items():
        values[name] = turn(values[name])
    return [values[name] for name in ready.names] if ready.positional else values


@contextmanager
def _cursor(connection: Connection, sql: str) -> Iterator[Any]:
    """A cursor of the driver's; what it raises comes out as SQLAlchemy tells it, and a lost connection is given up."""
    if not connection.in_transaction():
        connection.begin()
    driver = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except driver as error:
        lost = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            sql, None, error, driver, connection_invalidated=lost, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()
