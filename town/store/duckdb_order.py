# ruff: noqa: S608 - the names of tables are constants of this file; values are always parameters
"""Minutes and hours in the order of their series, so that a chart reads the few blocks that hold its own.

They are computed in the order of time, where every block holds every series. When there are enough of them, they are
moved to the table of the ordered ones, as one transaction: every bucket is in one of the two at any moment.
"""

import duckdb

from town.store.resolution import HOURS, MINUTES, Resolution

ORDERED = {MINUTES: "rollup_1m", HOURS: "rollup_1h"}
RECENT = {MINUTES: "recent_1m", HOURS: "recent_1h"}
BOTH = {MINUTES: "all_1m", HOURS: "all_1h"}

ROWS_MOVED = 1_000_000
"""So many at a time: eight blocks of DuckDB's, half a second, and half of the memory that it has."""
STILL_CHANGING = 10
"""The newest buckets, which are likely to be computed anew, stay where they are."""


def put_in_order(connection: duckdb.DuckDBPyConnection, resolution: Resolution, *, rows: int = ROWS_MOVED) -> bool:
    """Move the recent buckets once there are that many; whether any were moved."""
    recent = RECENT[resolution]
    connection.begin()
    try:
        found = connection.execute(
            f"SELECT until, (SELECT count(*) FROM {recent} WHERE start < until) "
            f"FROM (SELECT max(start) - ? AS until FROM {recent})",
            [STILL_CHANGING * resolution.width],
        ).fetchone()
        until, settled = found or (None, 0)
        if settled >= rows:
            _move(connection, resolution, until)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return bool(settled >= rows)


def _move(connection: duckdb.DuckDBPyConnection, resolution: Resolution, until: int) -> None:
    recent, ordered = RECENT[resolution], ORDERED[resolution]
    connection.execute(f"INSERT INTO {ordered} SELECT * FROM {recent} WHERE start < ? ORDER BY series, start", [until])
    connection.execute(f"DELETE FROM {recent} WHERE start < ?", [until])
