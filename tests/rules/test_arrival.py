"""How readings that wait are cut into parts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rules.arrival import in_order, in_parts
from town.reading import Reading


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 12))
def test_parts_hold_everything_in_order_and_part_no_millisecond(moments: list[int], at_once: int) -> None:
    readings = in_order(Reading(f"S{n}", at, at, {"smoke": 0.1}) for n, at in enumerate(moments))

    parts = list(in_parts(readings, at_once))

    assert [reading for part in parts for reading in part] == readings
    assert all(before[-1].received_at < after[0].received_at for before, after in pairwise(parts))
    assert all(len(part) >= at_once for part in parts[:-1])
    # No part is longer than it must be: without its last millisecond it would be too short.
    assert all(sum(each.received_at < part[-1].received_at for each in part) < at_once for part in parts)
