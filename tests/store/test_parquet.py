"""Readings leave as Parquet and come back as they were, from and into every store."""

from operator import attrgetter
from pathlib import Path

import duckdb
import pytest

from tests.store.conftest import OpenStore
from tests.store.places import NOON, reading, town
from town.errors import ConfigError
from town.moment import HOUR
from town.ports import Store
from town.reading import Flag, Reading
from town.store.duckdb import DuckStore
from town.store.files import read_file
from town.store.parquet import export_readings, import_readings

WRITTEN = [
    reading("air-1", NOON, temperature=21.5, humidity=0.0),
    reading("air-2", NOON + 1, flags=(Flag.NO_CLOCK,), refused={"co2": Flag.OUT_OF_RANGE}, temperature=-1e-7),
    reading("air-2", NOON + 2, refused={"co2": Flag.OUT_OF_RANGE}),
    reading("door 1", NOON + 3, delay=-3, open=True, tamper=False),
    reading("卡,一=", NOON + 4, badge="王小明 \\ \"the\nguard\" 'x'", accepted=False),
]


async def everything(store: Store) -> list[Reading]:
    return [one async for found in store.readings(start=0, end=2 * NOON) for one in found]


async def test_readings_go_out_and_come_in_as_they_were(store: Store, tmp_path: Path) -> None:
    many = [reading("air-1", NOON + HOUR + i, temperature=i / 7, co2=float(i)) for i in range(11_000)]
    await store.write([*WRITTEN, *many])
    file = tmp_path / "o'clock.parquet"

    assert await export_readings(store, file, start=NOON, end=NOON + HOUR + 10_900) == 10_905

    async with DuckStore(None, town()) as other:
        for _ in range(2):
            done = await import_readings(other, file)
            assert (done.refused, await everything(other)) == ({}, [*WRITTEN, *many[:10_900]])
    assert [path.name for path in tmp_path.iterdir() if "export" in path.name] == []


async def test_what_was_exported_comes_into_every_store(open_store: OpenStore, tmp_path: Path) -> None:
    async with DuckStore(None, town()) as source:
        await source.write(WRITTEN)
        await export_readings(source, tmp_path / "a.parquet", start=0, end=2 * NOON)
    store = await open_store(town())

    await import_readings(store, tmp_path / "a.parquet")

    assert await everything(store) == WRITTEN


@pytest.mark.parametrize("form", ["parquet", "csv"])
async def test_what_was_exported_is_replayed_as_it_was(tmp_path: Path, form: str) -> None:
    exported, file = tmp_path / "a.parquet", tmp_path / f"b.{form}"
    async with DuckStore(None, town()) as store:
        await store.write(WRITTEN)
        await export_readings(store, exported, start=0, end=2 * NOON)
    duckdb.execute(f"COPY (FROM read_parquet('{exported}')) TO '{file}'")

    found = read_file(file, town(), form=form)

    assert sorted(found, key=attrgetter("measured_at")) == WRITTEN


async def test_other_tools_read_the_file(tmp_path: Path) -> None:
    async with DuckStore(None, town()) as store:
        await store.write(WRITTEN)
        await export_readings(store, tmp_path / "a.parquet", start=NOON, end=NOON + 1)

    rows = duckdb.execute(
        "SELECT sensor, measured_at::VARCHAR, received_at::VARCHAR, quantity, number, truth, words "
        "FROM read_parquet(?)",
        [str(tmp_path / "a.parquet")],
    ).fetchall()
    at, received = "2026-09-21 04:00:00", "2026-09-21 04:00:00.25"
    assert rows == [
        ("air-1", at, received, "temperature", 21.5, None, None),
        ("air-1", at, received, "humidity", 0.0, None, None),
    ]


async def test_what_the_town_does_not_know_is_told_and_the_rest_is_in(tmp_path: Path) -> None:
    async with DuckStore(None, town()) as store:
        await store.write(WRITTEN)
        await export_readings(store, tmp_path / "a.parquet", start=0, end=2 * NOON)

    async with DuckStore(None, town(sensors={"air-1": "room_climate"})) as smaller:
        done = await import_readings(smaller, tmp_path / "a.parquet")

        assert (done.readings, done.refused) == (5, {"unknown_sensor": 4})
        assert "not a sensor" in done.details["unknown_sensor"]
        assert await everything(smaller) == WRITTEN[:1]


@pytest.mark.parametrize("content", ["", "PAR1 but not really", "sensor,quantity\n"])
async def test_a_file_that_is_something_else_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "b.parquet"
    file.write_text(content)

    async with DuckStore(None, town()) as store:
        with pytest.raises(ConfigError, match=r"b\.parquet: no Parquet file") as caught:
            await import_readings(store, file)

    assert "SELECT" not in str(caught.value) and "read_parquet" not in str(caught.value)


async def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "b.parquet"
    duckdb.execute(f"COPY (SELECT 1 AS sensor) TO '{file}' (FORMAT parquet)")

    async with DuckStore(None, town()) as store:
        with pytest.raises(ConfigError, match="no Parquet file of `town store export`"):
            await import_readings(store, file)


async def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async with DuckStore(None, town()) as store:
        with pytest.raises(ConfigError, match=r"there is no folder .*nowhere$"):
            await export_readings(store, tmp_path / "nowhere" / "a.parquet", start=0, end=1)
