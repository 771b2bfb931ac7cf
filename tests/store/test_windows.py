"""Walking through time finds everything once, in order, and never takes too much at a time."""

from hypothesis import given
from hypothesis import strategies as st

from tests.store.places import reading
from town.moment import Moment
from town.reading import Reading
from town.store.windows import in_batches


@given(
    moments=st.lists(st.integers(0, 5_000) | st.integers(2_000, 2_020), max_size=200),
    start=st.integers(0, 3_000),
    length=st.integers(0, 4_000),
    batch=st.integers(1, 20),
    width=st.integers(1, 2_000),
)
async def test_everything_is_found_once_and_in_order(
    moments: list[Moment], start: Moment, length: int, batch: int, width: int
) -> None:
    readings = [reading("air-1", at) for at in sorted(moments)]
    end = start + length

    async def fetch(first: Moment, last: Moment, most: int | None) -> list[Reading] | None:
        found = [one for one in readings if first <= one.measured_at < last]
        return None if most is not None and len(found) > most else found

    batches = [found async for found in in_batches(fetch, start=start, end=end, batch=batch, width=width)]

    assert [one for found in batches for one in found] == [one for one in readings if start <= one.measured_at < end]
    assert all(0 < len(found) <= batch for found in batches)


async def test_a_long_empty_time_takes_few_steps() -> None:
    steps = []

    async def fetch(first: Moment, last: Moment, most: int | None) -> list[Reading] | None:
        steps.append(last - first)
        return []

    assert [found async for found in in_batches(fetch, start=0, end=2_000_000_000_000, batch=100)] == []
    assert len(steps) < 20
