"""TOWN_STORE_URL chooses the store, and everything that names none is refused."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.store.places import NOON, reading, town
from town.errors import ConfigError
from town.quantity import ValueType
from town.settings import Settings
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.store.open import open_store


async def test_the_embedded_store_stands_in_the_state_folder(tmp_path: Path) -> None:
    async with open_store(Settings(), town(), tmp_path / "state") as store:
        await store.write([reading("air-1", NOON, temperature=1.0)])

    assert (tmp_path / "state" / "readings.duckdb").is_file()


async def test_the_embedded_store_stands_where_it_is_told(tmp_path: Path) -> None:
    async with open_store(Settings(store_url=f"duckdb:{tmp_path}/my.file"), town(), tmp_path / "state"):
        assert (tmp_path / "my.file").is_file()

    assert not (tmp_path / "state").exists()


async def test_the_embedded_store_may_be_in_memory(tmp_path: Path) -> None:
    async with open_store(Settings(store_url="duckdb::memory:"), town(), tmp_path) as store:
        assert isinstance(store, DuckStore)
        assert "in memory" in await store.check()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("influxdb://db.town:9999/town", "http://db.town:9999"),
        ("influxdb://db.town/town", "http://db.town:8086"),
        ("influxdbs://[::1]:8086/town/", "https://[::1]:8086"),
    ],
)
def test_influxdb_by_its_url(url: str, base: str, tmp_path: Path) -> None:
    store = open_store(Settings(store_url=url, store_token=SecretStr("t")), town(), tmp_path)

    assert isinstance(store, InfluxStore)
    assert (store.url, store.database) == (base, "town")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgres://host/town", "'postgres' is not a store"),
        ("", "is not a store"),
        ("influxdb://host:8086", "influxdb://host:8086/town"),
        ("influxdb:///town", "influxdb://host:8086/town"),
        ("influxdb://host:s3cret/town", "host and port"),
        ("influxdb://host/town/1m", "influxdb://host:8086/town"),
        ("influxdb://host/town?u=a", "influxdb://host:8086/town"),
        ("influxdb://duty:s3cret@host/town", "TOWN_STORE_PASSWORD"),
    ],
)
def test_what_names_no_store_is_refused(url: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TOWN_STORE_URL") as caught:
        open_store(Settings(store_url=url), town(), tmp_path)

    assert says in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_user_and_a_token_are_one_too_many(tmp_path: Path) -> None:
    settings = Settings(store_url="influxdb://h/town", store_user="duty", store_token=SecretStr("t"))

    with pytest.raises(ConfigError, match="one of them"):
        open_store(settings, town(), tmp_path)


@pytest.mark.parametrize("quantity", ["time", "sensor", "reading_delay", "Température", "a b", ""])
def test_a_quantity_that_cannot_be_a_name_in_a_store_is_refused(quantity: str) -> None:
    with pytest.raises(ConfigError, match="cannot be stored"):
        DuckStore(None, town(types={quantity: ValueType.FLOAT}))
