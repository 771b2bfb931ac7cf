"""What an answer means: a provider's codes first, then the class that its HTTP status belongs to, never success."""

from collections.abc import Callable, Collection, Mapping
from email.utils import parsedate_to_datetime
from typing import Protocol

import msgspec

from alerts.senders.call import Call, HttpRequest, Reply
from alerts.sending import Answer, AnswerKind, OutgoingMessage, one_line, refused_config
from town.errors import ConfigError
from town.moment import Duration, Moment, from_datetime
from town.ports import Clock

_TOO_LARGE, _TOO_MANY = 413, 429
_RETRY = {408, 409, 425}
_CONFIG = {401, 402, 403, 404, 405, 407, 410}

GetSecret = Callable[[str], str | None]
"""The value of a named secret, or None."""


class HttpProvider(Protocol):
    """One provider that is asked by one request: what it is sent, and what its answer means."""

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request for a message; raises ConfigError when something is missing."""

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the reply means."""


class HttpSender:
    """Sends to one provider."""

    def __init__(self, call: Call, provider: HttpProvider) -> None:
        self._call, self._provider = call, provider

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once."""
        try:
            request = self._provider.ask(message)
        except ConfigError as error:
            return refused_config(one_line(str(error)))
        reply = await self._call(request)
        if isinstance(reply, Answer):
            return reply
        answer = self._provider.judge(reply, request)
        return msgspec.structs.replace(answer, maybe_twice=True) if reply.again else answer


def need_secret(secret: GetSecret, name: str | None, *, of: str) -> str:
    """The value of a secret that `of` cannot be told without; raises ConfigError naming it."""
    value = secret(name) if name else None
    if not value:
        raise ConfigError(f"the secret {name} of {of} is not set" if name else f"{of} names no secret")
    return value


def accepted(reply: Reply, request: HttpRequest, *, delivered: bool = True, receipt: str | None = None) -> Answer:
    """The answer for success; `delivered` when the provider will say no more."""
    return Answer(AnswerKind.ACCEPTED, said(reply, request), delivered=delivered, receipt=receipt)


def refused(
    reply: Reply,
    request: HttpRequest,
    *,
    clock: Clock,
    code: object = None,
    kinds: Mapping[str, AnswerKind] | None = None,
    wait: Duration | None = None,
    too_long: Collection[str] = (),
    alone: Collection[str] = (),
) -> Answer:
    """The answer for whatever is no success; `wait` is how long the body asks us to wait.

    `too_long` and `alone` are the codes for messages that are, and for refusals of this recipient only.
    """
    known = {} if reply.status == _TOO_MANY else kinds or {}
    kind = known.get(str(code)) or kind_of_status(reply.status)
    if wait is None:
        wait = retry_after(reply.retry_after, clock())
    return Answer(
        kind,
        said(reply, request),
        handed_over=kind is AnswerKind.UNKNOWN,
        retry_after=wait,
        alone=str(code) in alone,
        too_long=kind is AnswerKind.REFUSED_MESSAGE and (reply.status == _TOO_LARGE or str(code) in too_long),
    )


def said(reply: Reply, request: HttpRequest) -> str:
    """The reply as one line, with secrets masked."""
    return one_line(f"HTTP {reply.status} {reply.text}", *request.secrets)


def kind_of_status(status: int) -> AnswerKind:
    """The class of an HTTP status that is no success. 2xx says nothing when the body should have."""
    if status == _TOO_MANY:
        return AnswerKind.THROTTLED
    if status < 300 or status >= 500 or status in _RETRY:
        return AnswerKind.UNKNOWN
    if status < 400 or status in _CONFIG:
        return AnswerKind.REFUSED_CONFIG
    return AnswerKind.REFUSED_MESSAGE


def retry_after(value: str | None, now: Moment) -> Duration | None:
    """What `Retry-After` asks for (RFC 9110 section 10.2.3): seconds or a date; None when it is neither."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return int(value[:9]) * 1000
    try:
        return max(0, from_datetime(parsedate_to_datetime(value)) - now)
    except (ValueError, OverflowError, TypeError):
        return None
