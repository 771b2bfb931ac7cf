"""MQTT: the message for programs on a named topic, QoS 1; success is the broker's PUBACK without an error code."""

import asyncio

import msgspec

from alerts.senders.call import WHOLE_SECONDS
from alerts.sending import Answer, AnswerKind, OutgoingMessage, Publish, one_line, refused_config
from town.errors import Unavailable

NOBODY_LISTENS = 0x10
FIRST_ERROR = 0x80

KINDS: dict[int, AnswerKind] = {
    0x87: AnswerKind.REFUSED_CONFIG,  # not authorized
    0x90: AnswerKind.REFUSED_CONFIG,  # topic name invalid
    0x95: AnswerKind.REFUSED_MESSAGE,  # packet too large
    0x97: AnswerKind.THROTTLED,  # quota exceeded
    0x99: AnswerKind.REFUSED_MESSAGE,  # payload format invalid
}
"""Reason codes of MQTT 5 section 2.4; others are unknown."""


class Mqtt:
    """Publishes to the target's topic over the town's own broker."""

    def __init__(self, publish: Publish | None, *, whole_seconds: float = WHOLE_SECONDS) -> None:
        self._publish, self._whole_seconds = publish, whole_seconds

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once."""
        topic = message.recipient.topic
        if self._publish is None or not topic:
            return refused_config("no broker to publish on" if topic else f"{message.recipient.id} has no topic")
        try:
            async with asyncio.timeout(self._whole_seconds):
                code = await self._publish(topic, msgspec.json.encode(message.body), qos=1, retain=False)
        except TimeoutError:
            return Answer(AnswerKind.UNKNOWN, f"no PUBACK within {self._whole_seconds:g} s")
        except Unavailable as error:
            return Answer(AnswerKind.UNKNOWN, one_line(str(error)))
        if code >= FIRST_ERROR:
            kind = KINDS.get(code, AnswerKind.UNKNOWN)
            return Answer(kind, f"PUBACK 0x{code:02X}", handed_over=kind is AnswerKind.UNKNOWN)
        said = "PUBACK: nobody listens to this topic" if code == NOBODY_LISTENS else "PUBACK"
        return Answer(AnswerKind.ACCEPTED, said, delivered=True)
