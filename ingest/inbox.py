"""Between the socket and the decoders: chunks of messages wait here, and when there are many the socket waits too."""

import asyncio
from collections import deque
from typing import NamedTuple

from ingest.connection import Connection, Message
from ingest.ledger import Ledger

_MOST_MESSAGES = 20_000
_MOST_BYTES = 16 << 20
_TOGETHER = 1_000
"""Messages up to which chunks are joined: what is done once for each gateway in a chunk is then done more seldom."""


class Arrival(NamedTuple):
    """The messages of one or a few chunks, and the connection on which they are to be acknowledged."""

    connection: Connection
    messages: list[Message]
    size: int


class Inbox:
    """Holds about 20,000 messages or 16 MiB; beyond that it stops reading from the socket until half is gone."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._arrivals: deque[Arrival] = deque()
        self._bytes = 0
        self._paused: Connection | None = None
        self._some = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def put(self, connection: Connection, messages: list[Message], size: int) -> None:
        """Take a chunk; called by the connection as the bytes come."""
        last = self._arrivals[-1] if self._arrivals else None
        if last is not None and last.connection is connection and len(last.messages) + len(messages) <= _TOGETHER:
            last.messages.extend(messages)
            self._arrivals[-1] = last._replace(size=last.size + size)
        else:
            self._arrivals.append(Arrival(connection, messages, size))
        self._ledger.received += len(messages)
        self._ledger.messages_waiting += len(messages)
        self._bytes += size
        self._some.set()
        if self._ledger.messages_waiting > _MOST_MESSAGES or self._bytes > _MOST_BYTES:
            connection.pause()
            self._paused = connection

    def get(self) -> Arrival | None:
        """The oldest chunk, if there is one."""
        if not self._arrivals:
            return None
        arrival = self._arrivals.popleft()
        self._ledger.messages_waiting -= len(arrival.messages)
        self._bytes -= arrival.size
        if self._paused and self._ledger.messages_waiting < _MOST_MESSAGES // 2 and self._bytes < _MOST_BYTES // 2:
            self._paused.resume()
            self._paused = None
        return arrival

    @property
    def paused(self) -> bool:
        """More comes in than is taken: the socket waits."""
        return self._paused is not None

    async def wait(self, seconds: float | None = None) -> bool:
        """Return once there is a chunk, or after so many seconds; whether there is one."""
        if not self._arrivals and seconds != 0:
            self._some.clear()
            alarm = None if seconds is None else self._loop.call_later(seconds, self._some.set)
            await self._some.wait()
            if alarm is not None:
                alarm.cancel()
        return bool(self._arrivals)
