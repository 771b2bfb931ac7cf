"""One careful HTTP call: bounded in time and size, never redirected, and its failures say nothing of the address."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import cache, lru_cache
from typing import Any, NamedTuple

import httpcore
import httpx
import msgspec

from alerts.sending import Answer, AnswerKind

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
LONGEST_BODY = 64 * 1024

_MOST_KEPT = 20
_NEVER_SENT = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.UnsupportedProtocol,
    httpx.InvalidURL,
)
_CLOSED = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
"""How it shows that the other side closed the connection; before the head of an answer was read, when it is raised."""
_FAILED = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


@cache
def tls() -> ssl.SSLContext:
    """The authorities this machine trusts; reading them takes a while, so it is done once."""
    return ssl.create_default_context()


class HttpRequest(msgspec.Struct, frozen=True):
    """What a provider is sent; `secrets` are the parts of it that nobody may read."""

    method: str
    url: str
    content: bytes = b""
    headers: dict[str, str] = {}
    secrets: tuple[str, ...] = ()


class Reply(msgspec.Struct, frozen=True):
    """What a provider said: status, the first 64 KiB of the body, and `Retry-After` as it stands."""

    status: int
    text: str
    retry_after: str | None = None
    again: bool = False
    """The request was sent twice: whether the first arrived, nobody knows."""

    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = msgspec.json.decode(self.text)
        except (msgspec.DecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


Call = Callable[[HttpRequest], Awaitable[Reply | Answer]]
"""Sends a request. What comes back is a reply, or the answer when there was none."""


class HttpCall:
    """Calls by httpcore, which knows no redirects, cookies, proxies or .netrc.

    With `body_seconds` the status decides and the body, read for so long, is only quoted. With `kept_seconds` a
    connection is kept for so long after an answer; a request that met the other side closing it is sent once more. Only
    for requests that may arrive twice: otherwise that would be an answer never seen, and no connection is kept.
    """

    def __init__(
        self, *, whole_seconds: float = WHOLE_SECONDS, body_seconds: float | None = None, kept_seconds: float = 0.0
    ) -> None:
        self._whole_seconds, self._body_seconds = whole_seconds, body_seconds
        within = dict.fromkeys(("read", "write", "pool"), whole_seconds) | {"connect": CONNECT_SECONDS}
        self._extensions = {"timeout": within}
        self._pool = httpcore.AsyncConnectionPool(
            tls(),
            max_connections=None,
            max_keepalive_connections=_MOST_KEPT if kept_seconds else 0,
            keepalive_expiry=kept_seconds or None,
        )
        self._keeps = kept_seconds > 0
        logging.getLogger("httpcore").setLevel(logging.WARNING)  # it logs whole addresses, in which tokens stand

    async def __call__(self, request: HttpRequest) -> Reply | Answer:
        """Send the request once; what a kept connection did not answer, once more."""
        try:
            asked = self._asked(request)
            async with asyncio.timeout(self._whole_seconds) as whole:
                response, again = await self._respond(asked)
                async with aclosing(response):
                    if self._body_seconds is not None:
                        whole.reschedule(None)  # answered: nothing can make it unknown any more
                    text = await _start_of_body(response, self._body_seconds)
                    wait = next((value for name, value in response.headers if name.lower() == b"retry-after"), None)
                    return Reply(response.status, text, None if wait is None else wait.decode("latin-1"), again=again)
        except _NEVER_SENT as error:
            return Answer(AnswerKind.UNKNOWN, _failure("no connection", error), handed_over=False)
        except TimeoutError:
            return Answer(AnswerKind.UNKNOWN, f"no answer within {self._whole_seconds:g} s")
        except _FAILED as error:
            return Answer(AnswerKind.UNKNOWN, _failure("no answer", error))

    async def aclose(self) -> None:
        """Close what was kept."""
        await self._pool.aclose()

    async def _respond(self, asked: httpcore.Request) -> tuple[httpcore.Response, bool]:
        """The response, and whether the request was sent twice to get it."""
        origin = asked.url.origin
        kept = self._keeps and any(one.is_idle() and one.can_handle_request(origin) for one in self._pool.connections)
        try:
            return await self._pool.handle_async_request(asked), False
        except _CLOSED:
            if not kept:
                raise
        return await self._pool.handle_async_request(asked), True

    def _asked(self, request: HttpRequest) -> httpcore.Request:
        url = _url(request.url)
        # A compressed answer could unpack to anything: only what is read is counted.
        usual = {"Host": url.host, "Accept": "*/*", "User-Agent": "town-brain", "Accept-Encoding": "identity"}
        given = {name.lower() for name in request.headers}
        headers = {name: value for name, value in usual.items() if name.lower() not in given}
        headers |= request.headers | {"Content-Length": str(len(request.content))}
        pairs = [(name.encode("ascii"), value.encode()) for name, value in headers.items()]
        return httpcore.Request(
            request.method, url.parts, headers=pairs, content=request.content, extensions=self._extensions
        )


class _Url(NamedTuple):
    parts: httpcore.URL
    host: str
    """The value of `Host`."""


@lru_cache(maxsize=256)
def _url(written: str) -> _Url:
    """An address as httpcore takes it, with names of any script in it. Raises httpx.InvalidURL."""
    url = httpx.URL(written)
    parts = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    return _Url(parts, url.netloc.decode("ascii"))


async def _start_of_body(response: httpcore.Response, seconds: float | None) -> str:
    """The first 64 KiB at most, or what came before it was cut, or was too slow for `seconds`."""
    read = bytearray()
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            async for part in response.aiter_stream():
                read += part
                if len(read) >= LONGEST_BODY:
                    break
    except TimeoutError:
        if not limit.expired():
            raise
    except (httpcore.ReadError, httpcore.RemoteProtocolError):
        pass
    return bytes(read[:LONGEST_BODY]).decode("utf-8", "replace")


def _failure(what: str, error: Exception) -> str:
    """The kind of failure; its text may hold the address, which may hold a token."""
    return f"{what}: {type(error).__name__}"
