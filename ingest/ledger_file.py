"""The ledger on disk: what was counted, by gateway and minute, kept 30 days in SQLite; any process may read it."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from ingest.file_thread import FileThread, open_to_read
from town.errors import ConfigError
from town.moment import DAY, HOUR, MINUTE, Duration, Moment

KEPT: Duration = 30 * DAY
COUNTS = (
    "received", "redelivered", "decoded", "rejected", "readings", "carried", "stored", "spooled", "replayed",
    "quarantined", "duplicates", "gaps", "waiting", "in_spool",
)  # fmt: skip
"""What is counted. `waiting` and `in_spool` are by how much these changed, the others only grow."""

_COLUMNS = ", ".join(f"{name} INTEGER NOT NULL" for name in COUNTS)
_TABLES = f"""
CREATE TABLE IF NOT EXISTS run (
    run INTEGER PRIMARY KEY AUTOINCREMENT, started_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0, carried INTEGER NOT NULL, in_spool INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS minute (
    at INTEGER NOT NULL, gateway TEXT NOT NULL, run INTEGER NOT NULL, {_COLUMNS}, PRIMARY KEY (at, gateway, run)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reason (
    at INTEGER NOT NULL, gateway TEXT NOT NULL, run INTEGER NOT NULL, scope TEXT NOT NULL, reason TEXT NOT NULL,
    refused INTEGER NOT NULL, PRIMARY KEY (at, gateway, run, scope, reason)
) WITHOUT ROWID;
"""
_COUNT_MINUTE = (
    f"INSERT INTO minute VALUES ({', '.join('?' * (3 + len(COUNTS)))}) ON CONFLICT DO UPDATE SET "  # noqa: S608 - our own names
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTS)
)
_COUNT_REASON = (
    "INSERT INTO reason VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET refused = refused + excluded.refused"
)

Reasons = Mapping[tuple[str, str], int]
"""How much was refused, by scope and reason."""


class Change(NamedTuple):
    """What one gateway's counts changed by, in the order of COUNTS, and what was refused."""

    gateway: str
    counts: tuple[int, ...]
    reasons: Reasons


class LedgerFile:
    """Writes the ledger from a thread of its own; open it with `async with`."""

    def __init__(self, path: Path) -> None:
        self._file = FileThread(path, "the ledger", _TABLES)
        self.left = 0
        """Readings that the last run left in the spool when it ended; 0 when it was killed: then nobody knows."""
        self._run = 0
        self._forgotten_at: Moment = 0

    async def __aenter__(self) -> Self:
        """Open or create the file; raises ConfigError when it cannot be."""
        await self._file.open(self._look_back)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def write(self, changes: Sequence[Change], now: Moment, *, in_spool: int, carried: int, ended: bool) -> None:
        """Add what changed to this minute, all or nothing; `in_spool` and `carried` are those of the whole town.

        Raises sqlite3.Error when the disk does not take it.
        """
        state = (in_spool, carried, int(ended))
        await self._file.write(lambda database: self._write(database, changes, now, state), self._written)

    def _write(
        self, database: sqlite3.Connection, changes: Sequence[Change], now: Moment, state: tuple[int, int, int]
    ) -> int:
        """The run that was written to."""
        minute, run = now - now % MINUTE, self._run or self._begin(database, now)
        rows = [(minute, change.gateway, run, *change.counts) for change in changes]
        database.executemany(_COUNT_MINUTE, rows)
        reasons = [
            (minute, change.gateway, run, *what, count) for change in changes for what, count in change.reasons.items()
        ]
        database.executemany(_COUNT_REASON, reasons)
        update = "UPDATE run SET last_at = ?, in_spool = ?, carried = ?, ended = ? WHERE run = ?"
        database.execute(update, (now, *state, run))
        if now - self._forgotten_at >= HOUR:
            self._forget(database, now)
        return run

    def _look_back(self, database: sqlite3.Connection) -> None:
        last = database.execute("SELECT ended, in_spool FROM run ORDER BY run DESC LIMIT 1").fetchone()
        self.left = last[1] if last is not None and last[0] else 0

    def _written(self, run: int) -> None:
        self._run = run

    def _begin(self, database: sqlite3.Connection, now: Moment) -> int:
        begun = database.execute("INSERT INTO run VALUES (NULL, ?, ?, 0, 0, 0)", (now, now))
        assert begun.lastrowid is not None
        return begun.lastrowid

    def _forget(self, database: sqlite3.Connection, now: Moment) -> None:
        for table in ("minute", "reason"):
            database.execute(f"DELETE FROM {table} WHERE at < ?", (now - KEPT,))  # noqa: S608 - one of two names
        database.execute("DELETE FROM run WHERE last_at < ?", (now - KEPT,))
        self._forgotten_at = now


class Minute(msgspec.Struct, frozen=True):
    """What one gateway's messages and readings came to in one minute of one run, or over more of them."""

    at: Moment
    gateway: str
    run: int
    counts: dict[str, int]

    @property
    def missing(self) -> tuple[int, int]:
        """Messages and readings that are not accounted for; both 0 when it balances."""
        count = self.counts
        messages = count["received"] - count["decoded"] - count["rejected"]
        there = count["stored"] + count["quarantined"] + count["waiting"] + count["in_spool"]
        return messages, count["readings"] + count["carried"] - there

    @property
    def balanced(self) -> bool:
        """Whether everything is accounted for."""
        return self.missing == (0, 0)


class Run(msgspec.Struct, frozen=True):
    """One life of a process: `ended` when it had time to say so; the readings in its spool at the start and last."""

    run: int
    started_at: Moment
    last_at: Moment
    ended: bool
    carried: int
    in_spool: int


class Written(NamedTuple):
    """What the file says of a span of time: minutes, what was refused by gateway, and the runs of that time."""

    minutes: list[Minute]
    refused: dict[str, Counter[tuple[str, str]]]
    runs: list[Run]

    def sums(self) -> list[Minute]:
        """One line a gateway, with everything in it; `waiting` of runs that are over has gone back to the broker."""
        found: dict[str, Counter[str]] = {}
        for minute in self.minutes:
            found.setdefault(minute.gateway, Counter()).update(minute.counts)
        first = min((minute.at for minute in self.minutes), default=0)
        return [Minute(first, gateway, 0, {name: counts[name] for name in COUNTS}) for gateway, counts in found.items()]

    def in_spool(self) -> dict[str, int]:
        """What was in the spool at the end of this time, by gateway: runs count from nothing, so the last one tells."""
        last = max((minute.run for minute in self.minutes), default=0)
        found = {minute.gateway: 0 for minute in self.minutes}
        for minute in self.minutes:
            found[minute.gateway] += minute.counts["in_spool"] if minute.run == last else 0
        return found

    def vanished(self) -> list[tuple[Run, int]]:
        """Runs that found fewer readings in the spool than the run before them had left when it ended, and how many."""
        pairs = zip(self.runs, self.runs[1:], strict=False)
        return [
            (after, before.in_spool - after.carried)
            for before, after in pairs
            if before.ended and after.carried < before.in_spool
        ]

    @property
    def balanced(self) -> bool:
        """Whether nothing is missing in any minute, nor between two runs."""
        return all(minute.balanced for minute in self.minutes) and not self.vanished()


def read_ledger(path: Path, *, start: Moment, end: Moment, gateway: str | None = None) -> Written:
    """What was counted with start <= minute < end; any process may ask while the brain runs.

    Raises ConfigError when there is no ledger.
    """
    if not path.exists():
        raise ConfigError(f"{path}: nothing was counted yet, there is no ledger here")
    among, limits = "at >= ?1 AND at < ?2 AND (?3 IS NULL OR gateway = ?3)", (start, end, gateway)
    with open_to_read(path) as database:
        rows = database.execute(f"SELECT * FROM minute WHERE {among} ORDER BY at, gateway, run", limits).fetchall()  # noqa: S608 - our own text
        reasons = database.execute(
            f"SELECT gateway, scope, reason, sum(refused) FROM reason WHERE {among} GROUP BY 1, 2, 3",  # noqa: S608 - as above
            limits,
        ).fetchall()
        runs = database.execute(
            "SELECT * FROM run WHERE last_at >= ? AND started_at < ? ORDER BY run", (start, end)
        ).fetchall()
    refused: dict[str, Counter[tuple[str, str]]] = {}
    for whose, scope, reason, count in reasons:
        refused.setdefault(whose, Counter())[scope, reason] = count
    minutes = [Minute(at, whose, run, dict(zip(COUNTS, counts, strict=True))) for at, whose, run, *counts in rows]
    return Written(minutes, refused, [Run(run, a, b, bool(ended), *rest) for run, a, b, ended, *rest in runs])
