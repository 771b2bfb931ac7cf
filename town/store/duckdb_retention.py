# ruff: noqa: S608 - the names of tables and columns are constants of this file; values are always parameters
"""Deleting what is no longer kept from the embedded store, in steps that hold nobody up for long."""

from collections.abc import Mapping

import duckdb

from town.moment import DAY, HOUR, Duration, Moment
from town.store.duckdb_order import ORDERED, RECENT
from town.store.duckdb_rollup import marks
from town.store.resolution import HOURS, MINUTES, Resolution

_TABLES: dict[Resolution | None, tuple[tuple[str, ...], str, Duration]] = {
    None: (("stored",), "measured_at", HOUR),
    MINUTES: ((ORDERED[MINUTES], RECENT[MINUTES]), "start", HOUR),
    HOURS: ((ORDERED[HOURS], RECENT[HOURS]), "start", DAY),
}


def kept_since(connection: duckdb.DuckDBPyConnection) -> Moment:
    """Readings that were measured before are not taken."""
    return int(connection.execute("SELECT max(moment) FROM kept_since").fetchall()[0][0])


def delete_step(connection: duckdb.DuckDBPyConnection, before: Mapping[Resolution | None, Moment]) -> bool:
    """Delete the oldest hour (of hours: day) that is before its resolution's horizon; whether there may be more.

    Values that are in no rollup yet stay. Run it inside a transaction.
    """
    more = False
    for resolution, horizon in before.items():
        if resolution is None and not _advance(connection, horizon):
            continue
        tables, moment, width = _TABLES[resolution]
        for table in tables:
            oldest = connection.execute(f"SELECT min({moment}) FROM {table} WHERE {moment} < ?", [horizon]).fetchone()
            if oldest is None or oldest[0] is None:
                continue
            until = min(horizon, oldest[0] - oldest[0] % width + width)
            connection.execute(f"DELETE FROM {table} WHERE {moment} < ?", [until])
            more = True
    return more


def _advance(connection: duckdb.DuckDBPyConnection, horizon: Moment) -> bool:
    """Take nothing older than the horizon any more, unless something there is still to be rolled up."""
    waiting = connection.execute(
        "SELECT 1 FROM stored WHERE batch > ? AND measured_at < ? AND number IS NOT NULL LIMIT 1",
        [min(marks(connection).values()), horizon],
    ).fetchone()
    if waiting:
        return False
    connection.execute("UPDATE kept_since SET moment = greatest(moment, ?)", [horizon])
    return True
