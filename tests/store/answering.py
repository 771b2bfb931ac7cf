"""A real HTTP server on loopback that answers as a test says."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple


class Asked(NamedTuple):
    """One request; header names are in small letters, the body is unpacked."""

    target: str
    headers: dict[str, str]
    body: bytes
    method: str = "GET"


class Answer(NamedTuple):
    """What to say to it."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def writes(answer: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Answers writes of readings so, takes the log of changes, and answers every query with nothing."""

    def says(asked: Asked) -> Answer:
        if asked.target.startswith("/query"):
            return Answer(200, '{"results":[{}]}')
        return Answer(204) if asked.body.startswith(b"rollup_change") else answer(asked)

    return says


@asynccontextmanager
async def answering(answer: Callable[[Asked], Answer]) -> AsyncIterator[str]:
    """Its base URL, such as `http://127.0.0.1:40123`; its clients must be closed before it."""
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                said = answer(await _asked(head.decode(), reader))
                body = said.body.encode()
                lines = [f"HTTP/1.1 {said.status} X", f"Content-Length: {len(body)}"]
                lines += [f"{name}: {value}" for name, value in said.headers]
                writer.write("\r\n".join([*lines, "", ""]).encode() + body)
                await writer.drain()
                if ("Connection", "close") in said.headers:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 24)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(30):
            await asyncio.gather(*filter(None, serving))


async def _asked(head: str, reader: asyncio.StreamReader) -> Asked:
    first, *rest = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    unpacked = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
    return Asked(first.split()[1], headers, unpacked, first.split()[0])
