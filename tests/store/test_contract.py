"""What every store does, asked of both."""

import math
from collections.abc import Collection

import pytest

from tests.store.conftest import OpenStore
from tests.store.places import NOON, reading, town
from town.moment import HOUR, MINUTE, SECOND, Moment
from town.ports import Aggregate, Point, Store
from town.quantity import Value, ValueType
from town.reading import Flag, Reading

BADGE = "卡,一="


async def everything(
    store: Store, *, start: Moment = 0, end: Moment = NOON + 24 * HOUR, batch: int = 5_000
) -> list[Reading]:
    return [one async for found in store.readings(start=start, end=end, batch=batch) for one in found]


async def points(
    store: Store,
    sensor: str,
    quantity: str,
    *,
    every: int | None = None,
    aggregate: Aggregate = "mean",
    limit: int = 100,
) -> list[tuple[Moment, Value]]:
    """Of the hour from noon."""
    found = await store.history(
        [sensor], quantity, start=NOON, end=NOON + HOUR, every=every, aggregate=aggregate, limit=limit
    )
    return [(point.at - NOON, point.value) for series in found for point in series.points]


async def test_readings_come_back_as_they_were_written(store: Store) -> None:
    written = [
        reading("air-1", NOON, temperature=21.5, humidity=0.0),
        reading("door 1", NOON + 1, delay=-3, open=True, tamper=False),
        reading(BADGE, NOON + 2, accepted=True, badge="王小明 \\ \"the\nguard\", a=b 'x' \U0001f525\\"),
        reading("air-2", NOON + 3, flags=(Flag.NO_CLOCK, Flag.CLOCK_PAST), temperature=-1e-7),
        reading("air-2", NOON + 4, refused={"co2": Flag.OUT_OF_RANGE}, voc=1.0e22),
        reading("air-2", NOON + 5, refused={"co2": Flag.OUT_OF_RANGE}),
    ]

    assert await store.write(written) == []

    assert await everything(store) == written
    kinds = {type(value) for one in await everything(store) for value in one.values.values()}
    assert kinds == {float, bool, str}


async def test_an_empty_batch_is_written_and_nothing_is_there(store: Store) -> None:
    assert await store.write([]) == []

    assert await everything(store) == []
    assert await store.latest() == {}
    assert await points(store, "air-1", "temperature") == []


async def test_a_batch_written_twice_is_there_once(store: Store) -> None:
    batch = [reading("air-1", NOON + i * SECOND, temperature=float(i)) for i in range(10)]

    await store.write(batch)
    await store.write(batch)
    await store.write([*batch, *batch])

    assert await everything(store) == batch


async def test_the_last_value_of_one_moment_counts(store: Store) -> None:
    await store.write([reading("air-1", NOON, temperature=1.0), reading("air-1", NOON, temperature=2.0, co2=400.0)])
    await store.write([reading("air-1", NOON, delay=900, temperature=3.0)])

    assert await everything(store) == [reading("air-1", NOON, delay=900, temperature=3.0, co2=400.0)]


async def test_a_value_believed_later_wins_over_its_refusal(store: Store) -> None:
    await store.write([reading("air-1", NOON, refused={"co2": Flag.OUT_OF_RANGE})])
    await store.write([reading("air-1", NOON, co2=400.0)])

    assert await everything(store) == [reading("air-1", NOON, co2=400.0)]


async def test_late_readings_are_stored_in_their_place(store: Store) -> None:
    await store.write([reading("air-1", NOON + 10 * SECOND, temperature=10.0)])
    await store.write([reading("air-1", NOON + 5 * SECOND, temperature=5.0)])

    assert await points(store, "air-1", "temperature") == [(5 * SECOND, 5.0), (10 * SECOND, 10.0)]
    assert (await store.latest())["air-1"]["temperature"] == Point(NOON + 10 * SECOND, 10.0)


async def test_latest_has_the_newest_of_every_quantity(store: Store) -> None:
    await store.write([reading("air-1", NOON, temperature=1.0, humidity=50.0), reading("door 1", NOON, open=True)])
    await store.write([reading("air-1", NOON + SECOND, temperature=2.0), reading(BADGE, NOON, badge="a", state="b")])

    air = {"temperature": Point(NOON + SECOND, 2.0), "humidity": Point(NOON, 50.0)}
    assert await store.latest(["air-1", "nobody", "o'clock\n"]) == {"air-1": air}
    badge = {"badge": Point(NOON, "a"), "state": Point(NOON, "b")}
    assert await store.latest() == {"air-1": air, "door 1": {"open": Point(NOON, True)}, BADGE: badge}


