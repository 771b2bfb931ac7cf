"""What an InfluxDB 3.x needs: a database for each resolution, named as its compatibility API expects them."""

import asyncio
from typing import Any

import httpx

from town.errors import ConfigError, Unavailable
from town.moment import HOUR
from town.store.resolution import ROLLUPS
from town.store.retention import Keep, write_keep

_SECONDS = 10
_PATH = "/api/v3/configure/database"


async def prepare(url: str, admin_token: str | None, *, database: str, keep: Keep, dry_run: bool) -> list[str]:
    """Make the databases that are missing; what was done, or would be, in words. Raises Unavailable and ConfigError.

    How long a database keeps is set when it is made: Core cannot change it later.
    """
    headers = {"Authorization": f"Bearer {admin_token}"} if admin_token else {}
    wanted = {database: keep.raw} | {f"{database}/{one.name}": keep.of(one) for one in ROLLUPS}
    done: list[str] = []
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_SECONDS, trust_env=False) as client:
        rows = (await _ask(client, "GET", params={"format": "json"})).json()
        there = {str(value) for row in rows for value in row.values()}
        for name, kept in wanted.items():
            if name in there:
                continue
            done.append(f"make database {name}, kept {write_keep(kept)}")
            if not dry_run:
                retention = {} if kept is None else {"retention_period": f"{kept // HOUR}h"}
                await _ask(client, "POST", json={"db": name} | retention)
    return done


async def _ask(client: httpx.AsyncClient, method: str, **what: Any) -> httpx.Response:
    try:
        async with asyncio.timeout(_SECONDS):
            answer = await client.request(method, _PATH, **what)
    except (httpx.TransportError, TimeoutError) as error:
        raise Unavailable(f"{client.base_url} cannot be reached: {error or type(error).__name__}") from None
    if answer.is_success:
        return answer
    text = " ".join(answer.text.split())
    raise ConfigError(f"{client.base_url} answered {answer.status_code}: {text:.300} (check TOWN_STORE_ADMIN_TOKEN)")
