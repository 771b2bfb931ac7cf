# ruff: noqa: S608 - the names of tables are constants; values are always parameters
"""What the embedded store holds."""

from collections import Counter
from pathlib import Path

import duckdb

from town.store.duckdb_order import BOTH
from town.store.duckdb_rollup import marks
from town.store.info import FamilyInfo, RollupInfo, StoreInfo
from town.store.resolution import ROLLUPS
from town.store.series import NOTES
from town.town import Town

OTHERS = "—"
"""Stands for sensors that are no longer in the town."""


def look(connection: duckdb.DuckDBPyConnection, path: Path | None, town: Town) -> StoreInfo:
    """Count what is there."""
    oldest, newest = connection.execute("SELECT min(measured_at), max(measured_at) FROM stored").fetchall()[0]
    series = connection.execute("SELECT count(*) FROM series WHERE quantity <> ?", [NOTES]).fetchall()[0][0]
    return StoreInfo(
        kind="DuckDB",
        version=duckdb.__version__,
        place=str(path or "in memory"),
        size=None if path is None else _size(path),
        oldest=oldest,
        newest=newest,
        series=series,
        families=_families(connection, town),
        rollups=_rollups(connection),
    )


def _size(path: Path) -> int:
    files = (path, path.with_name(f"{path.name}.wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _families(connection: duckdb.DuckDBPyConnection, town: Town) -> list[FamilyInfo]:
    rows = connection.execute(
        "SELECT sensor, sum(values) FROM (SELECT series, count(*) AS values FROM stored GROUP BY series) "
        "JOIN series USING (series) WHERE quantity <> ? GROUP BY sensor",
        [NOTES],
    ).fetchall()
    counts: Counter[str] = Counter()
    for sensor, values in rows:
        known = town.sensors.get(sensor)
        counts[town.kinds[known.kind].family if known else OTHERS] += int(values)
    return [FamilyInfo(family, count) for family, count in sorted(counts.items())]


def _rollups(connection: duckdb.DuckDBPyConnection) -> list[RollupInfo]:
    found = marks(connection)
    return [
        RollupInfo(
            one.name,
            found[one] > 0,
            connection.execute(f"SELECT count(*) FROM {BOTH[one]}").fetchall()[0][0],
            connection.execute(
                "SELECT count(*) FROM stored WHERE batch > ? AND number IS NOT NULL", [found[one]]
            ).fetchall()[0][0],
        )
        for one in ROLLUPS
    ]
