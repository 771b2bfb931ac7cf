"""Rollups, asked of every store: they change how fast an answer comes, never what it says."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from tests import services
from tests.store.adding_up import AGGREGATES, agrees, air, expected
from tests.store.conftest import OpenStore
from tests.store.places import NOON, reading, town
from town.errors import Unavailable
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, Moment, parse_moment
from town.ports import Store
from town.reading import Reading
from town.store import influx_rollup
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.store.resolution import Resolution
from town.store.retention import Keep
from town.store.rollup import RolledUp, Rollups


def rollups(store: Store, *, now: Moment = NOON + DAY, keep: Keep | None = None) -> Rollups:
    assert isinstance(store, DuckStore | InfluxStore)
    return Rollups(store, lambda: now, keep=keep or Keep())


async def test_answers_are_the_same_before_and_after_and_with_what_came_late(store: Store) -> None:
    first, late = air(1), air(2)
    await store.write(first)
    await agrees(store, first, every=[5 * MINUTE])

    await rollups(store).catch_up()
    await agrees(store, first, every=[MINUTE, 2 * HOUR])

    await store.write(late)
    await agrees(store, first + late)

    await rollups(store).catch_up()
    await agrees(store, first + late)


async def test_minutes_and_hours_hold_the_figures_of_their_buckets(store: Store, influxd: services.Service) -> None:
    await store.write([reading("air-1", NOON + i * 30 * SECOND, temperature=float(i)) for i in range(4)])
    await store.write([reading("door 1", NOON + i * SECOND, open=i == 1) for i in range(4)])

    await rollups(store).catch_up()

    minutes = await stored_rollups(store, influxd, resolution="1m")
    hours = await stored_rollups(store, influxd, resolution="1h")
    assert minutes == {
        ("air-1", "temperature", 0): (2.0, 0.0, 1.0, 0.5, 1.0),
        ("air-1", "temperature", MINUTE): (2.0, 2.0, 3.0, 2.5, 3.0),
        ("door 1", "open", 0): (4.0, 0.0, 1.0, 0.25, 0.0),
    }
    assert hours == {
        ("air-1", "temperature", 0): (4.0, 0.0, 3.0, 1.5, 3.0),
        ("door 1", "open", 0): (4.0, 0.0, 1.0, 0.25, 0.0),
    }


async def test_minutes_of_very_many_values_are_made_in_pieces(
    store: Store, influxd: services.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in {"_ROWS_PER_QUESTION": 12, "_ROWS_AT_ONCE": 60}.items():
        monkeypatch.setattr(influx_rollup, name, few)
    moments = [*range(0, 5 * MINUTE, 333), 3 * HOUR]
    await store.write([reading("air-1", NOON + at, temperature=float(at)) for at in moments])

    await rollups(store).catch_up()

    minutes: dict[Moment, list[float]] = {}
    for at in moments:
        minutes.setdefault(at - at % MINUTE, []).append(float(at))
    found = await stored_rollups(store, influxd, resolution="1m")
    assert {minute: figures for (_, _, minute), figures in found.items()} == {
        minute: (len(some), min(some), max(some), pytest.approx(sum(some) / len(some)), some[-1])
        for minute, some in minutes.items()
    }


async def test_what_was_stored_before_is_rolled_up_after_a_restart(open_store: OpenStore) -> None:
    store = await open_store(town())
    first = air(3, hours=3)
    await store.write(first)
    await rollups(store).catch_up()
    late = air(4, hours=4)
    await store.write(late)

    again = await open_store(town())
    await agrees(again, first + late, every=[MINUTE])
    await rollups(again).catch_up()

    await agrees(again, first + late, every=[HOUR])


async def test_hours_are_made_once_an_hour(store: Store) -> None:
    now = [NOON]
    assert isinstance(store, DuckStore | InfluxStore)
    service = Rollups(store, lambda: now[0], keep=Keep())
    counts = []
    for at in (NOON, NOON + MINUTE, NOON + HOUR):
        now[0] = at
        await store.write([reading("air-1", at, temperature=1.0)])
        await service.catch_up()
        counts.append([figure.value > 0 for figure in service.figures()[:2]])
        assert await points(store, end=at + 1) == float((NOON, NOON + MINUTE, NOON + HOUR).index(at) + 1)

    assert counts == [[True, True]] * 3


async def points(store: Store, *, end: Moment) -> object:
    found = await store.history(["air-1"], "temperature", start=NOON, end=end, every=2 * HOUR, aggregate="count")
    return found[0].points[0].value


async def stored_rollups(
    store: Store, influxd: services.Service, *, resolution: str
) -> dict[tuple[str, str, Moment], tuple[float, ...]]:
    """Count, min, max, mean and last, read without any code of ours."""
    if isinstance(store, DuckStore):
        view = {"1m": "minutes", "1h": "hours"}[resolution]
        rows = store._questions.execute(
            f"SELECT sensor, quantity, epoch_ms(start), count, min, max, mean, last FROM {view}"
        ).fetchall()
        return {(sensor, quantity, at - NOON): tuple(figures) for sensor, quantity, at, *figures in rows}
    assert isinstance(store, InfluxStore)
    auth = None if str(influxd.port) in store.url else ("duty", "s3cret")
    found = {}
    for family, quantity in (("indoor", "temperature"), ("access", "open"), ("air", "temperature")):
        fields = ", ".join(f"{quantity}_{figure}" for figure in ("count", "min", "max", "mean", "last"))
        query = (
            f'SELECT {fields} FROM "{store.database}"."{resolution}"."{family}" GROUP BY sensor, facility, zone, town'
        )
        result = httpx.post(f"{store.url}/query", data={"q": query}, auth=auth).json()["results"][0]
        for series in result.get("series", []):
            assert (series["tags"]["town"], series["tags"]["zone"]) == ("huangjiu", "old town")
            for at, *figures in series["values"]:
                key = (series["tags"]["sensor"], quantity, parse_moment(at) - NOON)
                found[key] = tuple(map(float, figures))
    return found


async def test_deleted_readings_live_on_in_their_minutes_and_hours(tmp_path: Path) -> None:
    keep = Keep(raw=6 * HOUR, minutes=12 * HOUR)
    old, new = air(5, hours=3), air(6, start=NOON + DAY, hours=1)
    async with DuckStore(tmp_path / "a", town()) as store:
        await store.write(old)
        await rollups(store, now=NOON + 10 * HOUR, keep=keep).catch_up()
        assert [one async for one in store.readings(start=0, end=NOON + DAY)] == []
        await agrees_in(store, old, every=MINUTE)

        await store.write(new)
        await rollups(store, now=NOON + DAY + HOUR, keep=keep).catch_up()
        await agrees_in(store, old, every=HOUR)
        assert await store.history(["air-1"], "temperature", start=NOON, end=NOON + DAY, every=MINUTE) == []
        refused = await store.write([old[0], new[0]])
        assert [(one.reading, one.reason) for one in refused] == [(old[0], "too_old")]
    async with DuckStore(tmp_path / "a", town()) as store:
        assert len(await store.write([old[0]])) == 1
        assert [one for batch in [b async for b in store.readings(start=0, end=NOON * 2)] for one in batch] == new
        await agrees_in(store, old, every=HOUR)


async def agrees_in(store: Store, readings: Sequence[Reading], *, every: Duration) -> None:
    for aggregate in AGGREGATES:
        found = await store.history(
            ["air-1", "air-2"], "temperature", start=NOON, end=NOON + 3 * HOUR, every=every, aggregate=aggregate
        )
        points = {(one.sensor, point.at): point.value for one in found for point in one.points}
        wanted = expected(readings, "temperature", start=0, end=2 * NOON, every=every, aggregate=aggregate)
        assert points == pytest.approx(wanted)


async def test_values_that_are_in_no_rollup_yet_are_not_deleted() -> None:
    async with DuckStore(None, town()) as store:
        await store.write([reading("air-1", NOON, temperature=1.0)])

        assert await store.forget({None: NOON + DAY}) is False

        assert len([one async for one in store.readings(start=0, end=2 * NOON)]) == 1


class Away:
    """A store that is away until it is told to be back."""

    def __init__(self) -> None:
        self.back, self.asked = False, asyncio.Event()

    async def roll_up(self, resolution: Resolution) -> RolledUp:
        self.asked.set()
        if not self.back:
            raise Unavailable("gone fishing")
        return RolledUp(3, more=False)

    async def forget(self, before: Mapping[Resolution | None, Moment]) -> bool:
        return False


async def test_a_store_that_is_away_stops_nothing_and_is_told() -> None:
    store = Away()
    service = Rollups(store, lambda: NOON, keep=Keep(), every=1)
    running = asyncio.create_task(service.run())
    async with asyncio.timeout(10):
        await store.asked.wait()
        while service.parts()[0].state != "degraded":
            await asyncio.sleep(0)
        assert "gone fishing" in service.parts()[0].detail
        store.back = True
        while service.parts()[0].state != "ok":
            await asyncio.sleep(0)
        assert service.figures()[0].value >= 3
    running.cancel()
