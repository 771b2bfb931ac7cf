"""Prepares the store that the settings name: what `town store init` does."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from town.errors import ConfigError
from town.settings import Settings
from town.store import influx_setup1, influx_setup3
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.store.influx_server import InfluxServer
from town.store.influx_setup1 import is_first, user_hint
from town.store.open import open_store
from town.store.retention import keep_of
from town.town import Town


class Asked(NamedTuple):
    """What the person wants: the organisation of a 2.x, a look only, a further token.

    `token_file` and `boards_token_file` keep the tokens; one whose file is missing is made.
    """

    organisation: str | None = None
    dry_run: bool = False
    new_token: bool = False
    token_file: Path | None = None
    boards_token_file: Path | None = None


class Done(NamedTuple):
    """Which store it is, what was done or would be, new tokens by name that are told once, and advice."""

    store: str
    done: list[str]
    tokens: Mapping[str, str] = MappingProxyType({})
    hint: str = ""


async def prepare_store(settings: Settings, town: Town, state: Path, asked: Asked) -> Done:
    """Make what is missing, correct what differs, touch nothing else. Raises Unavailable and ConfigError."""
    store = open_store(settings, town, state)
    if isinstance(store, DuckStore):
        return await _embedded(store, asked)
    return await _server(store, settings, asked)


async def _embedded(store: DuckStore, asked: Asked) -> Done:
    there = store.path is not None and store.path.exists()
    if not asked.dry_run:
        async with store:
            await store.check()
    return Done(f"DuckDB {store.path or 'in memory'}", [] if there else [f"make {store.path or 'nothing'}"])


async def _server(store: InfluxStore, settings: Settings, asked: Asked) -> Done:
    admin = settings.store_admin_token or settings.store_token
    token = admin.get_secret_value() if admin else None
    password = settings.store_password.get_secret_value() if settings.store_password else None
    user = settings.store_user
    keep, database = keep_of(settings), store.database
    async with InfluxServer(store.url, database, user=user, password=password, token=token) as server:
        version = await server.version()
        name = f"InfluxDB {version} at {store.url}, database {database}"
        if is_first(version):
            done = await influx_setup1.prepare(server, keep=keep, dry_run=asked.dry_run)
            return Done(name, done, hint=user_hint(database))
    if not version.lstrip("v").startswith("2."):
        done = await influx_setup3.prepare(store.url, token, database=database, keep=keep, dry_run=asked.dry_run)
        return Done(name, done, hint="3.x Core has tokens of administrators only: give the brain one of its own")
    if token is None:
        raise ConfigError(
            "TOWN_STORE_ADMIN_TOKEN, or TOWN_STORE_ADMIN_TOKEN_FILE, is missing: "
            "a token that may make buckets and tokens"
        )
    from town.store import influx_setup2  # noqa: PLC0415 - the client takes half a second that no other command needs

    files = {influx_setup2.BRAIN: asked.token_file, influx_setup2.BOARDS: asked.boards_token_file}
    tokens = tuple(one for one, file in files.items() if file or one is influx_setup2.BRAIN)
    new = tuple(one for one in tokens if asked.new_token or ((file := files[one]) and not file.exists()))
    wanted = influx_setup2.Wanted(database, asked.organisation, keep, asked.dry_run, tokens, new)
    prepared = await asyncio.to_thread(influx_setup2.prepare, store.url, token, wanted)
    return Done(
        name, prepared.done, prepared.tokens, "" if asked.token_file else "a lost token is replaced with --new-token"
    )
