"""What a store says that it holds."""

from tests.store.places import NOON, reading
from town.moment import MINUTE
from town.ports import Store
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.store.info import FamilyInfo
from town.store.retention import Keep
from town.store.rollup import Rollups


async def test_a_store_says_what_it_holds(store: Store) -> None:
    assert isinstance(store, DuckStore | InfluxStore)
    empty = await store.info()
    await store.write([reading("air-1", NOON + i * MINUTE, temperature=1.0) for i in range(3)])
    await store.write([reading("door 1", NOON, open=True)])
    before = await store.info()
    await Rollups(store, lambda: NOON, keep=Keep()).catch_up()
    after = await store.info()

    assert (empty.oldest, empty.newest, empty.series, empty.families) == (None, None, 0, [])
    assert (after.oldest, after.newest, after.series) == (NOON, NOON + 2 * MINUTE, 2)
    assert after.families == [FamilyInfo("access", 1), FamilyInfo("air", 3)]
    assert [one.computed for one in before.rollups] == [False, False]
    assert [one.computed for one in after.rollups] == [True, True]
    assert after.size is not None and after.size >= 0
    if isinstance(store, DuckStore):
        assert [(one.buckets, one.waiting) for one in after.rollups] == [(4, 0), (2, 0)]
        assert [one.waiting for one in before.rollups] == [4, 4]
