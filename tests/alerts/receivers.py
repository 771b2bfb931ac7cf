"""Real receivers on this machine: an HTTP server that answers as it is told to, and a mail server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Request:
    """What one POST brought."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpReceiver:
    """Keeps what arrived. `answer(request)` gives the raw bytes to say, or None to cut the connection."""

    answer: Callable[[Request], bytes | None]
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    stall: asyncio.Event = field(default_factory=asyncio.Event)
    """Set unless answers are to be held back."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def until(self, count: int) -> None:
        """Wait until so many requests have arrived."""
        while len(self.requests) < count:
            self.arrived.clear()
            await self.arrived.wait()

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def keys_seen(self) -> list[str]:
        return [request.headers["idempotency-key"] for request in self.requests]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await _read(reader)
            self.requests.append(request)
            self.arrived.set()
            await self.stall.wait()
            if (said := self.answer(request)) is not None:
                writer.write(said)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(head[0].split()[1], headers, body)


def says(status: str, body: bytes = b"", *headers: str) -> Callable[[Request], bytes]:
    """An answer that is always the same."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers))
    return lambda _request: head.encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def http_receiver(answer: Callable[[Request], bytes | None] | None = None) -> AsyncIterator[HttpReceiver]:
    """An HTTP receiver on a free port; it says 204 unless told otherwise."""
    receiver = HttpReceiver(answer or says("204 No Content"))
    receiver.stall.set()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        async with server:
            yield receiver
    finally:
        receiver.stall.set()


class MailReceiver:
    """Keeps mails; refuses recipients with the answer that `refuse` holds for them."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self.after_data = "250 taken"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        assert isinstance(envelope.content, bytes)
        if self.after_data.startswith("250"):
            mail: Any = message_from_bytes(envelope.content, policy=policy.default)
            self.mails.append(mail)
        if self.after_data == "cut":
            assert server.transport is not None
            server.transport.abort()
        return self.after_data


@asynccontextmanager
async def mail_receiver() -> AsyncIterator[MailReceiver]:
    """A mail server on a free port of this machine, without TLS."""
    receiver = MailReceiver()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(receiver, hostname="test", loop=loop), "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
