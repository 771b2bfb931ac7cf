"""The database under the alert book: its engine, its migrations, and transactions that say when it is away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from town.errors import ConfigError, Unavailable
from town.moment import SECOND, Duration

logger = logging.getLogger(__name__)

R = TypeVar("R")

BUSY: Duration = 10 * SECOND
"""How long SQLite waits for another process's transaction before the book counts as away."""
CONNECT_SECONDS, ANSWER_SECONDS = 5, 30
"""How long PostgreSQL may take to be reached, and to answer."""
TRIES = 5
"""How often a transaction that met another one is tried again."""
READERS, WRITERS = 2, 8
"""How many transactions are under way at once: reading SQLite, writing PostgreSQL."""
_DRIVERS = {"sqlite+aiosqlite": "sqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class _Transactions(Protocol):
    """Runs a piece of work, all of it in one transaction and away from the loop."""

    async def write(self, work: Callable[[Connection], R]) -> R:
        """In a transaction that may change rows."""

    async def read(self, work: Callable[[Connection], R]) -> R:
        """On one snapshot."""

    async def close(self) -> None:
        """Let what runs end, and give the connections back."""


class Database:
    """Transactions on the alert book; `write` and `read` raise Unavailable when it is away.

    The work is a plain function of a connection. It runs in another thread or greenlet, whole: the loop is left and met
    once a transaction, not once a statement. Whoever is cancelled meanwhile does not know whether it was done.
    """

    def __init__(self, transactions: _Transactions) -> None:
        self._transactions = transactions

    async def write(self, work: Callable[[Connection], R]) -> R:
        """Do the work in one transaction, all or nothing; again from the start when another writer was first."""
        for remaining in reversed(range(TRIES)):
            try:
                async with self._translated():
                    return await self._transactions.write(work)
            except IntegrityError:
                if not remaining:
                    raise
        raise AssertionError("unreachable")

    async def read(self, work: Callable[[Connection], R]) -> R:
        """Do the work on one snapshot of the book."""
        async with self._translated():
            return await self._transactions.read(work)

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise Unavailable(f"the alert book does not answer: {_line(error)}") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable(f"the alert book went away: {_line(error)}") from error
            raise


class _Sqlite:
    """One thread writes, for SQLite has one writer: waiting for it is fair and free, waiting in SQLite is polling."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = ThreadPoolExecutor(1, "alert-book-writer")
        self._readers = ThreadPoolExecutor(READERS, "alert-book-reader")

    async def write(self, work: Callable[[Connection], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, work)

    def _write(self, work: Callable[[Connection], R]) -> R:
        with self._engine.begin() as connection:
            return work(connection)

    async def read(self, work: Callable[[Connection], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Callable[[Connection], R]) -> R:
        with self._engine.connect() as connection:
            return work(connection.execution_options(reads_only=True))

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()


class _Postgresql:
    """A few transactions at once, in the loop's own thread."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._places = asyncio.Semaphore(WRITERS)

    async def write(self, work: Callable[[Connection], R]) -> R:
        async with self._places, self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def read(self, work: Callable[[Connection], R]) -> R:
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


def _line(error: Exception) -> str:
    """What the driver said in one line, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).splitlines()[0][:200]


@asynccontextmanager
async def open_database(url: str, *, busy: Duration = BUSY) -> AsyncIterator[Database]:
    """The database at a SQLAlchemy URL, brought to the newest form; ConfigError when it cannot be used.

    `sqlite:///PATH` and `postgresql://…` need not name a driver. The folder of an SQLite file is made.
    """
    transactions = _transactions(_parsed(url), busy=busy)
    try:
        await _migrate(transactions)
        yield Database(transactions)
    finally:
        await transactions.close()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("the alert book's address is not a SQLAlchemy URL such as sqlite:///state/book.db") from None
    parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"the alert book can be sqlite or postgresql, not {parsed.get_backend_name()}")
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigError("the alert book must survive: name a file, such as sqlite:///state/book.db")
        _make_folder(Path(str(parsed.database)).parent)
    return parsed


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder of the alert book cannot be made: {folder}: {error.strerror}") from None


def _transactions(url: URL, *, busy: Duration) -> _Transactions:
    def encoded(value: Any) -> str:
        return msgspec.json.encode(value).decode()

    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, json_serializer=encoded, json_deserializer=msgspec.json.decode)
            event.listen(engine, "connect", lambda link, _record: _prepare_sqlite(link, busy))
            event.listen(engine, "begin", _begin_sqlite)
            return _Sqlite(engine)
        limits = {"timeout": CONNECT_SECONDS, "command_timeout": ANSWER_SECONDS}
        connect = limits if url.get_driver_name() == "asyncpg" else {}
        return _Postgresql(create_async_engine(url, pool_pre_ping=True, json_serializer=encoded, connect_args=connect))
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(f"the alert book needs a driver that is not installed: {error}") from None


def _prepare_sqlite(connection: Any, busy: Duration) -> None:
    connection.isolation_level = None  # the driver's own BEGIN is too late and too weak: `_begin_sqlite` says it
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={busy}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: a transaction that reads first and writes later cannot wait for it."""
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


async def _migrate(transactions: _Transactions) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))

    def upgrade(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    try:
        await transactions.write(upgrade)
    except (OperationalError, InterfaceError, OSError) as error:
        raise ConfigError(f"the alert book cannot be opened: {_line(error)}") from None
