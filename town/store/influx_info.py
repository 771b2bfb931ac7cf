"""What an InfluxDB holds of one town."""

from collections.abc import Collection

from town.errors import ConfigError, Unavailable
from town.moment import Moment
from town.store import influxql
from town.store.influx_rollup import InfluxRollups
from town.store.influx_server import InfluxServer
from town.store.influx_setup1 import is_first
from town.store.info import FamilyInfo, RollupInfo, StoreInfo
from town.store.line_protocol import DELAY
from town.store.resolution import ROLLUPS
from town.town import Town


async def look(server: InfluxServer, town: Town, *, families: Collection[str], rollups: InfluxRollups) -> StoreInfo:
    """Count what is there. Raises Unavailable and ConfigError."""
    version = await server.version()
    oldest = await _moments(server, town, "first", families)
    newest = await _moments(server, town, "last", families)
    computed = await rollups.computed()
    return StoreInfo(
        kind="InfluxDB",
        version=version,
        place=f"{server.base}, database {server.database}",
        size=await _size(server) if is_first(version) else None,
        oldest=min(oldest, default=None),
        newest=max(newest, default=None),
        series=await _sensors(server, town, families),
        families=await _families(server, town, families),
        rollups=[RollupInfo(one.name, one in computed) for one in ROLLUPS],
    )


async def _moments(server: InfluxServer, town: Town, figure: str, families: Collection[str]) -> list[Moment]:
    among = influxql.where(town.id)
    tables = await server.query(influxql.one(f"{figure}({influxql.name(DELAY)})", families=families, among=among))
    return [int(row[0]) for table in tables for row in table.values]


async def _families(server: InfluxServer, town: Town, families: Collection[str]) -> list[FamilyInfo]:
    among = influxql.where(town.id)
    tables = await server.query(influxql.one(f"count({influxql.name(DELAY)})", families=families, among=among))
    return sorted(
        (FamilyInfo(table.name, int(row[1])) for table in tables for row in table.values), key=lambda one: one.family
    )


async def _sensors(server: InfluxServer, town: Town, families: Collection[str]) -> int:
    tables = await server.query(influxql.sensors(families=families, among=influxql.where(town.id)))
    return len({row[1] for table in tables for row in table.values})


async def _size(server: InfluxServer) -> int | None:
    """Bytes on disk of the whole database, which an 1.x tells its administrators."""
    try:
        tables = await server.query("SHOW STATS FOR 'shard'", database=False)
    except (ConfigError, Unavailable):
        return None
    ours = [table for table in tables if table.tags.get("database") == server.database]
    rows = [dict(zip(table.columns, row, strict=True)) for table in ours for row in table.values]
    return sum(int(row.get("diskBytes") or 0) for row in rows)
