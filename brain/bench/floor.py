"""The floor: parsing and validating the same messages from memory; no socket, sensors, store or acknowledgement."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import mqtt5
from pydantic import BaseModel, ConfigDict, TypeAdapter

from brain.bench.traffic import Traffic, packets
from ingest.decoders import native

_PIECE = 64 << 10
_MESSAGES = 100_000
"""More than these say nothing more."""


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


def _pieces(some: Sequence[bytes]) -> list[bytes]:
    """Whole packets in pieces of about 64 KiB."""
    pieces, piece = list[bytes](), bytearray()
    for packet in some:
        piece += packet
        if len(piece) >= _PIECE:
            pieces.append(bytes(piece))
            piece.clear()
    return [*pieces, bytes(piece)] if piece else pieces


def _cost(pieces: Sequence[bytes], validate: Callable[[bytes], object], messages: int) -> float:
    began = time.process_time()
    read, publish = mqtt5.read, mqtt5.PublishPacket
    for piece in pieces:
        view, position, end = memoryview(piece), 0, len(piece)
        while position < end:
            packet, size = read(view[position:])
            position += size
            if type(packet) is publish:
                validate(packet.payload)
    return (time.process_time() - began) / messages * 1e6
