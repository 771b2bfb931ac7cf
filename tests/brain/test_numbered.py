"""Numbered batches as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.numbered import MOST_BYTES, MOST_READINGS, VERSION, Numbered, decode, encode, pieces, rows_of
from tests.rules.places import START
from town.reading import Flag, Reading

READINGS = st.lists(
    st.builds(
        Reading,
        sensor=st.text(max_size=20),
        measured_at=st.integers(0, 1 << 42),
        received_at=st.integers(0, 1 << 42),
        values=st.dictionaries(st.text(max_size=8), st.floats(allow_nan=False) | st.booleans() | st.text(), max_size=3),
        flags=st.sampled_from([(), (Flag.NO_CLOCK,)]),
        refused=st.sampled_from([{}, {"smoke": Flag.OUT_OF_RANGE}]),
    ),
    max_size=5,
)


@given(READINGS)
def test_a_batch_comes_back_as_it_was(readings: list[Reading]) -> None:
    batch = Numbered(VERSION, START, 3, START, START + 5, START - 1, rows_of(readings))

    assert decode(encode(batch)) == batch
    assert batch.readings() == sorted(readings, key=lambda one: one.received_at)


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="batch"):
        decode(payload)


def test_a_batch_is_bounded_in_readings_and_bytes() -> None:
    short = rows_of([Reading("S1", START, START, {"smoke": 0.1})] * (MOST_READINGS + 1))
    long = rows_of([Reading("S1", START, START, {"note": "x" * 60_000})] * 10)

    assert [len(part) for part in pieces(short)] == [MOST_READINGS, 1]
    assert [row for part in pieces(long) for row in part] == long
    assert all(len(encode(Numbered(VERSION, 0, 1, 0, 0, 0, list(part)))) <= MOST_BYTES for part in pieces(long))
