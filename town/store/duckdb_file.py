"""The embedded store's file: opened by one process, brought to the newest schema, and limited in what it may use."""

from pathlib import Path

import duckdb

from town.errors import ConfigError

_MIGRATIONS = (
    """
    -- A series is one quantity of one sensor; the one without a quantity holds what is doubtful about its readings.
    CREATE TABLE series (series INTEGER NOT NULL, sensor VARCHAR NOT NULL, quantity VARCHAR NOT NULL,
                         type VARCHAR NOT NULL);
    -- `batch` grows with every write: what came after one is found without looking at the rest, late or not.
    CREATE TABLE stored (batch BIGINT NOT NULL, series INTEGER NOT NULL, measured_at BIGINT NOT NULL,
                         received_at BIGINT NOT NULL, number DOUBLE, words VARCHAR);
    -- The newest of every series as it was after `batch`; what is newer is in `stored`.
    CREATE TABLE newest (series INTEGER NOT NULL, measured_at BIGINT NOT NULL, number DOUBLE, words VARCHAR);
    CREATE TABLE newest_mark (batch BIGINT NOT NULL);
    INSERT INTO newest_mark VALUES (0);
    -- For people with a DuckDB prompt.
    CREATE VIEW readings AS
      SELECT sensor, quantity, make_timestamp_ms(measured_at) AS measured_at,
             make_timestamp_ms(received_at) AS received_at, number, words FROM stored JOIN series USING (series);
    """,
    """
    -- One row a series and bucket, `start` its beginning. Booleans count as 0 and 1, texts are not there.
    CREATE TABLE rollup_1m (series INTEGER NOT NULL, start BIGINT NOT NULL, count DOUBLE NOT NULL,
                            sum DOUBLE NOT NULL, min DOUBLE NOT NULL, max DOUBLE NOT NULL,
                            last DOUBLE NOT NULL);
    CREATE TABLE rollup_1h (series INTEGER NOT NULL, start BIGINT NOT NULL, count DOUBLE NOT NULL,
                            sum DOUBLE NOT NULL, min DOUBLE NOT NULL, max DOUBLE NOT NULL,
                            last DOUBLE NOT NULL);
    -- The last batch that is in each, by the width of its buckets.
    CREATE TABLE rollup_mark (width BIGINT NOT NULL, batch BIGINT NOT NULL);
    INSERT INTO rollup_mark VALUES (60000, 0), (3600000, 0);
    -- What was measured before is deleted for ever, and not taken any more.
    CREATE TABLE kept_since (moment BIGINT NOT NULL);
    INSERT INTO kept_since VALUES (0);
    CREATE VIEW minutes AS
      SELECT sensor, quantity, make_timestamp_ms(start) AS start, count, min, max, sum / count AS mean, last
      FROM rollup_1m JOIN series USING (series);
    CREATE VIEW hours AS
      SELECT sensor, quantity, make_timestamp_ms(start) AS start, count, min, max, sum / count AS mean, last
      FROM rollup_1h JOIN series USING (series);
    """,
    """
    -- What the brain tells of itself (town/own.py): tags and fields are JSON objects, the tags in the order of names.
    CREATE TABLE own (family VARCHAR NOT NULL, tags VARCHAR NOT NULL, moment BIGINT NOT NULL, number INTEGER NOT NULL,
                      fields VARCHAR NOT NULL);
    -- What only says how things stand is deleted up to here.
    CREATE TABLE own_passed (moment BIGINT NOT NULL);
    INSERT INTO own_passed VALUES (0);
    """,
    """
    -- Buckets as they were computed, until they are moved to the table of the others in the order of their series.
    CREATE TABLE recent_1m (series INTEGER NOT NULL, start BIGINT NOT NULL, count DOUBLE NOT NULL,
                            sum DOUBLE NOT NULL, min DOUBLE NOT NULL, max DOUBLE NOT NULL,
                            last DOUBLE NOT NULL);
    CREATE TABLE recent_1h (series INTEGER NOT NULL, start BIGINT NOT NULL, count DOUBLE NOT NULL,
                            sum DOUBLE NOT NULL, min DOUBLE NOT NULL, max DOUBLE NOT NULL,
                            last DOUBLE NOT NULL);
    CREATE VIEW all_1m AS SELECT * FROM rollup_1m UNION ALL SELECT * FROM recent_1m;
    CREATE VIEW all_1h AS SELECT * FROM rollup_1h UNION ALL SELECT * FROM recent_1h;
    CREATE OR REPLACE VIEW minutes AS
      SELECT sensor, quantity, make_timestamp_ms(start) AS start, count, min, max, sum / count AS mean, last
      FROM all_1m JOIN series USING (series);
    CREATE OR REPLACE VIEW hours AS
      SELECT sensor, quantity, make_timestamp_ms(start) AS start, count, min, max, sum / count AS mean, last
      FROM all_1h JOIN series USING (series);
    """,
)
"""What brings a file from each schema version to the next; never changed, only added to."""

SCHEMA_VERSION = len(_MIGRATIONS)

_TEMP_LIMIT = "4GB"
_WAL_LIMIT = "32MB"


def open_file(path: Path | None, *, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """The database in that file, or in memory, at the newest schema.

    Raises ConfigError when the file cannot be used: held by another process, of another program, or newer.
    """
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path) if path else ":memory:", config=_limits(memory_mb))
    except OSError as error:
        raise ConfigError(f"{path}: the folder of the embedded store cannot be made: {error.strerror}") from None
    except duckdb.Error as error:
        raise ConfigError(_refusal(path, error)) from None
    try:
        connection.execute("SET lock_configuration = true")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _limits(memory_mb: int) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": 2,
        "memory_limit": f"{memory_mb}MB",
        "max_temp_directory_size": _TEMP_LIMIT,
        "checkpoint_threshold": _WAL_LIMIT,
        "preserve_insertion_order": False,
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _refusal(path: Path | None, error: duckdb.Error) -> str:
    text = " ".join(str(error).split())
    if "lock" in text:
        return (
            f"{path}: another process holds the embedded store, which serves one process at a time: "
            f"end that one, or choose another file with TOWN_STORE_URL=duckdb:PATH ({text:.300})"
        )
    return f"{path}: the embedded store cannot be opened ({text:.300})"


def _migrate(connection: duckdb.DuckDBPyConnection, path: Path | None) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
    found = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
    version = int(found[0]) if found else 0
    if version > SCHEMA_VERSION:
        raise ConfigError(
            f"{path}: written by a newer version (schema {version}, known here {SCHEMA_VERSION}): update the program"
        )
    for number in range(version, SCHEMA_VERSION):
        connection.begin()
        connection.execute(_MIGRATIONS[number])
        connection.execute("INSERT INTO schema_version VALUES (?)", [number + 1])
        connection.commit()
