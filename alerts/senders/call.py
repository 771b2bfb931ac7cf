"""One careful HTTP call: bounded in time and size, never redirected, and its failures say nothing of the address."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import cache
from typing import Any

import httpx
import msgspec

from alerts.sending import Answer, AnswerKind

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
LONGEST_BODY = 64 * 1024

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


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
    """Calls by httpx. With `body_seconds` the status decides and the body, read for so long, is only quoted."""

    def __init__(self, *, whole_seconds: float = WHOLE_SECONDS, body_seconds: float | None = None) -> None:
        self._whole_seconds, self._body_seconds = whole_seconds, body_seconds
        timeout = httpx.Timeout(whole_seconds, connect=CONNECT_SECONDS)
        self._extensions = {"timeout": timeout.as_dict()}
        # No connection is kept: one that the other side may be closing just now would be an answer never seen.
        # The transport alone knows no redirects, cookies, proxies or .netrc either.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._transport = httpx.AsyncHTTPTransport(verify=tls(), trust_env=False, limits=limits)
        for name in ("httpx", "httpcore"):  # they log whole addresses, in which tokens stand
            logging.getLogger(name).setLevel(logging.WARNING)

    async def __call__(self, request: HttpRequest) -> Reply | Answer:
        """Send the request once."""
        try:
            async with (
                asyncio.timeout(self._whole_seconds) as whole,
                aclosing(await self._transport.handle_async_request(self._asked(request))) as response,
            ):
                if self._body_seconds is not None:
                    whole.reschedule(None)  # answered: nothing can make it unknown any more
                text = await _start_of_body(response, self._body_seconds)
                return Reply(response.status_code, text, response.headers.get("Retry-After"))
        except _NEVER_SENT as error:
            return Answer(AnswerKind.UNKNOWN, _failure("no connection", error), handed_over=False)
        except TimeoutError:
            return Answer(AnswerKind.UNKNOWN, f"no answer within {self._whole_seconds:g} s")
        except httpx.HTTPError as error:
            return Answer(AnswerKind.UNKNOWN, _failure("no answer", error))

    def _asked(self, request: HttpRequest) -> httpx.Request:
        # A compressed answer could unpack to anything: only what is read is counted.
        headers = {"Accept": "*/*", "User-Agent": "town-brain", "Accept-Encoding": "identity", **request.headers}
        return httpx.Request(
            request.method, request.url, content=request.content, headers=headers, extensions=self._extensions
        )


async def _start_of_body(response: httpx.Response, seconds: float | None) -> str:
    """The first 64 KiB at most, or what came before it was cut, or was too slow for `seconds`."""
    read = bytearray()
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            async for part in response.aiter_raw():
                read += part
                if len(read) >= LONGEST_BODY:
                    break
    except TimeoutError:
        if not limit.expired():
            raise
    except (httpx.ReadError, httpx.RemoteProtocolError):
        pass
    return bytes(read[:LONGEST_BODY]).decode("utf-8", "replace")


def _failure(what: str, error: Exception) -> str:
    """The kind of failure; its text may hold the address, which may hold a token."""
    return f"{what}: {type(error).__name__}"
