"""The database under the alert book: its engine, its migrations, and transactions that say when it is away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

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
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class Database:
    """Transactions on the alert book; `write` and `read` raise Unavailable when it is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite has one writer: waiting here is fair and free, waiting in SQLite is polling in a thread.
        self._one_writer = asyncio.Semaphore(1 if engine.dialect.name == "sqlite" else 8)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[R]]) -> R:
        """Do the work in one transaction, all or nothing; again from the start when another writer was first."""
        for remaining in reversed(range(TRIES)):
            try:
                async with self._one_writer, self._translated(), self._engine.begin() as connection:
                    return await work(connection)
            except IntegrityError:
                if not remaining:
                    raise
        raise AssertionError("unreachable")

    async def read(self, work: Callable[[AsyncConnection], Awaitable[R]]) -> R:
        """Do the work on one snapshot of the book."""
        async with self._translated(), self._engine.connect() as plain:
            return await work(await plain.execution_options(reads_only=True))

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


def _line(error: Exception) -> str:
    """What the driver said in one line, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).splitlines()[0][:200]


@asynccontextmanager
async def open_database(url: str, *, busy: Duration = BUSY) -> AsyncIterator[Database]:
    """The database at a SQLAlchemy URL, brought to the newest form; ConfigError when it cannot be used.

    `sqlite:///PATH` and `postgresql://…` need not name a driver. The folder of an SQLite file is made.
    """
    engine = _engine(_parsed(url), busy=busy)
    try:
        await _migrate(engine)
        yield Database(engine)
    finally:
        await engine.dispose()


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


def _engine(url: URL, *, busy: Duration) -> AsyncEngine:
    options: dict[str, Any] = {"json_serializer": lambda value: msgspec.json.encode(value).decode()}
    if url.get_driver_name() == "asyncpg":
        options["connect_args"] = {"timeout": CONNECT_SECONDS, "command_timeout": ANSWER_SECONDS}
    try:
        engine = create_async_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite", **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(f"the alert book needs a driver that is not installed: {error}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", lambda link, _record: _prepare_sqlite(link, busy))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


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


async def _migrate(engine: AsyncEngine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))

    def upgrade(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    except (OperationalError, InterfaceError, OSError) as error:
        raise ConfigError(f"the alert book cannot be opened: {_line(error)}") from None
