"""What a sender is given and what it answers: every provider's answer falls into one of five classes."""

from enum import StrEnum
from typing import Any, Protocol

import msgspec

from alerts.people import Recipient
from town.alert import Severity
from town.language import Language
from town.moment import Duration, Moment

LONGEST_ANSWER = 300
"""An answer is kept as one line of at most so many characters."""


class AnswerKind(StrEnum):
    """What an answer means for what comes next."""

    ACCEPTED = "accepted"
    THROTTLED = "throttled"
    """Too fast, or later please: the target pauses, the notification stays."""
    REFUSED_CONFIG = "refused_config"
    """Address, credential or permission is wrong: the target pauses until somebody has mended it."""
    REFUSED_MESSAGE = "refused_message"
    """This message will never be taken."""
    UNKNOWN = "unknown"
    """No answer, or one that does not say: the same message is tried again."""


class Answer(msgspec.Struct, frozen=True):
    """What a provider said to one attempt, in one line without secrets."""

    kind: AnswerKind
    text: str
    delivered: bool = False
    """The provider says no more after accepting: accepted is delivered."""
    handed_over: bool = True
    """Whether the message may have reached the provider; only then an unknown answer may mean a double."""
    maybe_twice: bool = False
    """It was sent twice within the attempt, and the first may have been taken."""
    retry_after: Duration | None = None
    """How long the provider asks us to wait."""
    alone: bool = False
    """The refusal is about this recipient and not about the credential, which others use as well."""
    too_long: bool = False
    """The message was refused for its length: a shorter one may be taken."""
    receipt: str | None = None
    """By what the provider can be asked later whether it was delivered."""


class Brief(msgspec.Struct, frozen=True):
    """A message for few characters: what and where, since when, what to do, and how to find it again."""

    head: str
    since: str = ""
    advice: str = ""
    number: str = ""


class OutgoingMessage(msgspec.Struct, frozen=True):
    """One message to one recipient; `key` is the idempotency key, the same at every attempt."""

    key: str
    thread: str
    """The alert's id: messages about one alert belong together."""
    recipient: Recipient
    created_at: Moment
    subject: str
    text: str
    html: str
    body: dict[str, Any]
    """The message for programs, as plain JSON."""
    severity: Severity = Severity.ADVISORY
    over: bool = False
    """There is nothing to do any more: it is not shown in the colour of its severity."""
    link: str | None = None
    """Where it can be looked at and acknowledged; also a line of `text`."""
    brief: Brief = Brief("")
    variables: dict[str, str] = {}
    """What fixed templates are filled with, by name."""
    language: Language = "zh"


class Publish(Protocol):
    """Publishes on the town's MQTT broker."""

    async def __call__(self, topic: str, payload: bytes, qos: int, retain: bool) -> int:
        """The broker's reason code (MQTT 5 section 3.4.2.1; 0 with 3.1.1). Raises Unavailable without an answer."""


class Sender(Protocol):
    """Delivers over one channel. It never raises for what the other side does, and always answers within 15 s."""

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once."""


def one_line(text: str, *secrets: str | None) -> str:
    """Text from outside as one short line, with secrets masked and control characters taken out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    short = " ".join(clean.split())
    return short if len(short) <= LONGEST_ANSWER else short[: LONGEST_ANSWER - 1] + "…"


def refused_config(reason: str) -> Answer:
    """The answer when we know ourselves that the configuration is wrong."""
    return Answer(AnswerKind.REFUSED_CONFIG, reason, handed_over=False)
