"""The embedded store puts minutes and hours in the order of their series; what it answers stays the same."""

import random
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.adding_up import agrees, air
from tests.store.places import NOON, reading, town
from town.moment import DAY, HOUR, MINUTE, SECOND
from town.ports import Point
from town.reading import Reading
from town.store.duckdb import DuckStore
from town.store.duckdb_file import _MIGRATIONS
from town.store.numbering import Numbering
from town.store.resolution import HOURS, MINUTES

told = st.builds(
    lambda sensor, step, value: reading(sensor, NOON + step * 20 * SECOND, temperature=value),
    st.sampled_from(["air-1", "air-2"]),
    st.integers(0, 3 * 180),
    st.floats(-20, 40),
)
steps = st.lists(
    st.one_of(st.lists(told, min_size=1, max_size=60), st.sampled_from([MINUTES, HOURS, "kill"])), max_size=10
)


async def roll_up(store: DuckStore) -> None:
    for resolution in (MINUTES, HOURS):
        while (await store.roll_up(resolution)).more:
            pass


def leave(path: Path, number: int) -> Path:
    """What a power cut leaves of the file, as another file."""
    left = path.with_name(f"{number}.duckdb")
    for suffix in ("", ".wal"):
        if Path(f"{path}{suffix}").exists():
            shutil.copy(f"{path}{suffix}", f"{left}{suffix}")
    return left


def tables(path: Path, question: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(question).fetchall()


@settings(max_examples=12, deadline=None)
@given(steps=steps, rows=st.integers(1, 40))
async def test_whatever_comes_in_whatever_order_the_answers_are_those_of_adding_up(
    steps: list[list[Reading] | str], rows: int
) -> None:
    given = dict[tuple[str, int], Reading]()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "0.duckdb"
        for number, step in enumerate([*steps, "kill"], 1):
            async with DuckStore(path, town(), ordered_from=rows) as store:
                if isinstance(step, list):
                    await store.write(step)
                    given |= {(one.sensor, one.measured_at): one for one in step}
                elif step != "kill":
                    await store.roll_up(step)
                await agrees(store, list(given.values()))
                path = leave(path, number)
        async with DuckStore(path, town(), ordered_from=rows) as store:
            await roll_up(store)
            await agrees(store, list(given.values()))


async def test_all_but_the_newest_lie_by_series_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    async with DuckStore(path, town(), ordered_from=90) as store:
        for hour in range(2):
            moments = range(NOON + hour * HOUR, NOON + (hour + 1) * HOUR, MINUTE)
            await store.write([reading(one, at, temperature=1.0) for at in moments for one in ("air-2", "air-1")])
            await roll_up(store)

    rows = tables(path, "SELECT series, start FROM rollup_1m ORDER BY rowid")
    first = 2 * (60 - 11)  # ten minutes and the newest one may still change
    assert rows[:first] == sorted(rows[:first])
    assert rows[first:] == sorted(rows[first:])
    assert len(rows) == first + 2 * 60
    assert tables(path, "SELECT min(start), count(*) FROM recent_1m") == [(NOON + (60 + 49) * MINUTE, 22)]


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.store.adding_up import air
from tests.store.places import NOON, town
from tests.store.test_order import roll_up
from town.store.duckdb import DuckStore

async def main():
    async with DuckStore(Path(sys.argv[1]), town(), ordered_from=20) as store:
        for seed in range(10_000):
            print(seed, flush=True)
            await store.write(air(seed, each=5))
            await roll_up(store)

asyncio.run(main())
"""


async def test_killed_at_any_moment_every_bucket_is_there_once(tmp_path: Path) -> None:
    path, chance = tmp_path / "a", random.Random(4)
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            last = chance.randrange(3, 12)
            next(line for line in process.stdout if int(line) >= last)
            process.kill()

    async with DuckStore(path, town(), ordered_from=20) as store:
        stored = [one async for found in store.readings(start=0, end=NOON + DAY) for one in found]
        assert {(one.sensor, one.measured_at) for one in air(0, each=5)} <= {(s.sensor, s.measured_at) for s in stored}
        await agrees(store, stored)
        await roll_up(store)
        await agrees(store, stored)
    assert tables(path, "SELECT count(*) FROM rollup_1m")[0][0] > 20


async def test_what_is_in_order_is_deleted_as_well(tmp_path: Path) -> None:
    path = tmp_path / "a"
    async with DuckStore(path, town(), ordered_from=50) as store:
        await store.write(air(1, hours=6))
        await roll_up(store)
        while await store.forget({MINUTES: NOON + 3 * HOUR, HOURS: NOON + 4 * HOUR}):
            pass

    assert tables(path, "SELECT count(*) > 50, min(start) FROM rollup_1m") == [(True, NOON + 3 * HOUR)]
    assert tables(path, "SELECT min(start) FROM all_1h") == [(NOON + 4 * HOUR,)]


async def test_a_file_from_before_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        for number in range(3):
            connection.execute(_MIGRATIONS[number])
            connection.execute("INSERT INTO schema_version VALUES (?)", [number + 1])
        connection.execute("INSERT INTO series VALUES (1, 'air-1', 'temperature', 'float')")
        connection.execute("INSERT INTO rollup_1m VALUES (1, ?, 2, 7, 3, 4, 4)", [NOON])
        connection.execute("UPDATE rollup_mark SET batch = 1 WHERE width = 60000")

    async with DuckStore(path, town()) as store:
        found = await store.history(["air-1"], "temperature", start=NOON, end=NOON + HOUR, every=MINUTE)
        assert [(one.sensor, one.points) for one in found] == [("air-1", [Point(NOON, 3.5)])]
        # Its number is one that the new way would have given to another series.
        await store.write([reading("air-2", NOON, temperature=1.0), reading("air-1", NOON + HOUR, temperature=2.0)])
        assert len(await store.history(["air-1", "air-2"], "temperature", start=NOON, end=NOON + DAY)) == 2


def test_sensors_of_one_place_and_quantity_are_numbered_one_after_the_other() -> None:
    place = town()
    numbering, taken = Numbering(place, ()), set[int]()
    for sensor, quantity in [("air-1", "humidity"), ("air-1", "temperature"), ("air-2", "temperature")]:
        taken.add(numbering.number(sensor, quantity, taken))
    first, second, third = sorted(taken)
    assert (third - second == 1) != (second - first == 1)

    again = Numbering(place, taken)
    late = [again.number(sensor, "temperature", taken) for sensor in ("air-1", "air-2", "nobody's")]
    assert len({*late, *taken}) == 6
    assert min(late) > len(place.quantities) * len(place.sensors)


@pytest.mark.parametrize("quantity", ["", "unheard of"])
def test_what_has_no_place_is_numbered_after_all(quantity: str) -> None:
    numbering = Numbering(town(), {7_000_000})

    assert [numbering.number("air-1", quantity, ()) for _ in range(2)] == [7_000_001, 7_000_002]