async def test_latest_is_the_same_after_opening_again(open_store: OpenStore) -> None:
    store = await open_store(town())
    await store.write([reading("air-1", NOON, temperature=1.0), reading("door 1", NOON, open=False)])
    await store.write([reading("air-1", NOON - SECOND, temperature=2.0), reading(BADGE, NOON, badge="a")])
    before = await store.latest()

    again = await open_store(town())

    assert await again.latest() == before
    await again.write([reading("air-1", NOON, temperature=3.0)])
    assert (await again.latest())["air-1"] == {"temperature": Point(NOON, 3.0)}
    assert len(await everything(again)) == 4


async def test_the_start_is_inside_and_the_end_is_not(store: Store) -> None:
    moments = (NOON - 1, NOON, NOON + HOUR - 1, NOON + HOUR)
    await store.write([reading("air-1", at, temperature=float(at - NOON)) for at in moments])

    inside = [(0, 0.0), (HOUR - 1, float(HOUR - 1))]
    assert await points(store, "air-1", "temperature") == inside
    assert [one.measured_at - NOON for one in await everything(store, start=NOON, end=NOON + HOUR)] == [0, HOUR - 1]
    assert await points(store, "air-1", "temperature", every=HOUR, aggregate="count") == [(0, 2.0)]


OF_NUMBERS: dict[Aggregate, tuple[float, float]] = {
    "mean": (2.0, 7.0),
    "min": (1.0, 7.0),
    "max": (3.0, 7.0),
    "sum": (6.0, 7.0),
    "count": (3.0, 1.0),
    "last": (2.0, 7.0),
}


async def test_buckets_of_numbers(store: Store) -> None:
    values = {0: 1.0, 10: 3.0, 59: 2.0, 180: 7.0}
    await store.write([reading("air-1", NOON + at * SECOND, temperature=v) for at, v in values.items()])

    for aggregate, (first, second) in OF_NUMBERS.items():
        found = await points(store, "air-1", "temperature", every=MINUTE, aggregate=aggregate)
        assert (aggregate, found) == (aggregate, [(0, first), (3 * MINUTE, second)])
        assert {type(value) for _, value in found} == {float}


OF_BOOLEANS: dict[Aggregate, list[float]] = {
    "mean": [0.25, 1.0, 0.0],
    "min": [0.0, 1.0, 0.0],
    "max": [1.0, 1.0, 0.0],
    "sum": [1.0, 2.0, 0.0],
    "count": [4.0, 2.0, 1.0],
    "last": [0.0, 1.0, 0.0],
}


async def test_buckets_of_booleans_are_zero_and_one(store: Store) -> None:
    values = {0: False, 1: True, 2: False, 3: False, 60: True, 61: True, 120: False}
    await store.write([reading("door 1", NOON + at * SECOND, open=v) for at, v in values.items()])

    for aggregate, expected in OF_BOOLEANS.items():
        found = await points(store, "door 1", "open", every=MINUTE, aggregate=aggregate)
        assert (aggregate, found) == (aggregate, list(zip((0, MINUTE, 2 * MINUTE), expected, strict=True)))
        assert {type(value) for _, value in found} == {float}


async def test_texts_have_last_and_count_only(store: Store) -> None:
    await store.write([reading(BADGE, NOON + at, badge=f"b{at}") for at in (0, 1, 2)])

    assert await points(store, BADGE, "badge") == [(0, "b0"), (1, "b1"), (2, "b2")]
    assert await points(store, BADGE, "badge", every=MINUTE, aggregate="last") == [(0, "b2")]
    assert await points(store, BADGE, "badge", every=MINUTE, aggregate="count") == [(0, 3.0)]
    with pytest.raises(ValueError, match="no mean"):
        await points(store, BADGE, "badge", every=MINUTE)


async def test_buckets_are_aligned_to_multiples_since_1970(store: Store) -> None:
    every = 7 * MINUTE
    await store.write([reading("air-1", NOON + i * MINUTE, temperature=1.0) for i in range(20)])

    found = await store.history(["air-1"], "temperature", start=NOON + MINUTE, end=NOON + HOUR, every=every)

    moments = [NOON + i * MINUTE for i in range(1, 20)]
    assert [point.at for point in found[0].points] == sorted({at - at % every for at in moments})


async def test_limit_keeps_the_newest(store: Store) -> None:
    await store.write([reading("air-1", NOON + i * MINUTE, temperature=float(i)) for i in range(10)])
    await store.write([reading("door 1", NOON + i * MINUTE, open=i % 2 == 0) for i in range(10)])

    assert await points(store, "air-1", "temperature", limit=2) == [(8 * MINUTE, 8.0), (9 * MINUTE, 9.0)]
    found = await points(store, "air-1", "temperature", every=2 * MINUTE, limit=2)
    assert found == [(6 * MINUTE, 6.5), (8 * MINUTE, 8.5)]
    found = await points(store, "door 1", "open", every=2 * MINUTE, aggregate="sum", limit=1)
    assert found == [(8 * MINUTE, 1.0)]


