"""How much of the traffic the store has: asked of the store, not of who wrote it."""

from pathlib import Path

from brain.bench.servers import Server
from brain.bench.traffic import Traffic
from town.errors import ConfigError
from town.folder import load_town
from town.settings import Settings
from town.store.open import open_store

_BATCH = 50_000


async def count_stored(server: Server, folder: Path, traffic: Traffic) -> int:
    """The readings of the traffic that are stored, each counted once."""
    if server.ask is not None:
        server.ask.tell(count=[traffic.start, traffic.end + 1])
        return int((await server.ask.hear(120.0))["count"])
    town, findings = load_town(folder)
    if town is None:
        raise ConfigError(str(findings))
    async with open_store(Settings(store_url=server.url), town, folder) as store:
        batches = store.readings(start=traffic.start, end=traffic.end + 1, batch=_BATCH)
        return sum([len(batch) async for batch in batches])
