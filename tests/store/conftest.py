"""Both stores, empty, for tests of what every store must do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import services
from tests.store import places
from town.ports import Store
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.town import Town

OpenStore = Callable[[Town], Awaitable[Store]]
"""Opens the test's one database again, for that town."""


@pytest.fixture(scope="session")
def guarded_influxd(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """InfluxDB that asks for a password: `duty` with `s3cret,="`."""
    folder = tmp_path_factory.mktemp("guarded")
    with services.running(services.influxd(folder, user="duty", password="s3cret")) as service:
        yield service


@pytest.fixture(params=["duckdb", "influxdb", "influxdb with a password"])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    async with AsyncExitStack() as stack:

        async def embedded(town: Town) -> Store:
            await stack.aclose()
            return await stack.enter_async_context(DuckStore(tmp_path / "readings.duckdb", town))

        async def server(town: Town) -> Store:
            guarded = request.param != "influxdb"
            service = request.getfixturevalue("guarded_influxd" if guarded else "influxd")
            user, password = ("duty", "s3cret") if guarded else (None, None)
            url = f"http://127.0.0.1:{service.port}"
            store = InfluxStore(url, town, database=tmp_path.name, user=user, password=password)
            await stack.enter_async_context(store)
            await store.prepare()
            return store

        yield embedded if request.param == "duckdb" else server


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store(places.town())
