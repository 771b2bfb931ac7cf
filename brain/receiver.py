"""Real receivers on this machine for what a demo town sends: an HTTP endpoint and a mail server, both on loopback.

A demo must not ring anybody's phone. Its messages still go out over HTTP and SMTP, arrive here, and are counted.
"""

import asyncio
import contextlib
import email
import email.policy
import hashlib
import hmac
import json
import secrets
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from town.moment import Moment
from town.ports import Clock, Gauge, PartHealth

_LARGEST = 1 << 20
_KEPT = 200


class Received(msgspec.Struct, frozen=True):
    """One message that arrived: `target` is the last part of the URL, or the mailbox."""

    channel: str
    target: str
    at: Moment
    text: str
    key: str
    """What tells a repeated delivery from a new one: the idempotency key, or the Message-ID."""


class LocalReceiver:
    """What arrived, newest last; `http_url` and `smtp_url` are where it listens."""

    def __init__(self, clock: Clock, told: Callable[[Received], None] | None = None) -> None:
        self.http_url = self.smtp_url = ""
        self.secret = secrets.token_hex(16)
        """What webhooks to it are signed with, whatever the town calls their secrets."""
        self.count = 0
        self.keys: set[str] = set()
        self.newest: deque[Received] = deque(maxlen=_KEPT)
        self._clock, self._told = clock, told

    def take(self, channel: str, target: str, *, text: str, key: str) -> None:
        """Note one arrival and tell whoever listens."""
        received = Received(channel, target, self._clock(), text, key)
        self.count += 1
        self.keys.add(key)
        self.newest.append(received)
        if self._told:
            self._told(received)

    def parts(self) -> list[PartHealth]:
        """It is a part of its process."""
        return []

    def figures(self) -> list[Gauge]:
        """How many notifications arrived, each counted once."""
        return [Gauge("town_local_notifications", len(self.keys), {}, "counter", "Notifications that arrived here.")]

    async def hook(self, request: Request) -> JSONResponse:
        """Take a webhook's JSON."""
        body = await request.body()
        if len(body) > _LARGEST:
            return JSONResponse({"error": "too large"}, status_code=413)
        if not self._signed(request.headers.get("X-Town-Signature", ""), body):
            return JSONResponse({"error": "the signature is wrong"}, status_code=401)
        try:
            content = json.loads(body)
        except ValueError:
            return JSONResponse({"error": "not JSON"}, status_code=400)
        text = content.get("text") if isinstance(content, dict) else None
        key = request.headers.get("Idempotency-Key", "")
        self.take("webhook", request.path_params["target"], text=str(text or content), key=key)
        return JSONResponse({"received": True})

    def _signed(self, signature: str, body: bytes) -> bool:
        at, _, found = signature.removeprefix("t=").partition(",v1=")
        wanted = hmac.new(self.secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(found, wanted)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail, once for each recipient."""
        mail = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        for recipient in envelope.rcpt_tos:
            key = f"{mail['Message-ID']} {recipient}"
            self.take("email", recipient, text=str(mail["Subject"]), key=key)
        return "250 Received"


@contextlib.asynccontextmanager
async def local_receiver(clock: Clock, told: Callable[[Received], None] | None = None) -> AsyncIterator[LocalReceiver]:
    """Listen on two free loopback ports until the block ends."""
    receiver = LocalReceiver(clock, told)
    loop = asyncio.get_running_loop()
    mail: Any = await loop.create_server(lambda: SMTP(receiver, loop=loop, data_size_limit=_LARGEST), "127.0.0.1", 0)
    app = Starlette(routes=[Route("/{target:path}", receiver.hook, methods=["POST"])])
    listening = socket.create_server(("127.0.0.1", 0))
    server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
    serving = asyncio.create_task(_serve(server, listening), name="local receiver")
    receiver.smtp_url = f"smtp://127.0.0.1:{mail.sockets[0].getsockname()[1]}"
    receiver.http_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.should_exit = True
        mail.close()
        await serving


class _Server(uvicorn.Server):
    """Leaves SIGINT and SIGTERM alone: they belong to the whole brain."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    with contextlib.closing(listening):
        await server.serve([listening])
