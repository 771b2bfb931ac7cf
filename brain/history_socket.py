"""The past for other commands of this machine, while the brain runs: it alone may open the embedded store.

A Unix socket in the state folder, for its owner alone. One question a connection, each message with its length before
it; the answer is batches of readings, an empty one last, or a text that says why there is none.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path

import msgspec

from town.errors import ConfigError, Unavailable
from town.moment import Moment
from town.ports import ReadingHistory
from town.reading import Reading

log = logging.getLogger("store")

SOCKET_FILE = "history.socket"
_LARGEST_QUESTION = 16 << 20
_LARGEST_ANSWER = 256 << 20
_PATIENCE = 60.0
"""Seconds in which the other side has to say something."""


class Question(msgspec.Struct, frozen=True):
    """Readings by arrival with start <= received_at < end, of those sensors or of all."""

    start: Moment
    end: Moment
    sensors: list[str] | None = None


class Answer(msgspec.Struct, frozen=True):
    """A part of the answer; the last one has no readings, and perhaps a refusal."""

    readings: list[Reading] = []
    refusal: str = ""


_encode = msgspec.msgpack.Encoder().encode
_question = msgspec.msgpack.Decoder(Question).decode
_answer = msgspec.msgpack.Decoder(Answer).decode


async def serve_history(state: Path, history: ReadingHistory) -> None:
    """Answer until cancelled."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, msgspec.MsgspecError):
            await _serve(reader, writer, history)
        writer.close()

    with _listening(state) as listening:
        if listening is not None:
            async with await asyncio.start_unix_server(answer, sock=listening) as server:
                await server.serve_forever()


@contextlib.contextmanager
def _listening(state: Path) -> Iterator[socket.socket | None]:
    """The socket, or None where there can be none: the brain runs without it."""
    with _address(state) as address, socket.socket(socket.AF_UNIX) as listening:
        try:
            Path(address).unlink(missing_ok=True)
            listening.bind(address)
            Path(address).chmod(0o600)
        except OSError as error:
            log.warning("other commands cannot look into the store while this runs: %s", error)
            yield None
            return
        try:
            yield listening
        finally:
            Path(address).unlink(missing_ok=True)


async def ask_history(
    state: Path, *, start: Moment, end: Moment, sensors: Collection[str] | None = None
) -> AsyncIterator[list[Reading]]:
    """What the running brain has; raises ConnectionRefusedError when none runs, ConfigError when it breaks off."""
    with _address(state) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    try:
        _put(writer, _encode(Question(start, end, None if sensors is None else sorted(sensors))))
        while True:
            answer = _answer(await _get(reader, _LARGEST_ANSWER))
            if answer.refusal:
                raise ConfigError(f"the running brain cannot read its store: {answer.refusal}")
            if not answer.readings:
                return
            yield answer.readings
    except (OSError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:  # TimeoutError is one of the first
        raise ConfigError(f"the running brain broke off: {error or 'it does not answer'}") from None
    finally:
        writer.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, history: ReadingHistory) -> None:
    asked = _question(await _get(reader, _LARGEST_QUESTION))
    last = Answer()
    try:
        async for batch in history.readings(start=asked.start, end=asked.end, sensors=asked.sensors, order="arrival"):
            if batch:
                _put(writer, _encode(Answer(batch)))
                async with asyncio.timeout(_PATIENCE):
                    await writer.drain()
    except Unavailable as error:
        last = Answer(refusal=str(error))
    _put(writer, _encode(last))
    async with asyncio.timeout(_PATIENCE):
        await writer.drain()


def _put(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(len(content).to_bytes(4, "big") + content)


async def _get(reader: asyncio.StreamReader, largest: int) -> bytes:
    async with asyncio.timeout(_PATIENCE):
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > largest:
            raise msgspec.ValidationError(f"a message of {length:,} bytes")
        return await reader.readexactly(length)


@contextlib.contextmanager
def _address(state: Path) -> Iterator[str]:
    """The socket's name by way of the open folder: names of sockets are short, those of folders need not be."""
    folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET_FILE}"
    finally:
        os.close(folder)
