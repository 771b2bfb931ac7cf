"""Quarantine: what was refused, with the reason, kept in SQLite for people to look at while the brain runs."""

import contextlib
import hashlib
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from ingest.file_thread import FileThread, open_to_read
from ingest.reason import Reason, Scope
from town.errors import ConfigError
from town.moment import MINUTE, Moment

log = logging.getLogger("ingest.quarantine")

KEPT_BYTES = 4_096
"""How much of a payload is kept."""
_KEPT_TEXT = 512
_SAMPLES_A_MINUTE = 30
"""Entries kept a minute for each gateway and reason; all are counted."""

_TABLES = """
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, gateway TEXT NOT NULL, topic TEXT NOT NULL,
    reason TEXT NOT NULL, scope TEXT NOT NULL, detail TEXT NOT NULL,
    payload BLOB NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entry_reason ON entry (reason, id);
CREATE INDEX IF NOT EXISTS entry_gateway ON entry (gateway, id);
CREATE TABLE IF NOT EXISTS tally (
    gateway TEXT NOT NULL, reason TEXT NOT NULL, scope TEXT NOT NULL,
    refused INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    PRIMARY KEY (gateway, reason, scope)
) WITHOUT ROWID;
"""
_COUNT = """
INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET refused = refused + excluded.refused,
    first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)
"""
_COLUMNS = "id, at, gateway, topic, reason, scope, detail, payload, size, sha256"
_PAYLOAD: Final = 6
"""Its place in a row that has no id yet."""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Something that was refused. The whole payload is given, unless `size` and `sha256` tell what the whole was."""

    at: Moment
    gateway: str
    topic: str
    reason: Reason
    scope: Scope
    detail: str
    payload: bytes
    size: int | None = None
    sha256: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """What is kept of a refusal: at most 4 KiB of the payload, with the size and SHA-256 of all of it."""

    id: int
    at: Moment
    gateway: str
    topic: str
    reason: Reason
    scope: Scope
    detail: str
    payload: bytes
    size: int
    sha256: str


class Tally(msgspec.Struct, frozen=True):
    """How often something was refused, entries that were not kept or are forgotten included."""

    gateway: str
    reason: Reason
    scope: Scope
    refused: int
    first_at: Moment
    last_at: Moment


class Quarantine:
    """Writes the quarantine from a thread of its own; open it with `async with`. The oldest entries make room.

    A failing disk costs the entries, not the readings: it is logged once and counted by the caller, who gets False.
    """

    def __init__(self, path: Path, *, entries: int = 20_000, size: int = 64 << 20) -> None:
        self._path, self._entries, self._size = path, entries, size
        self._file = FileThread(path, "the quarantine", _TABLES)
        self._samples: dict[tuple[str, Reason], int] = {}
        self._minute = 0
        self._failing = False
        self._kept_entries = self._kept_bytes = 0

    async def __aenter__(self) -> Self:
        """Open or create the file; raises ConfigError when it cannot be."""
        await self._file.open(self._measure)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def add_many(self, refusals: Sequence[Refusal]) -> bool:
        """Count them all and keep a sample, durably on return; False when the disk did not take them."""
        try:
            await self._file.write(lambda database: self._write(database, refusals))
        except sqlite3.Error as error:
            if not self._failing:
                log.error("%s: refusals are counted but not kept: %s", self._path, error)
            self._failing = True
            return False
        self._failing = False
        return True

    def _write(self, database: sqlite3.Connection, refusals: Sequence[Refusal]) -> None:
        kept = [_row(each) for each in refusals if self._is_sample(each)]
        database.executemany(_COUNT, _counted(refusals))
        database.executemany("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kept)
        self._kept_entries += len(kept)
        self._kept_bytes += sum(len(row[_PAYLOAD]) for row in kept)
        self._make_room(database)

    def _is_sample(self, refusal: Refusal) -> bool:
        minute = refusal.at // MINUTE
        if minute != self._minute:
            self._minute = minute
            self._samples.clear()
        key = (refusal.gateway, refusal.reason)
        self._samples[key] = self._samples.get(key, 0) + 1
        return self._samples[key] <= _SAMPLES_A_MINUTE

    def _make_room(self, database: sqlite3.Connection) -> None:
        """Forget the oldest tenth as long as there are too many entries or bytes; the tallies keep counting them."""
        while self._kept_entries > self._entries or self._kept_bytes > self._size:
            dropped = max(1, self._kept_entries // 10)
            database.execute("DELETE FROM entry WHERE id IN (SELECT id FROM entry ORDER BY id LIMIT ?)", (dropped,))
            self._measure(database)

    def _measure(self, database: sqlite3.Connection) -> None:
        query = "SELECT count(*), coalesce(sum(length(payload)), 0) FROM entry"
        self._kept_entries, self._kept_bytes = database.execute(query).fetchone()


def _counted(refusals: Sequence[Refusal]) -> list[tuple[str, str, str, int, int, int]]:
    """One line a gateway, reason and scope: how many, the first and the last moment."""
    found: dict[tuple[str, str, str], list[Moment]] = {}
    for each in refusals:
        found.setdefault((each.gateway, each.reason.value, each.scope.value), []).append(each.at)
    return [(*key, len(moments), min(moments), max(moments)) for key, moments in found.items()]


def _row(refusal: Refusal) -> tuple[int, str, str, str, str, str, bytes, int, str]:
    payload = refusal.payload
    return (
        refusal.at,
        refusal.gateway,
        _storable(refusal.topic),
        refusal.reason.value,
        refusal.scope.value,
        _storable(refusal.detail),
        payload[:KEPT_BYTES],
        len(payload) if refusal.size is None else refusal.size,
        refusal.sha256 or hashlib.sha256(payload).hexdigest(),
    )


def _storable(text: str) -> str:
    """Foreign text cut short, without what SQLite cannot hold (lone surrogates from JSON escapes)."""
    return text[:_KEPT_TEXT].encode("utf-8", "replace").decode("utf-8")


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        raise ConfigError(f"{path}: nothing was refused yet, there is no quarantine here")
    with open_to_read(path) as database:
        yield database


def list_entries(
    path: Path, *, limit: int = 50, reason: Reason | None = None, gateway: str | None = None
) -> list[Entry]:
    """The newest entries first; any process may ask while the brain runs. Raises ConfigError without a quarantine."""
    with _reading(path) as database:
        rows = database.execute(
            f"SELECT {_COLUMNS} FROM entry WHERE (?1 IS NULL OR reason = ?1) AND (?2 IS NULL OR gateway = ?2)"  # noqa: S608 - only our column names are put in
            " ORDER BY id DESC LIMIT ?3",
            (reason, gateway, limit),
        ).fetchall()
    return [_entry(row) for row in rows]


def show_entry(path: Path, entry: int) -> Entry | None:
    """One entry, or None when there is none of that id (any more)."""
    with _reading(path) as database:
        row = database.execute(f"SELECT {_COLUMNS} FROM entry WHERE id = ?", (entry,)).fetchone()  # noqa: S608 - as above
    return _entry(row) if row else None


def tallies(path: Path) -> list[Tally]:
    """How much was refused since the file began, the most frequent first."""
    with _reading(path) as database:
        rows = database.execute(
            "SELECT gateway, reason, scope, refused, first_at, last_at FROM tally ORDER BY refused DESC"
        ).fetchall()
    return [Tally(gateway, Reason(reason), Scope(scope), *rest) for gateway, reason, scope, *rest in rows]


def _entry(row: Sequence[int | str | bytes]) -> Entry:
    return msgspec.convert(dict(zip(_COLUMNS.split(", "), row, strict=True)), Entry, builtin_types=(bytes,))
