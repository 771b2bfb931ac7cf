"""Readings in the order in which they arrived, asked of both stores."""

from tests.store.conftest import OpenStore
from tests.store.places import NOON, reading, town
from town.moment import HOUR, SECOND, Moment
from town.ports import Store
from town.reading import Reading
from town.store.duckdb import DuckStore


async def arrived(store: Store, *, start: Moment = NOON - HOUR, end: Moment = NOON + HOUR) -> list[Reading]:
    found = store.readings(start=start, end=end, order="arrival", batch=3)
    return [one async for batch in found for one in batch]


async def test_a_backlog_comes_where_it_arrived(store: Store) -> None:
    now = [reading("air-1", NOON + i * SECOND, temperature=float(i)) for i in range(5)]
    backlog = [reading("door 1", NOON - HOUR + i, delay=HOUR + 2 * SECOND - i, open=True) for i in range(4)]
    await store.write([*backlog, *now])

    found = await arrived(store)

    assert found == [*now[:2], *backlog, *now[2:]]


async def test_of_one_millisecond_the_order_is_by_measurement_then_sensor(store: Store) -> None:
    same = [
        reading("door 1", NOON, delay=10, open=True),
        reading("air-2", NOON + 5, delay=5, temperature=1.0),
        reading("air-1", NOON + 5, delay=5, temperature=2.0),
    ]
    await store.write(same)

    assert [one.sensor for one in await arrived(store)] == ["door 1", "air-1", "air-2"]


async def test_receipt_is_inside_from_start_and_before_end(store: Store) -> None:
    moments = (NOON - 1, NOON, NOON + HOUR - 1, NOON + HOUR)
    await store.write([reading("air-1", at - 50_000, delay=50_000, temperature=1.0) for at in moments])

    found = await arrived(store, start=NOON, end=NOON + HOUR)

    assert [one.received_at for one in found] == [NOON, NOON + HOUR - 1]


async def test_a_clock_that_is_ahead_is_found_by_its_receipt(store: Store) -> None:
    await store.write([reading("air-1", NOON + 40 * SECOND, delay=-40 * SECOND, temperature=1.0)])

    assert len(await arrived(store, start=NOON, end=NOON + 1)) == 1


async def test_what_comes_again_unchanged_keeps_its_first_receipt(open_store: OpenStore) -> None:
    store = await open_store(town())
    if not isinstance(store, DuckStore):
        return  # InfluxDB keeps the last
    first = [reading("air-1", NOON + i, temperature=float(i)) for i in (0, 1)]
    await store.write(first)

    await store.write([reading("air-1", NOON + i, delay=9_000, temperature=float(i)) for i in (0, 1)])

    assert await arrived(store) == first
