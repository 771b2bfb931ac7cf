"""What the brain tells of itself, in both stores, and the service that writes it behind everybody's back."""

import asyncio

import pytest

from tests.store.conftest import OpenStore
from tests.store.places import NOON, town
from town.builtin import builtin_kinds
from town.errors import ConfigError, Unavailable
from town.moment import DAY, MINUTE, SECOND
from town.own import OWN_FAMILIES, OwnRow, check_row
from town.ports import Store
from town.store.duckdb import DuckStore
from town.store.own_rows import OwnRows


def figure(at: int, value: float = 1.0, *, name: str = "in_flood", **tags: str) -> OwnRow:
    return OwnRow("alert_figures", {"figure": name, **tags}, {"value": value}, at)


def event(at: int, sequence: int, text: str = "x") -> OwnRow:
    fields = {"alert": "A-1", "event": "raised", "text_zh": text, "sequence": float(sequence)}
    return OwnRow("alert_event", {"zone": "old town", "category": "fire"}, fields, at, sequence)


async def test_rows_come_back_as_they_were_written(store: Store) -> None:
    state = {"last_seen": float(NOON), "silent": True, "battery": 61.5}
    rows = [
        OwnRow("sensor_state", {"sensor": "卡,一=", "zone": "old town"}, state, NOON),
        OwnRow("sensor_state", {"sensor": "air-1"}, {"silent": False}, NOON + 1),
    ]

    assert await store.write_own(rows) == []

    assert await store.own_rows("sensor_state", start=NOON, end=NOON + MINUTE) == rows
    assert await store.own_rows("sensor_state", start=NOON, end=NOON + 1) == rows[:1]
    assert await store.own_rows("alert", start=0, end=NOON + MINUTE) == []


async def test_events_of_one_moment_are_told_apart_and_one_written_again_is_there_once(store: Store) -> None:
    events = [event(NOON, number, f'说 "{number}"\n\\') for number in range(3)]

    await store.write_own(events)
    await store.write_own([*events, event(NOON, 2, "mended")])

    found = await store.own_rows("alert_event", start=NOON, end=NOON + 1)
    assert [one.fields["sequence"] for one in found] == [0.0, 1.0, 2.0]
    assert [one.fields["text_zh"] for one in found] == ['说 "0"\n\\', '说 "1"\n\\', "mended"]


async def test_rows_are_found_by_their_tags_and_the_newest_count(store: Store) -> None:
    await store.write_own([figure(NOON + i * SECOND, float(i), facility="WH3") for i in range(5)])
    await store.write_own([figure(NOON, 9.0, facility="WH"), figure(NOON, 8.0)])

    found = await store.own_rows("alert_figures", start=0, end=NOON + DAY, tags={"facility": "WH3"}, limit=2)

    assert [one.fields["value"] for one in found] == [3.0, 4.0]
    with pytest.raises(ValueError, match="no family"):
        await store.own_rows("alert_figures", start=0, end=NOON, tags={"sensor": "x"})
    with pytest.raises(ValueError, match="no family"):
        await store.own_rows("fire", start=0, end=NOON)


async def test_readings_and_own_rows_do_not_meet(store: Store) -> None:
    await store.write_own([figure(NOON)])

    assert [one async for one in store.readings(start=0, end=NOON + DAY)] == []
    assert await store.latest() == {}


async def test_a_kind_may_not_be_stored_among_them(open_store: OpenStore) -> None:
    kinds = dict(builtin_kinds().kinds)
    mine = kinds["room_climate"].model_copy(update={"family": "alert_event"})

    with pytest.raises(ConfigError, match="alert_event"):
        await open_store(town().model_copy(update={"kinds": {**kinds, "room_climate": mine}}))


WRONG = [
    OwnRow("alerts", {}, {"value": 1.0}, 0),
    OwnRow("alert_figures", {"figure": ""}, {"value": 1.0}, 0),
    OwnRow("alert_figures", {"sensor": "x"}, {"value": 1.0}, 0),
    OwnRow("alert_figures", {}, {"value": 1}, 0),
    OwnRow("alert_figures", {}, {"value": float("nan")}, 0),
    OwnRow("alert_figures", {}, {"other": 1.0}, 0),
    OwnRow("alert_figures", {}, {}, 0),
    OwnRow("alert_figures", {}, {"value": 1.0}, 0, 1_000_000),
]


@pytest.mark.parametrize("row", WRONG, ids=str)
async def test_a_row_that_is_not_as_its_family_says_is_refused(store: Store, row: OwnRow) -> None:
    with pytest.raises(ValueError, match=row.family):
        await store.write_own([row])


def test_no_name_stands_for_two_things_and_none_for_the_stores_own() -> None:
    for family in OWN_FAMILIES.values():
        names = [*family.tags, *family.fields]
        assert len(set(names)) == len(names)
        assert not {"time", "town"} & set(names)


async def test_what_only_says_how_things_stand_is_kept_for_two_days() -> None:
    beats = [OwnRow("sensor_state", {"sensor": "air-1"}, {"silent": False}, NOON + day * DAY) for day in range(5)]
    async with DuckStore(None, town()) as store:
        for beat in beats:
            await store.write_own([beat, figure(beat.at)])

        assert await store.own_rows("sensor_state", start=0, end=NOON + 9 * DAY) == beats[2:]
        assert len(await store.own_rows("alert_figures", start=0, end=NOON + 9 * DAY)) == 5


class Away:
    """A store that is away as long as it is told to be."""

    def __init__(self) -> None:
        self.away, self.rows = True, list[OwnRow]()

    async def write_own(self, rows: list[OwnRow]) -> list[OwnRow]:
        if self.away:
            raise Unavailable("gone")
        self.rows += rows
        return []


async def test_rows_wait_for_the_store_in_their_order_and_the_oldest_make_room() -> None:
    store = Away()
    service = OwnRows(store, lambda: NOON, most=3)
    service.add([figure(NOON + i) for i in range(5)])
    with pytest.raises(Unavailable):
        await service.flush()

    store.away = False
    await service.flush()

    assert [row.at - NOON for row in store.rows] == [2, 3, 4]
    assert (service.written, service.dropped) == (3, 2)


async def test_what_waits_at_the_end_is_written() -> None:
    store = Away()
    store.away = False
    service = OwnRows(store, lambda: NOON)
    service.add([figure(NOON)])
    running = asyncio.create_task(service.run())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    service.add([figure(NOON + 1)])
    running = asyncio.create_task(service.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert store.rows == [figure(NOON), figure(NOON + 1)]


def test_the_service_refuses_what_is_no_row() -> None:
    with pytest.raises(ValueError, match="no float other"):
        OwnRows(Away(), lambda: NOON).add([WRONG[5]])
    with pytest.raises(ValueError, match="alerts"):
        check_row(WRONG[0])
