"""What an InfluxDB 1.x needs: the database, and a retention policy for each resolution."""

import contextlib
from typing import NamedTuple

from town.errors import ConfigError
from town.moment import HOUR, SECOND, Duration, parse_duration
from town.store import influxql
from town.store.influx_server import InfluxServer
from town.store.resolution import ROLLUPS
from town.store.retention import Keep, write_keep

_NEW: tuple[dict[str, Duration | None], str] = ({"autogen": None}, "autogen")
"""The policies of a database that was just made, and its default one."""


class Change(NamedTuple):
    """One thing to do, in words and as InfluxQL.

    `creates`: it makes something new and alters nothing that is there; `needed`: nothing can be stored without it.
    """

    what: str
    statement: str
    creates: bool
    needed: bool = False


def is_first(version: str) -> bool:
    """Whether this is a 1.x."""
    return version.lstrip("v").startswith("1.")


async def missing(server: InfluxServer, *, keep: Keep) -> list[Change]:
    """What is not as it should be. Raises Unavailable and ConfigError."""
    tables = await server.query("SHOW DATABASES", database=False)
    there = any([server.database] == row[:1] for table in tables for row in table.values)
    policies, default = await _policies(server) if there else _NEW
    changes = [] if there else [_database(server.database)]
    for policy, kept in [(default, keep.raw), *((one.name, keep.of(one)) for one in ROLLUPS)]:
        change = _policy(server.database, policy, kept=kept, policies=policies)
        if change:
            changes.append(change)
    return changes


async def make_missing(server: InfluxServer, *, keep: Keep) -> str:
    """Make what is not there, as far as we may, and say what was made. Raises Unavailable and ConfigError.

    Without policies for rollups readings are stored all the same.
    """
    done: list[str] = []
    for change in await missing(server, keep=keep):
        if not change.creates:
            continue
        try:
            await server.query(change.statement, database=False)
        except ConfigError:
            if change.needed:
                raise
            done.append(f"may not {change.what}: run `town store init` as an administrator")
        else:
            done.append(change.what.replace("make ", "made ", 1))
    return ", ".join(done) or f"database {server.database} is there"


async def prepare(server: InfluxServer, *, keep: Keep, dry_run: bool) -> list[str]:
    """Make what is missing and correct what differs; what was done, or would be, in words.

    Raises Unavailable, and ConfigError when this user may not.
    """
    changes = await missing(server, keep=keep)
    for change in () if dry_run else changes:
        await server.query(change.statement, database=False)
    return [change.what for change in changes]


async def make_administrator(server: InfluxServer, name: str, password: str) -> None:
    """Make the first account of a new server, which asks nobody who that is; one that has accounts stays as it is."""
    statement = f"CREATE USER {influxql.name(name)} WITH PASSWORD {influxql.literal(password)} WITH ALL PRIVILEGES"
    with contextlib.suppress(ConfigError):
        await server.query(statement, database=False)


async def make_account(server: InfluxServer, name: str, password: str) -> None:
    """Make an account that may use the database and nothing else; doing it again changes nothing.

    Raises Unavailable and ConfigError.
    """
    user = influxql.name(name)
    await server.query(f"CREATE USER {user} WITH PASSWORD {influxql.literal(password)}", database=False)
    await server.query(f"GRANT ALL ON {influxql.name(server.database)} TO {user}", database=False)


def user_hint(database: str) -> str:
    """How an administrator makes a user that may do no more than needed."""
    return (
        "CREATE USER \"town\" WITH PASSWORD '…'; "
        f'GRANT ALL ON {influxql.name(database)} TO "town"  (then TOWN_STORE_USER=town and TOWN_STORE_PASSWORD)'
    )


async def _policies(server: InfluxServer) -> tuple[dict[str, Duration | None], str]:
    """How long each policy of the database keeps, None for ever; and the name of the default one."""
    tables = await server.query(f"SHOW RETENTION POLICIES ON {influxql.name(server.database)}", database=False)
    rows = [dict(zip(table.columns, row, strict=True)) for table in tables for row in table.values]
    default = next((str(row["name"]) for row in rows if row["default"]), _NEW[1])
    return {str(row["name"]): _read(str(row["duration"])) for row in rows}, default


def _read(duration: str) -> Duration | None:
    """`9600h0m0s` as a duration; `0s` is for ever."""
    return parse_duration(duration) or None


def _database(database: str) -> Change:
    return Change(f"make database {database}", f"CREATE DATABASE {influxql.name(database)}", creates=True, needed=True)


def _policy(
    database: str, policy: str, *, kept: Duration | None, policies: dict[str, Duration | None]
) -> Change | None:
    if policy in policies and policies[policy] == kept:
        return None
    verb = "ALTER" if policy in policies else "CREATE"
    duration = "INF" if kept is None else f"{max(kept, HOUR) // SECOND}s"
    return Change(
        f"make policy {policy}, kept {write_keep(kept)}"
        if verb == "CREATE"
        else f"policy {policy} keeps {write_keep(kept)}, it kept {write_keep(policies[policy])}",
        f"{verb} RETENTION POLICY {influxql.name(policy)} ON {influxql.name(database)} DURATION {duration}"
        + (" REPLICATION 1" if verb == "CREATE" else ""),
        creates=verb == "CREATE",
    )
