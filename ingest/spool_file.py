"""The file of the spool: SQLite in WAL mode, a row a batch. Everything here runs in the spool's thread."""

import contextlib
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from town.moment import Moment
from town.reading import Reading

Groups = Mapping[str, Sequence[Reading]]
"""Readings by gateway."""

_ROWS_AT_ONCE = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS batch (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, newest INTEGER NOT NULL,
    damaged INTEGER NOT NULL DEFAULT 0, counts BLOB NOT NULL, body BLOB NOT NULL
);
"""

_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(dict[str, list[Reading]]).decode
_decode_counts = msgspec.msgpack.Decoder(dict[str, int]).decode
DAMAGED = (zlib.error, msgspec.MsgspecError)


class Spooled(NamedTuple):
    """Some of the oldest batches, as one: which rows, and their readings by gateway."""

    rows: tuple[int, ...]
    groups: dict[str, list[Reading]]

    @property
    def counts(self) -> Counter[str]:
        """How many readings of each gateway."""
        return Counter({gateway: len(readings) for gateway, readings in self.groups.items()})


class Contents(NamedTuple):
    """What the file holds: batches, those that cannot be read, when the oldest came, the share and bytes in use."""

    rows: int = 0
    damaged: int = 0
    oldest_at: Moment | None = None
    used: float = 0.0
    size: int = 0


class SpoolFile:
    """The open file. `size` is the most bytes it may have beside its write-ahead log (some 4 MB).

    Every method raises sqlite3.Error when the disk or the file does not let it; nothing is half done then.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.executescript(_TABLES)
        (page,) = self.database.execute("PRAGMA page_size").fetchone()
        self._page = int(page)
        (self._pages,) = self.database.execute(f"PRAGMA max_page_count = {size // page}").fetchone()
        self._rows, self._damaged = 0, 0
        self.counts: Counter[str] = Counter()
        """Readings by gateway when it was opened."""
        for damaged, counts in self.database.execute("SELECT damaged, counts FROM batch"):
            self._rows += 1
            self._damaged += damaged
            self.counts.update(_decode_counts(counts))

    def add(self, groups: Groups, counts: Mapping[str, int], at: Moment) -> Contents:
        """Keep a batch, safe from a power cut on return."""
        newest = max(reading.received_at for readings in groups.values() for reading in readings)
        row = (at, newest, _encode(counts), zlib.compress(_encode(groups), 1))
        with self._transaction():
            self.database.execute("INSERT INTO batch (at, newest, counts, body) VALUES (?, ?, ?, ?)", row)
        self._rows += 1
        return self.contents()

    def remove(self, rows: Sequence[int]) -> Contents:
        """Forget batches."""
        with self._transaction():
            self.database.executemany("DELETE FROM batch WHERE id = ?", [(row,) for row in rows])
        self._rows -= len(rows)
        return self.contents()

    def oldest(self, most: int) -> tuple[Spooled | None, list[int]]:
        """The oldest batches, `most` readings unless the first has more, and those found damaged, which are marked."""
        groups, rows, damaged, count = dict[str, list[Reading]](), list[int](), list[int](), 0
        query = "SELECT id, counts, body FROM batch WHERE NOT damaged ORDER BY id LIMIT ?"
        for row, counts, body in self.database.execute(query, (_ROWS_AT_ONCE,)):
            count += sum(_decode_counts(counts).values())
            if rows and count > most:
                break
            try:
                found = unpacked(body)
            except DAMAGED:
                damaged.append(row)
                continue
            rows.append(row)
            for gateway, readings in found.items():
                groups.setdefault(gateway, []).extend(readings)
        self._mark(damaged)
        return (Spooled(tuple(rows), groups) if rows else None), damaged

    def since(self, moment: Moment, after: int) -> list[tuple[int, bytes]]:
        """Some rows behind `after` that hold anything received after that moment, as they are."""
        query = "SELECT id, body FROM batch WHERE id > ? AND newest > ? ORDER BY id LIMIT 20"
        return self.database.execute(query, (after, moment)).fetchall()

    def contents(self) -> Contents:
        """What is in it now."""
        oldest = self.database.execute("SELECT at FROM batch ORDER BY id LIMIT 1").fetchone()
        (pages,) = self.database.execute("PRAGMA page_count").fetchone()
        (free,) = self.database.execute("PRAGMA freelist_count").fetchone()
        used, oldest_at = pages - free, oldest[0] if oldest else None
        return Contents(self._rows, self._damaged, oldest_at, used / self._pages, used * self._page if oldest else 0)

    def _mark(self, damaged: Sequence[int]) -> None:
        if damaged:
            with self._transaction():
                self.database.executemany("UPDATE batch SET damaged = 1 WHERE id = ?", [(row,) for row in damaged])
            self._damaged += len(damaged)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self.database:  # commits, or rolls back
            self.database.execute("BEGIN IMMEDIATE")
            yield


def unpacked(body: bytes) -> dict[str, list[Reading]]:
    """The readings of a row by gateway; raises one of DAMAGED."""
    return _decode(zlib.decompress(body))
