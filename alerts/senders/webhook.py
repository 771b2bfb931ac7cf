"""JSON by HTTP POST, signed: `X-Town-Signature: t=<seconds>,v1=<hex HMAC-SHA256(secret, "<t>.<body>")>`."""

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx
import msgspec

from alerts.people import Recipient
from alerts.sending import Answer, AnswerKind, OutgoingMessage, one_line, refused_config
from town.moment import Duration, Moment, from_datetime
from town.ports import Clock

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
LONGEST_BODY = 64 * 1024

_RETRY = {408, 409, 425}
_CONFIG = {401, 402, 403, 404, 405, 407, 410}
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


class Webhook:
    """Posts to the target's URL, or to `override/<target id>` when every webhook goes to one receiver."""

    def __init__(
        self,
        *,
        clock: Clock,
        secret: Callable[[str], str | None],
        override: str | None = None,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._clock, self._secret, self._override, self._whole_seconds = clock, secret, override, whole_seconds
        self._tls = ssl.create_default_context()

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once; success is any 2xx."""
        recipient = message.recipient
        url = self._url(recipient)
        secret = self._secret(recipient.secret) if recipient.secret else None
        if not url:
            return refused_config(f"{recipient.id} has no url")
        if not secret:
            return refused_config(f"the secret {recipient.secret} of {recipient.id} is not set")
        body = msgspec.json.encode(message.body)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "town-brain",
            "Idempotency-Key": message.key,
            "X-Town-Signature": sign(body, secret, self._clock()),
        }
        return await self._post(url, body, headers)

    def _url(self, recipient: Recipient) -> str | None:
        if self._override:
            return f"{self._override.rstrip('/')}/{quote(recipient.id, safe='')}"
        return recipient.url

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        timeout = httpx.Timeout(self._whole_seconds, connect=CONNECT_SECONDS)
        try:
            # A client for each message: no connection is reused that the other side may be closing just now, which
            # would be an answer never seen. No proxies or .netrc from the environment either.
            async with (
                asyncio.timeout(self._whole_seconds) as whole,
                httpx.AsyncClient(timeout=timeout, verify=self._tls, trust_env=False) as client,
                client.stream("POST", url, content=body, headers=headers, follow_redirects=False) as response,
            ):
                whole.reschedule(None)  # answered: from here on nothing can make it unknown, and the body has its own
                return self._judge(response, await _start_of_body(response))
        except _NEVER_SENT as error:
            return Answer(AnswerKind.UNKNOWN, _failure("no connection", error), handed_over=False)
        except TimeoutError:
            return Answer(AnswerKind.UNKNOWN, f"no answer within {self._whole_seconds:g} s")
        except httpx.HTTPError as error:
            return Answer(AnswerKind.UNKNOWN, _failure("no answer", error))

    def _judge(self, response: httpx.Response, text: str) -> Answer:
        status = response.status_code
        said = one_line(f"HTTP {status} {text}")
        if response.is_success:
            return Answer(AnswerKind.ACCEPTED, said, delivered=True)
        wait = retry_after(response.headers.get("Retry-After"), self._clock())
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return Answer(AnswerKind.THROTTLED, said, handed_over=False, retry_after=wait)
        if response.is_server_error or status in _RETRY:
            return Answer(AnswerKind.UNKNOWN, said, retry_after=wait)
        if response.is_redirect or status in _CONFIG:
            return Answer(AnswerKind.REFUSED_CONFIG, said, handed_over=False)
        return Answer(AnswerKind.REFUSED_MESSAGE, said, handed_over=False)


async def _start_of_body(response: httpx.Response) -> str:
    """The first 64 KiB at most. The status has been said: a body that is slow or cut changes nothing about it."""
    read = bytearray()
    try:
        async with asyncio.timeout(1.0):
            async for part in response.aiter_raw(4096):
                read += part
                if len(read) >= LONGEST_BODY:
                    break
    except (TimeoutError, httpx.HTTPError):
        pass
    return bytes(read[:LONGEST_BODY]).decode("utf-8", "replace")


def sign(body: bytes, secret: str, now: Moment) -> str:
    """The value of `X-Town-Signature` for a body sent now."""
    seconds = now // 1000
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def retry_after(value: str | None, now: Moment) -> Duration | None:
    """What `Retry-After` asks for (RFC 9110 section 10.2.3): seconds or a date; None when it is neither."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return int(value[:9]) * 1000
    try:
        return max(0, from_datetime(parsedate_to_datetime(value)) - now)
    except (ValueError, OverflowError):
        return None


def _failure(what: str, error: Exception) -> str:
    """The kind of failure; its text may hold the address, which may hold a token."""
    return f"{what}: {type(error).__name__}"
