"""Sparkplug B beyond its cases: how often a rebirth is asked for, and bytes that only look like a payload."""

import contextlib
import struct
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.decoded import Decoded
from ingest.decoders import sparkplug_b
from ingest.decoders.sparkplug_b_values import Problem, value_of
from ingest.decoders.sparkplug_b_wire import (
    INT,
    LONG,
    MOST_METRICS,
    MalformedError,
    Metric,
    fields,
    read_payload,
)
from town.moment import SECOND

NOON = 1_790_000_000_000


def data(alias: int, seq: int) -> bytes:
    """A payload of one double under an alias."""
    metric = bytes((0x10, alias, 0x20, 10, 0x69)) + struct.pack("<d", 1.0)
    return b"\x08\x01\x12" + bytes((len(metric),)) + metric + bytes((0x18, seq))


def digits(number: float) -> int:
    """How many digits its decimal has that mean something."""
    return len(Decimal(repr(number)).normalize().as_tuple().digits)


def asked(state: sparkplug_b.Host, seq: int, at: int, *, device: str = "") -> int:
    topic = f"spBv1.0/g/DDATA/n/{device}" if device else "spBv1.0/g/NDATA/n"
    result = sparkplug_b.decode(topic, data(1, seq), at, state)
    assert isinstance(result, Decoded)
    return len(result.replies)


def test_a_node_that_is_never_born_is_asked_now_and_then() -> None:
    state = sparkplug_b.start({})
    requests = [asked(state, second % 100, NOON + second * SECOND) for second in range(100)]

    assert requests[0] == 1
    assert 3 <= sum(requests) <= 10


def test_many_causes_at_once_are_few_requests() -> None:
    state = sparkplug_b.start({})
    birth = b"\x08\x01\x12\x09\x0a\x05bdSeq\x58\x01\x18\x00"
    sparkplug_b.decode("spBv1.0/g/NBIRTH/n", birth, NOON, state)
    requests = [asked(state, 1 + number, NOON, device=f"d{number}") for number in range(50)]

    assert requests == [1, 1, 1] + [0] * 47


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_numbers_of_every_width_come_back(number: int) -> None:
    for datatype, bits in ((1, 8), (2, 16), (3, 32), (4, 64)):
        small = (number + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))
        packed = int.from_bytes(small.to_bytes(bits // 8, "little", signed=True), "little")

        assert value_of(Metric(field=LONG, value=packed), datatype) == float(small)
        if bits <= 32:
            extended = int.from_bytes(small.to_bytes(4, "little", signed=True), "little")
            assert value_of(Metric(field=INT, value=extended), datatype) == float(small)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
@example(3.4028234663852886e38)
def test_a_float_is_its_shortest_decimal_and_the_same_float(number: float) -> None:
    payload = read_payload(b"\x12\x05\x65" + struct.pack("<f", number))
    value = value_of(payload.metrics[0], 9)

    assert isinstance(value, float)
    assert struct.pack("<f", value) == struct.pack("<f", number)
    assert digits(value) <= min(digits(number), 9)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_payload_or_malformed(noise: bytes) -> None:
    with contextlib.suppress(MalformedError):
        for metric in read_payload(noise).metrics:
            value = value_of(metric, metric.datatype)
            assert isinstance(value, bool | float | str | list | Problem)


def test_too_many_metrics_are_refused_while_they_are_counted() -> None:
    with pytest.raises(MalformedError, match="more than"):
        read_payload(b"\x12\x00" * (MOST_METRICS + 1))


def test_numbers_end_after_ten_bytes() -> None:
    assert list(fields(b"\x08" + b"\xff" * 9 + b"\x01")) == [(1, 0, 2**64 - 1)]
    with pytest.raises(MalformedError, match="64 bits"):
        list(fields(b"\x08" + b"\xff" * 10 + b"\x01"))
