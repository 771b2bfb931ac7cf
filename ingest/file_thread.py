"""An SQLite file and the thread that alone writes to it; any process may read it meanwhile."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from town.errors import ConfigError

T = TypeVar("T")


class FileThread:
    """One file with its tables. `what` is what people call it, such as `the ledger`.

    What was written survives `kill -9`; a power cut may cost the newest of it.
    """

    def __init__(self, path: Path, what: str, tables: str) -> None:
        self._path, self._what, self._tables = path, what, tables
        self._thread = ThreadPoolExecutor(1, what)
        self._database: sqlite3.Connection | None = None

    async def open(self, then: Callable[[sqlite3.Connection], None] | None = None) -> None:
        """Open or create the file and do what has to be done first; raises ConfigError when that cannot be."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._open, then)
        except (sqlite3.Error, OSError) as error:
            self._thread.shutdown()
            raise ConfigError(f"{self._path}: {self._what} cannot be opened: {error}") from None

    async def write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> None:
        """Do work on the file, all of it or nothing; raises sqlite3.Error when the disk does not take it.

        `then` is told what came of it as soon as it is kept, in the thread, whoever stops waiting for it.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, work, then)

    def close(self) -> None:
        """Finish what is under way; nothing can be written afterwards."""
        if self._database is not None:
            self._thread.submit(self._database.close).result()
        self._thread.shutdown()

    def _open(self, then: Callable[[sqlite3.Connection], None] | None) -> None:
        self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(self._tables)
        if then is not None:
            then(self._database)

    def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None) -> None:
        assert self._database is not None, "open it first"
        with self._database:  # commits, or rolls back
            self._database.execute("BEGIN IMMEDIATE")
            result = work(self._database)
        if then is not None:
            then(result)


@contextlib.contextmanager
def open_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """The file for reading only, while another process may write to it."""
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        yield database
