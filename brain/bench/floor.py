"""The floor: parsing and validating the same messages from memory; no socket, sensors, store or acknowledgement."""

import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import NamedTuple

import mqtt5
from pydantic import BaseModel, ConfigDict, TypeAdapter

from brain.bench.traffic import Traffic, packets
from ingest.decoders import native

_PIECE = 64 << 10
_MESSAGES = 100_000
"""More than these say nothing more."""
_SMALL_PIECE = 8 << 10
_SMALL_PIECES = 100


class Floor(NamedTuple):
    """CPU microseconds a message."""

    us: float
    """With pydantic, as most would do it."""
    own_us: float
    """With what ingest itself validates with (msgspec)."""


class _Reading(BaseModel):
    model_config = ConfigDict(frozen=True)

    sensor: str
    values: dict[str, float | bool | str]
    at: int | None = None


_by_pydantic = TypeAdapter(_Reading).validate_json


def measure_floor(traffic: Traffic) -> Floor:
    """Parse and validate the messages of the traffic, or the first 100,000 of them."""
    some = packets(traffic._replace(messages=min(traffic.messages, _MESSAGES)))
    pieces = _pieces(some)
    return Floor(_cost(pieces, _by_pydantic, len(some)), _cost(pieces, native.validate, len(some)))


class FloorBeside:
    """The floor measured a little at a time between the other work of a process, so under all that it is under."""

    def __init__(self, traffic: Traffic) -> None:
        some = packets(traffic._replace(messages=min(traffic.messages, 10_000)))
        self._pieces = cycle(_pieces(some, _SMALL_PIECE)[:_SMALL_PIECES])
        self.seconds, self.messages = 0.0, 0
        """What it took, of the CPU time of the process."""

    def sample(self) -> None:
        """Parse and validate some 80 messages."""
        began, piece = time.thread_time(), next(self._pieces)
        self.messages += _parse(piece, _by_pydantic)
        self.seconds += time.thread_time() - began


def _pieces(some: Sequence[bytes], size: int = _PIECE) -> list[bytes]:
    """Whole packets in pieces of about that size."""
    pieces, piece = list[bytes](), bytearray()
    for packet in some:
        piece += packet
        if len(piece) >= size:
            pieces.append(bytes(piece))
            piece.clear()
    return [*pieces, bytes(piece)] if piece else pieces


def _cost(pieces: Sequence[bytes], validate: Callable[[bytes], object], messages: int) -> float:
    began = time.process_time()
    for piece in pieces:
        _parse(piece, validate)
    return (time.process_time() - began) / messages * 1e6


def _parse(piece: bytes, validate: Callable[[bytes], object]) -> int:
    """Parse and validate all messages of a piece; how many they were."""
    read, publish = mqtt5.read, mqtt5.PublishPacket
    view, position, end, count = memoryview(piece), 0, len(piece), 0
    while position < end:
        packet, size = read(view[position:])
        position += size
        if type(packet) is publish:
            validate(packet.payload)
            count += 1
    return count
