"""The spool keeps what it took: over a power cut, in order, within its size, and says when it takes no more."""

import asyncio
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.spool import Spool
from ingest.spool_file import SpoolFile
from tests.ingest.town import NOON
from town.errors import ConfigError
from town.moment import DAY, MINUTE
from town.reading import Flag, Reading

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.floats(allow_nan=False) | st.booleans() | TEXTS
READINGS = st.builds(
    Reading,
    sensor=TEXTS,
    measured_at=st.integers(0, 2**53),
    received_at=st.integers(0, 2**53),
    values=st.dictionaries(TEXTS, VALUES, max_size=4),
    flags=st.sampled_from([(), (Flag.NO_CLOCK,)]),
    refused=st.dictionaries(TEXTS, st.sampled_from(Flag), max_size=2),
)


def some(number: int, count: int = 2) -> list[Reading]:
    return [Reading("S1", NOON + number, NOON + number, {"temperature": float(number), "fault": False})] * count


def nothing() -> None:
    pass


@given(groups=st.dictionaries(TEXTS, st.lists(READINGS, min_size=1, max_size=3), min_size=1, max_size=3))
def test_what_is_taken_out_is_what_was_put_in(groups: dict[str, list[Reading]]) -> None:
    file = SpoolFile(Path(":memory:"), 1 << 20)
    file.add(groups, {gateway: len(readings) for gateway, readings in groups.items()}, NOON)
    spooled, damaged = file.oldest(100)

    assert spooled is not None and not damaged
    assert spooled.groups == groups
    assert [type(v) for r in spooled.groups.values() for e in r for v in e.values.values()] == [
        type(v) for r in groups.values() for e in r for v in e.values.values()
    ]
    file.database.close()


async def test_the_oldest_go_first_and_small_batches_together(tmp_path: Path) -> None:
    async with Spool(tmp_path / "s.db", clock=lambda: NOON) as spool:
        for number in range(5):
            assert await spool.add({"gw": some(number)}, nothing)
        first = await spool.oldest(6)
        assert first is not None
        await spool.remove(first, nothing)
        second = await spool.oldest(6)

        assert [reading.measured_at - NOON for reading in first.groups["gw"]] == [0, 0, 1, 1, 2, 2]
        assert second is not None and len(second.rows) == 2
        assert spool.pending == {"gw": 4}


async def test_it_is_all_there_after_kill_9(tmp_path: Path) -> None:
    code = f"""
import asyncio, os, signal
from pathlib import Path
from ingest.spool import Spool
from tests.ingest.test_spool import some
async def main():
    async with Spool(Path({str(tmp_path / "s.db")!r}), clock=lambda: 0) as spool:
        for number in range(20):
            await spool.add({{"gw": some(number)}}, lambda: print(number, flush=True))
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    async with Spool(tmp_path / "s.db", clock=lambda: NOON) as spool:
        found = [reading async for batch in spool.since(0) for reading in batch]

        assert ended.stdout.split() == [str(number) for number in range(20)]
        assert found == [reading for number in range(20) for reading in some(number)]
        assert spool.pending == Counter(gw=40)


async def test_a_full_spool_takes_no_more_and_has_room_again_when_the_oldest_is_gone(tmp_path: Path) -> None:
    async with Spool(tmp_path / "s.db", clock=lambda: NOON, size=256 << 10) as spool:
        taken, worried = 0, False
        noise = [Reading("S1", NOON, NOON, {"state": f"{n:05}{n * 7919 % 99991:05}"}) for n in range(2_000)]
        while await spool.add({"gw": noise}, nothing):
            taken += 1
            worried = worried or spool.health().state == "degraded"
        assert taken and worried
        assert spool.health().state == "down" and "full" in spool.health().detail
        assert (tmp_path / "s.db").stat().st_size <= 256 << 10
        oldest = await spool.oldest(1)
        assert oldest is not None
        await spool.remove(oldest, nothing)

        assert await spool.add({"gw": noise}, nothing)
        assert spool.pending == {"gw": taken * 2_000}


DISK_THAT_IS_FULL_FOR_A_WHILE = """
import asyncio, resource, sys
from pathlib import Path
from ingest.spool import Spool
from tests.ingest.test_spool import NOON, nothing, some

async def main():
    async with Spool(Path(sys.argv[1]), clock=lambda: NOON) as spool:
        limit = resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limit))  # a file cannot grow beyond it, as on a full disk
        taken = 0
        while await spool.add({"gw": some(taken, 500)}, nothing):
            taken += 1
        print(taken, spool.health().state, await spool.add({"gw": some(taken, 500)}, nothing))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        print(await spool.add({"gw": some(taken, 500)}, nothing), spool.health().state)

asyncio.run(main())
"""


async def test_a_full_disk_is_told_and_costs_nothing_that_was_taken(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", DISK_THAT_IS_FULL_FOR_A_WHILE, tmp_path / "s.db"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    taken, state, when_full, afterwards, state_afterwards = ran.stdout.split()
    async with Spool(tmp_path / "s.db", clock=lambda: NOON) as spool:
        found = [reading async for batch in spool.since(0) for reading in batch]

    assert int(taken) > 0 and (state, when_full) == ("down", "False")
    assert (afterwards, state_afterwards) == ("True", "ok")
    assert found == [reading for number in range(int(taken) + 1) for reading in some(number, 500)]


async def test_a_spool_whose_oldest_batch_is_too_old_takes_no_more(tmp_path: Path) -> None:
    now = [NOON]
    async with Spool(tmp_path / "s.db", clock=lambda: now[0], age=DAY) as spool:
        assert await spool.add({"gw": some(1)}, nothing)
        now[0] += DAY * 85 // 100
        assert spool.health().state == "degraded"
        now[0] += DAY
        assert not await spool.add({"gw": some(2)}, nothing)
        assert spool.health().state == "down"
        now[0] += 2 * MINUTE

        assert spool.health().state == "degraded"  # nobody has asked for room since
        assert spool.pending == {"gw": 2}


async def test_a_damaged_batch_stays_and_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with Spool(tmp_path / "s.db", clock=lambda: NOON) as spool:
        for number in range(3):
            await spool.add({"gw": some(number)}, nothing)
        with sqlite3.connect(tmp_path / "s.db") as other:
            other.execute("UPDATE batch SET body = x'00' WHERE id = 2")
        other.close()
        spooled = await spool.oldest(100)

        assert spooled is not None and spooled.rows == (1, 3)
        assert spool.health().detail.endswith("1 batches cannot be read")
        assert spool.rows == 2 and spool.pending == {"gw": 6}


async def test_what_is_on_disk_is_counted_though_its_writer_is_cancelled(tmp_path: Path) -> None:
    told: list[bool] = []
    async with Spool(tmp_path / "s.db", clock=lambda: NOON) as spool:
        adding = asyncio.create_task(spool.add({"gw": some(1)}, lambda: told.append(True)))
        await asyncio.sleep(0)
        adding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await adding
        spooled = await spool.oldest(10)

        assert (spooled is not None) == bool(told) == (spool.pending.total() == 2)


async def test_a_file_that_is_no_spool_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(b"not a database at all, but somebody's file\n" * 100)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="keep the file"):
        async with Spool(path, clock=lambda: NOON):
            pass

    assert path.read_bytes() == before