@pytest.mark.parametrize("order", [["air-2", "air-1"], ["air-1", "nobody", "air-2", "it's\"", "a\nb"]])
async def test_history_is_in_the_order_asked_without_the_unknown(store: Store, order: Collection[str]) -> None:
    await store.write([reading(sensor, NOON, temperature=1.0) for sensor in ("air-1", "air-2")])
    await store.write([reading("door 1", NOON, open=True)])

    found = await store.history([*order, "door 1"], "temperature", start=NOON, end=NOON + 1)

    assert [(series.sensor, series.quantity) for series in found] == [
        (sensor, "temperature") for sensor in order if sensor.startswith("air")
    ]
    assert await store.history(order, "no_such_quantity", start=0, end=NOON + 1) == []


async def test_five_thousand_readings_are_stored_and_read_in_order(store: Store) -> None:
    batch = [reading(f"air-{1 + i % 2}", NOON + i // 2 * SECOND, temperature=i / 2, co2=float(i)) for i in range(5_000)]

    assert await store.write(batch) == []

    assert await everything(store, batch=700) == batch
    sizes = [len(found) async for found in store.readings(start=NOON, end=NOON + HOUR, batch=300)]
    assert max(sizes) == 300
    assert sum(sizes) == 5_000
    some = [one async for found in store.readings(start=0, end=NOON + HOUR, sensors=["air-2"]) for one in found]
    assert some == batch[1::2]


async def test_a_long_history_of_one_sensor_is_whole(store: Store) -> None:
    batch = [reading("air-1", NOON + i, temperature=float(i)) for i in range(12_000)]
    await store.write(batch)

    found = await points(store, "air-1", "temperature", limit=11_500)

    assert found == [(i, float(i)) for i in range(500, 12_000)]


REFUSED = [
    (reading("air-1", NOON, temperature=math.nan, humidity=1.0), "not_finite"),
    (reading("air-1", NOON, temperature=-math.inf), "not_finite"),
    (reading("air-1", NOON, temperature=10**400), "not_finite"),
    (reading("air-1", NOON, temperature=True), "wrong_type"),
    (reading("air-1", NOON, temperature="warm"), "wrong_type"),
    (reading("door 1", NOON, open=1.0), "wrong_type"),
    (reading(BADGE, NOON, badge="\ud800"), "not_text"),
    (reading(BADGE, NOON, badge="a\0b"), "not_text"),
    (reading(BADGE, NOON, badge="长" * 30_000), "too_long"),
    (reading("nobody", NOON, temperature=1.0), "unknown_sensor"),
    (reading("air-1", NOON, warmth=1.0), "unknown_quantity"),
    (reading("air-1", 2**60, temperature=1.0), "impossible_moment"),
    (reading("air-1", -1, temperature=1.0), "impossible_moment"),
]


async def test_what_can_never_be_stored_is_refused_and_the_rest_is_in(store: Store) -> None:
    good = [reading("air-1", NOON + i, temperature=1.0) for i in (1, 2)]

    refused = await store.write([good[0], *(wrong for wrong, _ in REFUSED), good[1]])

    assert [(one.reading, one.reason) for one in refused] == REFUSED
    assert await everything(store) == good


@pytest.mark.parametrize("vouched", [False, True])
async def test_no_clock_is_vouched_for(store: Store, vouched: bool) -> None:
    good = [reading("air-1", NOON + i, temperature=1.0) for i in (1, 2)]
    wrong = [one for one, problem in REFUSED if problem == "impossible_moment"]
    wrong.append(Reading("air-1", NOON, -1, {"temperature": 1.0}))

    refused = await store.write([good[0], *wrong, good[1]], vouched=vouched)

    assert [(one.reading, one.reason) for one in refused] == [(one, "impossible_moment") for one in wrong]
    assert await everything(store) == good


async def test_whole_numbers_are_stored_as_floats(store: Store) -> None:
    assert await store.write([reading("air-1", NOON, temperature=21)]) == []

    assert [type(value) for _, value in await points(store, "air-1", "temperature")] == [float]


async def test_another_type_than_stored_is_refused_and_the_rest_is_in(open_store: OpenStore) -> None:
    before = await open_store(town())
    await before.write([reading("air-1", NOON, temperature=1.0, co2=400.0)])
    after = await open_store(town(types={"temperature": ValueType.TEXT}))
    batch = [reading("air-1", NOON + i, co2=float(i)) for i in range(1, 40)]
    wrong = [reading("air-1", NOON + i, temperature="warm", co2=1.0) for i in (100, 101, 102)]

    refused = await after.write([*batch[:20], wrong[0], *batch[20:], *wrong[1:]])

    assert [(one.reading, one.reason) for one in refused] == [(one, "type_conflict") for one in wrong]
    assert [at for at, _ in await points(after, "air-1", "co2")] == list(range(40))


async def test_check_names_what_answers(store: Store) -> None:
    assert "DB " in await store.check()
