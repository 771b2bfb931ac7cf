"""The past for other commands: asked of the running brain over a socket in its state folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from brain.history_socket import SOCKET_FILE, ask_history, serve_history
from tests.rules.places import START, reading, town
from town.errors import ConfigError, Unavailable
from town.ports import ReadingHistory
from town.reading import Reading
from town.store.duckdb import DuckStore


@asynccontextmanager
async def served(state: Path, history: ReadingHistory) -> AsyncIterator[None]:
    serving = asyncio.create_task(serve_history(state, history))
    while not (state / SOCKET_FILE).is_socket():
        await asyncio.sleep(0)
    try:
        yield
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def asked(state: Path, **what: list[str]) -> list[Reading]:
    batches = ask_history(state, start=START, end=START + 60_000, sensors=what.get("sensors"))
    return [one async for batch in batches for one in batch]


async def test_readings_of_the_store_are_handed_out_by_arrival(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)  # longer than the name of a socket may be
    deep.mkdir()
    readings = [reading(s, sensor, smoke=0.1, received=s + 1) for s in (0, 20, 40) for sensor in ("S1", "S2")]
    async with DuckStore(deep / "r.duckdb", town("S1:smoke_detector@W1", "S2:smoke_detector@W1")) as store:
        await store.write(readings)
        async with served(deep, store):
            everything, one_sensor = await asked(deep), await asked(deep, sensors=["S2"])
            mode = (deep / SOCKET_FILE).stat().st_mode & 0o777

    assert everything == readings
    assert one_sensor == [one for one in readings if one.sensor == "S2"]
    assert mode == 0o600
    assert not (deep / SOCKET_FILE).exists()


class _Away:
    """A store that is away."""

    async def readings(self, **_: object) -> AsyncIterator[list[Reading]]:
        raise Unavailable("disk gone")
        yield []


async def test_store_that_cannot_answer_is_said(tmp_path: Path) -> None:
    async with served(tmp_path, _Away()):  # type: ignore[arg-type]  # the rest of the store is not asked
        with pytest.raises(ConfigError, match="cannot read its store: disk gone"):
            await asked(tmp_path)


@pytest.mark.parametrize(
    "sent", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", b"", b"\x00\x00\x00\x09\x81\xa5start\x01\x01"]
)
async def test_what_is_no_question_ends_the_connection_and_not_the_server(tmp_path: Path, sent: bytes) -> None:
    async with DuckStore(None, town()) as store, served(tmp_path, store):
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_FILE)
        writer.write(sent)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()

        assert await asked(tmp_path) == []


async def test_socket_that_was_left_behind_is_nobodys(tmp_path: Path) -> None:
    async with DuckStore(None, town()) as store:
        (tmp_path / SOCKET_FILE).touch()
        async with served(tmp_path, store):
            pass
    with pytest.raises(FileNotFoundError):
        await asked(tmp_path)
