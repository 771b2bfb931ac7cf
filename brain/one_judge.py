"""One rules process for each alert book: it holds the right to judge, and a second one waits until it ends.

With PostgreSQL it is an advisory lock of a connection, with SQLite a lock on a file beside the book: both end with the
process that holds them, however it ends.
"""

import asyncio
import fcntl
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from town.errors import ConfigError, Unavailable
from town.moment import SECOND, Duration

log = logging.getLogger("rules")

_TRY_EVERY: Duration = SECOND
_LOOK_EVERY: Duration = 5 * SECOND
_ANSWERS_WITHIN: Duration = 10 * SECOND

Watch = Callable[[], Coroutine[Any, Any, None]]
"""Runs until the right is lost, which it raises as Unavailable."""


@asynccontextmanager
async def only_judge(book_url: str, town: str) -> AsyncIterator[Watch]:
    """Wait for the right to judge this town, and hold it until the block ends."""
    url = make_url(book_url)
    holding = _of_file(Path(str(url.database))) if url.get_backend_name() == "sqlite" else _of_server(book_url, town)
    async with holding as watch:
        yield watch


@asynccontextmanager
async def _of_file(book: Path) -> AsyncIterator[Watch]:
    book.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with book.with_name(f"{book.name}.judge").open("a+") as file:

        async def take() -> str | None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                return file.read().strip() or "another process"
            return None

        await _until_ours(take)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        yield _never


@asynccontextmanager
async def _of_server(url: str, town: str) -> AsyncIterator[Watch]:
    name = make_url(url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(name, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await _until_ours(lambda: _try_lock(connection, town))
            yield lambda: _watch(connection)
    except (OperationalError, OSError) as error:
        raise ConfigError(f"the alert book cannot be opened: {str(error).splitlines()[0][:200]}") from None
    finally:
        await engine.dispose()


async def _until_ours(take: Callable[[], Awaitable[str | None]]) -> None:
    """Try until `take` returns None; it returns who has it instead."""
    told = False
    while (holder := await take()) is not None:
        if not told:
            log.warning("another rules process of this town judges (%s): this one waits until it ends", holder)
        told = True
        await asyncio.sleep(_TRY_EVERY / 1000)
    if told:
        log.info("the other rules process is gone: this one judges now")


async def _try_lock(connection: AsyncConnection, town: str) -> str | None:
    name = {"name": f"town rules {town}"}
    got = await connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), name)
    return None if got else "its lock is in the alert book"


async def _never() -> None:
    """A lock on a file is not lost."""
    await asyncio.get_running_loop().create_future()


async def _watch(connection: AsyncConnection) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY / 1000)
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN / 1000):
                await connection.scalar(text("SELECT 1"))
        except (DBAPIError, OSError, TimeoutError) as error:
            raise Unavailable(f"the right to judge is lost, the alert book does not answer: {error}") from None
