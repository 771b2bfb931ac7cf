# ruff: noqa: S608 - the texts are put together from the constants of this file alone; values are always parameters
"""Rollups of the embedded store: which buckets changed, computing them anew, and asking them."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import duckdb

from town.moment import Duration, Moment
from town.ports import Aggregate
from town.store.duckdb_order import BOTH, ORDERED, RECENT
from town.store.resolution import HOURS, MINUTES, ROLLUPS, Piece, Resolution, pieces, spans
from town.store.rollup import RolledUp

VALUES_PER_STEP = {MINUTES: 250_000, HOURS: 2_000_000}
"""Changed values that one step looks at: it takes about a second, and a bounded amount of memory."""
MOST_CHANGED = 20_000
"""With more changed buckets than this, a resolution is too far behind to be asked."""

_BUCKETS: dict[Resolution | None, str] = {
    None: """count(*)::DOUBLE AS count, sum(number) AS sum, min(number) AS min, max(number) AS max,
             arg_max(number, measured_at) AS last, max(measured_at) AS last_at
             FROM (SELECT series, measured_at, measured_at AS start, number FROM stored WHERE number IS NOT NULL)""",
    **{
        one: f"""sum(count) AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max,
                 arg_max(last, start) AS last, max(start) AS last_at FROM {table}"""
        for one, table in BOTH.items()
    },
}
_AGGREGATES: dict[Aggregate, str] = {
    "mean": "sum(sum) / sum(count)",
    "min": "min(min)",
    "max": "max(max)",
    "sum": "sum(sum)",
    "count": "sum(count)",
    "last": "arg_max(last, last_at)",
}


class Window(NamedTuple):
    """What is asked: start <= at < end in buckets of `every`."""

    start: Moment
    end: Moment
    every: Duration


def roll_up(connection: duckdb.DuckDBPyConnection, resolution: Resolution) -> RolledUp:
    """Compute the buckets anew that the next changes touch; all or nothing, together with how far we are."""
    connection.begin()
    try:
        done = _step(connection, resolution)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return done


def _step(connection: duckdb.DuckDBPyConnection, resolution: Resolution) -> RolledUp:
    since, until = _next(connection, resolution)
    if until is None:
        return RolledUp(0, more=False)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT series, measured_at - measured_at % $width AS start "
        "FROM stored WHERE batch > $since AND batch <= $until AND number IS NOT NULL",
        {"width": resolution.width, "since": since, "until": until},
    )
    written = 0
    starts = [at for (at,) in connection.execute("SELECT DISTINCT start FROM changed").fetchall()]
    for span in spans(starts, resolution.width):
        written += _compute(connection, resolution, span)
    connection.execute("UPDATE rollup_mark SET batch = ? WHERE width = ?", [until, resolution.width])
    return RolledUp(written, more=True)


def _next(connection: duckdb.DuckDBPyConnection, resolution: Resolution) -> tuple[int, int | None]:
    """The last batch that is in, and the last one of the next step; None when nothing changed."""
    since = marks(connection)[resolution]
    limit = marks(connection)[MINUTES] if resolution is HOURS else 2**62
    row = connection.execute(
        "SELECT max(batch) FROM (SELECT batch FROM stored WHERE batch > ? AND batch <= ? ORDER BY batch LIMIT ?)",
        [since, limit, VALUES_PER_STEP[resolution]],
    ).fetchone()
    return since, row[0] if row else None


def _compute(connection: duckdb.DuckDBPyConnection, resolution: Resolution, span: tuple[Moment, Moment]) -> int:
    start, end = span
    for table in (ORDERED[resolution], RECENT[resolution]):
        connection.execute(
            f"DELETE FROM {table} USING changed WHERE {table}.series = changed.series "
            f"AND {table}.start = changed.start AND {table}.start >= ? AND {table}.start < ?",
            [start, end],
        )
    finer, at = (None, "measured_at") if resolution is MINUTES else (MINUTES, "start")
    row = connection.execute(
        f"INSERT INTO {RECENT[resolution]} SELECT series, bucket, count, sum, min, max, last FROM "
        f"(SELECT series, {at} - {at} % $width AS bucket, {_BUCKETS[finer]} "
        f" WHERE {at} >= $start AND {at} < $end "
        f" AND (series, {at} - {at} % $width) IN (SELECT (series, start) FROM changed) GROUP BY ALL) "
        "ORDER BY series, bucket",
        {"width": resolution.width, "start": start, "end": end},
    ).fetchone()
    return int(row[0]) if row else 0


def marks(connection: duckdb.DuckDBPyConnection) -> dict[Resolution, int]:
    """The last batch that each resolution has taken in; 0 when it never was computed."""
    found = dict(connection.execute("SELECT width, batch FROM rollup_mark").fetchall())
    return {one: int(found.get(one.width, 0)) for one in ROLLUPS}


def changed_buckets(
    connection: duckdb.DuckDBPyConnection,
    series: Collection[int],
    window: Window,
) -> dict[Resolution, list[Moment]]:
    """For every resolution that fits `every` and is not far behind, its buckets that are not current."""
    found: dict[Resolution, list[Moment]] = {}
    for one, mark in marks(connection).items():
        if window.every % one.width or not mark:
            continue
        rows = connection.execute(
            "SELECT DISTINCT measured_at - measured_at % ? FROM stored WHERE batch > ? "
            "AND series IN (SELECT unnest(?::INTEGER[])) AND measured_at >= ? AND measured_at < ? LIMIT ?",
            [one.width, mark, list(series), window.start - one.width, window.end + one.width, MOST_CHANGED + 1],
        ).fetchall()
        if len(rows) <= MOST_CHANGED:
            found[one] = [at for (at,) in rows]
    return found


def buckets(
    connection: duckdb.DuckDBPyConnection,
    series: Sequence[int],
    window: Window,
    *,
    aggregate: Aggregate,
    limit: int,
) -> list[tuple[int, Moment, float]]:
    """Series number, bucket and value of the newest `limit` buckets of each series of numbers, oldest first."""
    connection.begin()  # what is current and what is asked are of one moment
    try:
        stale = changed_buckets(connection, series, window)
        parts = pieces(start=window.start, end=window.end, every=window.every, changed=stale)
        if not parts:
            return []
        statement = " UNION ALL ".join(_part(piece) for piece in parts)
        newest = "row_number() OVER (PARTITION BY series ORDER BY moment DESC) <= $limit"
        return connection.execute(
            f"SELECT series, moment, {_AGGREGATES[aggregate]} AS value FROM ({statement}) "
            f"GROUP BY series, moment QUALIFY {newest} ORDER BY series, moment",
            {"series": list(series), "every": window.every, "limit": limit},
        ).fetchall()
    finally:
        connection.commit()


def _part(piece: Piece) -> str:
    among = f"series IN (SELECT unnest($series::INTEGER[])) AND start >= {piece.start:d} AND start < {piece.end:d}"
    return f"SELECT series, start - start % $every AS moment, {_BUCKETS[piece.resolution]} WHERE {among} GROUP BY ALL"
