"""DuckDB in a process of its own behind a loopback socket, so that what it costs is not counted as the cost of ingest.

A frame is four bytes of length and a MessagePack body: readings one way, the readings that were refused the other.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from brain.bench.children import Orders, answer
from town.errors import ConfigError, Unavailable
from town.folder import load_town
from town.ports import RefusedReading
from town.reading import Reading
from town.store.duckdb import DuckStore

_ANSWERS_WITHIN = 15.0
_readings = msgspec.msgpack.Decoder(list[Reading])
_refused = msgspec.msgpack.Decoder(list[RefusedReading])
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class RemoteDuck:
    """Writes to the process; use it with `async with`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Streams] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, writer in self._idle:
            writer.close()

    async def write(self, readings: Sequence[Reading], *, vouched: bool = False) -> Sequence[RefusedReading]:
        """Store a batch; see `town.ports.ReadingWriter`."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                reader, writer = (
                    self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
                )
                await _send(writer, msgspec.msgpack.encode(readings))
                found = _refused.decode(await _receive(reader))
        except (OSError, EOFError, TimeoutError) as error:
            raise Unavailable(f"the store's process is away: {type(error).__name__}") from None
        self._idle.append((reader, writer))
        return found


async def _send(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(len(body).to_bytes(4, "big") + body)
    await writer.drain()


async def _receive(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))


async def _serve(plan: dict[str, str]) -> None:
    orders = Orders()
    town, findings = load_town(Path(plan["town"]))
    if town is None:
        raise ConfigError(str(findings))
    async with DuckStore(Path(plan["file"]), town) as store:

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    refused = await store.write(_readings.decode(await _receive(reader)))
                    await _send(writer, msgspec.msgpack.encode(refused))
            except (EOFError, OSError):
                writer.close()

        server = await asyncio.start_server(take, "127.0.0.1", 0)
        async with server:
            answer(port=server.sockets[0].getsockname()[1])
            while True:
                order = await orders.next()
                if "count" in order:
                    found = [each async for each in store.readings(start=order["count"][0], end=order["count"][1])]
                    answer(count=sum(len(each) for each in found))


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
