"""Which messages were taken off the wire lately, to tell when the broker sends one again."""

from array import array
from collections.abc import Sequence

from ingest.connection import Message

_IDENTIFIERS = 1 << 16


class Seen:
    """Remembers the last message of every packet identifier.

    A broker sends an unacknowledged message again under its first packet identifier (MQTT 5 section 4.4), and gives
    that to no other before. Only messages that it marks as sent before are looked up, so two equal messages of a device
    are never taken for one.
    """

    def __init__(self) -> None:
        self._marks = array("q", bytes(8 * _IDENTIFIERS))

    def note(self, packet_ids: Sequence[int], messages: Sequence[Message]) -> None:
        """Remember messages of which none is marked as sent before."""
        marks = self._marks
        for packet_id, message in zip(packet_ids, messages, strict=True):
            marks[packet_id] = hash(message.topic) ^ hash(message.payload)

    def before(self, packet_id: int, topic: str, payload: bytes, *, again: bool) -> bool:
        """Whether this message was taken before, if the broker says it sent it `again`; it is remembered."""
        mark = hash(topic) ^ hash(payload)
        if again and self._marks[packet_id] == mark:
            return True
        self._marks[packet_id] = mark
        return False
