"""PUBLISH packets that are not read: too large to hold, or not understood by the codec.

Each becomes a message all the same: it is counted, kept as a sample and acknowledged, so that it cannot come back for
ever.
"""

import hashlib
from typing import Literal, NamedTuple

LARGEST_PACKET = 4 << 20
"""Bytes of a packet that are held; of a larger one only the head is."""
HEAD = 80 << 10
"""Bytes of a large packet that are kept: the longest topic, and more of the payload than quarantine keeps."""
PUBLISH = 3


class Foreign(NamedTuple):
    """A PUBLISH that was not read: `size` and `sha256` are of all of the payload, `payload` its beginning."""

    why: Literal["too_large", "malformed"]
    topic: str
    payload: bytes
    qos: int
    packet_id: int | None
    retain: bool
    duplicate: bool
    size: int
    sha256: str


def packet_size(view: memoryview) -> int | None:
    """Bytes of the packet with its fixed header (MQTT 5 section 2.1); None when not even that is there yet."""
    length = shift = 0
    for index, byte in enumerate(view[1:5]):
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return length + index + 2
        shift += 7
    return None


class _Head:
    """What stands before the payload of a PUBLISH (MQTT 5 section 3.3), read leniently."""

    def __init__(self, view: memoryview) -> None:
        first = view[0]
        self.qos, self.retain, self.duplicate = first >> 1 & 3, bool(first & 1), bool(first & 8)
        at = 1 + next((i + 1 for i, byte in enumerate(view[1:5]) if not byte & 0x80), 4)
        length = int.from_bytes(view[at : at + 2], "big")
        self.topic = bytes(view[at + 2 : at + 2 + length]).decode("utf-8", "replace")
        at += 2 + length
        self.packet_id: int | None = None
        if self.qos:
            self.packet_id = int.from_bytes(view[at : at + 2], "big")
            at += 2
        properties = shift = 0
        for byte in view[at : at + 4]:
            at += 1
            properties |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        self.payload_at = at + properties


def _foreign(why: Literal["too_large", "malformed"], head: _Head, payload: bytes, size: int, sha256: str) -> Foreign:
    return Foreign(
        why, head.topic, payload, min(head.qos, 1), head.packet_id, head.retain, head.duplicate, size, sha256
    )


class Skim:
    """A packet too large to hold, passing by: its head is kept, the rest only counted and hashed."""

    def __init__(self, view: memoryview, size: int) -> None:
        self.left = size - len(view)
        """Bytes still to come."""
        self._head = _Head(view)
        self._payload = bytes(view[self._head.payload_at :])
        self._size = max(0, size - self._head.payload_at)
        self._hash = hashlib.sha256(self._payload)

    def feed(self, data: bytes) -> bytes:
        """Let bytes pass; returns those behind the packet."""
        self._hash.update(data[: self.left])
        after = data[self.left :]
        self.left = max(0, self.left - len(data))
        return after

    def message(self) -> Foreign:
        """What is told of it in the end."""
        return _foreign("too_large", self._head, self._payload, self._size, self._hash.hexdigest())


def malformed(packet: memoryview) -> Foreign:
    """What is told of a whole packet that the codec cannot read."""
    head = _Head(packet)
    payload = bytes(packet[head.payload_at :])
    return _foreign("malformed", head, payload, len(payload), hashlib.sha256(payload).hexdigest())
