"""The embedded store's file: what is acknowledged stays, one process holds it, old files open, new ones are refused."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.store.places import NOON, reading, town
from town.errors import ConfigError
from town.moment import HOUR
from town.reading import Reading
from town.store.duckdb import DuckStore
from town.store.duckdb_file import SCHEMA_VERSION

PER_BATCH = 200
WRITER = f"""
import asyncio, sys
from pathlib import Path
from tests.store.places import NOON, reading, town
from town.store.duckdb import DuckStore

async def main():
    async with DuckStore(Path(sys.argv[1]), town()) as store:
        for batch in range(1_000_000):
            moments = range(NOON + batch * {PER_BATCH}, NOON + (batch + 1) * {PER_BATCH})
            await store.write([reading("air-1", at, temperature=float(at)) for at in moments])
            print(batch, flush=True)

asyncio.run(main())
"""


def start_writer(path: Path) -> "subprocess.Popen[str]":
    """A process that writes to the store for ever and prints the number of each batch that was acknowledged."""
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)


def await_batch(process: "subprocess.Popen[str]", number: int) -> int:
    """Read what it prints until that batch; the last batch that was acknowledged."""
    assert process.stdout
    for line in process.stdout:
        if int(line) >= number:
            return int(line)
    raise AssertionError("the writer ended")


async def stored(store: DuckStore) -> list[Reading]:
    return [one async for found in store.readings(start=0, end=NOON + 24 * HOUR) for one in found]


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    with start_writer(path) as process:
        await_batch(process, 30)
        process.kill()
        acknowledged = [int(line) for line in process.stdout or ()][-1:] or [30]

    async with DuckStore(path, town()) as store:
        moments = [one.measured_at - NOON for one in await stored(store)]
        assert moments[: (acknowledged[0] + 1) * PER_BATCH] == list(range((acknowledged[0] + 1) * PER_BATCH))
        assert len(moments) % PER_BATCH == 0
        newest = NOON + len(moments) - 1
        assert (await store.latest())["air-1"]["temperature"].at == newest
        await store.write([reading("air-1", newest, temperature=0.0)])
        assert len(await stored(store)) == len(moments)


async def test_late_readings_do_not_become_the_newest_after_a_crash(tmp_path: Path) -> None:
    path, left = tmp_path / "a", tmp_path / "left"
    async with DuckStore(path, town()) as store:
        await store.write([reading("air-1", NOON, temperature=0.0)])
    async with DuckStore(path, town()) as store:
        for at in (5, 9, 9, 3, 7):
            await store.write([reading("air-1", NOON + at, temperature=float(at), open=at == 9)])
        for suffix in ("", ".wal"):  # what a power cut leaves
            shutil.copy(f"{path}{suffix}", f"{left}{suffix}")
        before = await store.latest()

    async with DuckStore(left, town()) as store:
        assert await store.latest() == before
        assert {quantity: point.at - NOON for quantity, point in before["air-1"].items()} == {
            "temperature": 9,
            "open": 9,
        }


FULL = """
import asyncio, resource, sys
from pathlib import Path
from tests.store.places import NOON, reading, town
from town.errors import Unavailable
from town.store.duckdb import DuckStore

async def main():
    async with DuckStore(Path(sys.argv[1]), town()) as store:
        batches = [[reading("air-1", NOON + i * 500 + j, temperature=i + j / 7) for j in range(500)] for i in range(60)]
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        refusals = 0
        for batch in batches:
            try:
                await store.write(batch)
            except Unavailable:
                refusals += 1
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                await store.write(batch)
        found = [one async for batch in store.readings(start=0, end=NOON * 2) for one in batch]
        assert found == [one for batch in batches for one in batch], len(found)
        print(refusals)

asyncio.run(main())
"""


def test_a_full_disk_is_unavailable_until_there_is_room_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path / "readings.duckdb")]

    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("1\n", "")


async def test_a_file_that_another_process_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    with start_writer(path) as process:
        await_batch(process, 0)
        with pytest.raises(ConfigError, match="another process holds") as caught:
            await DuckStore(path, town()).__aenter__()
        process.kill()

    assert str(path) in str(caught.value)


async def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    path.write_bytes(b"SQLite format 3\0" * 1_000)

    with pytest.raises(ConfigError, match=r"readings\.duckdb: the embedded store cannot be opened"):
        await DuckStore(path, town()).__aenter__()


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot be made"):
        await DuckStore(tmp_path / "file" / "readings.duckdb", town()).__aenter__()


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    async with DuckStore(path, town()) as store:
        await store.write([reading("air-1", NOON, temperature=1.0)])
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (?)", [SCHEMA_VERSION + 1])

    with pytest.raises(ConfigError, match="newer version"):
        await DuckStore(path, town()).__aenter__()

    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM stored").fetchall() == [(1,)]


async def test_an_empty_database_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    duckdb.connect(str(path)).close()

    async with DuckStore(path, town()) as store:
        assert await store.write([reading("air-1", NOON, temperature=1.0)]) == []
        assert len(await stored(store)) == 1


async def test_saving_the_newest_between_writes_changes_nothing(tmp_path: Path) -> None:
    batches = [
        [reading("air-1", NOON + i, temperature=float(i)), reading("door 1", NOON, open=i > 2)] for i in range(9)
    ]
    async with DuckStore(tmp_path / "a", town(), save_newest_every=3) as store:
        for batch in batches:
            await store.write(batch)
        before = await store.latest()

    async with DuckStore(tmp_path / "a", town()) as store:
        assert await store.latest() == before
        assert before["door 1"]["open"].value is True
        assert len(await stored(store)) == 10


async def test_writes_side_by_side_are_all_in() -> None:
    async with DuckStore(None, town()) as store:
        batches = [[reading("air-1", NOON + i * 10 + j, temperature=1.0) for j in range(10)] for i in range(20)]

        await asyncio.gather(*(store.write(batch) for batch in reversed(batches)))

        assert await stored(store) == [one for batch in batches for one in batch]


async def test_a_store_in_memory_forgets() -> None:
    for _ in range(2):
        async with DuckStore(None, town()) as store:
            assert await store.latest() == {}
            await store.write([reading("air-1", NOON, temperature=1.0)])


async def test_people_with_a_prompt_find_readings_by_name(tmp_path: Path) -> None:
    async with DuckStore(tmp_path / "a", town()) as store:
        await store.write([reading("air-1", NOON, temperature=1.5), reading("卡,一=", NOON, badge='it\'s "B"')])

    with duckdb.connect(str(tmp_path / "a"), read_only=True) as connection:
        rows = connection.execute(
            "SELECT sensor, quantity, measured_at::VARCHAR, number, words FROM readings ORDER BY sensor"
        ).fetchall()
    noon = "2026-09-21 04:00:00"
    assert rows == [("air-1", "temperature", noon, 1.5, None), ("卡,一=", "badge", noon, None, 'it\'s "B"')]
