"""How things stand, as rows for the store."""

from pathlib import Path

from alerts.book import open_book
from brain.standing import Standing, category_rows, facility_rows, mark_of, sensor_rows
from console.live import LiveReadings
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, normal, people
from town.moment import DAY, HOUR, MINUTE
from town.own import OwnRow
from town.reading import Flag, Reading
from town.store.duckdb import DuckStore
from town.store.own_rows import OwnRows

ALWAYS = {"start": 0, "end": START + 99 * DAY}


def live(*readings: Reading) -> LiveReadings:
    found = LiveReadings()
    found.update(readings)
    return found


def test_a_sensor_is_heard_of_or_silent() -> None:
    heard = Reading("CE2-S01", START - 40, START, {"smoke": 0.1, "battery": 61.0, "rssi": -80.0})

    rows = list(sensor_rows(TOWN, live(heard), now=START + MINUTE))

    tags = {"facility": "cellar-2", "zone": "cellars", "kind": "smoke_detector", "gateway": "gw"}
    known = {"last_seen": float(START), "silent": False, "battery": 61.0, "rssi": -80.0, "clock_error_ms": -40.0}
    assert rows == [
        OwnRow("sensor_state", {"sensor": "CE2-S01", **tags}, known, START + MINUTE),
        OwnRow("sensor_state", {"sensor": "CE2-S02", **tags}, {"silent": True}, START + MINUTE),
    ]


def test_a_replaced_time_says_nothing_of_the_clock() -> None:
    replaced = Reading("CE2-S01", START, START, {"smoke": 0.1}, (Flag.CLOCK_FUTURE,))

    [row, _] = sensor_rows(TOWN, live(replaced), now=START + HOUR)

    assert row.fields == {"last_seen": float(START), "silent": True}


async def test_a_facility_stands_for_its_worst_alert_and_its_silent_sensors(tmp_path: Path) -> None:
    heard = live(Reading("CE2-S01", START, START, {"smoke": 0.1}))
    async with open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=Clock(), people=people()) as book:
        alerts = await book.take([active()], definitions(), START)

    [row] = facility_rows(TOWN, alerts, heard, now=START + 1)
    [calm] = facility_rows(TOWN, [], heard, now=START + 1)

    known = {name: row.fields[name] for name in ("worst", "open_alerts", "sensors", "silent")}
    assert known == {"worst": 1.0, "open_alerts": 1.0, "sensors": 2.0, "silent": 1.0}
    assert (row.tags["kind"], row.fields["name_zh"], calm.fields["worst"]) == ("cellar", "二号酒窖", 0.0)


async def test_what_somebody_has_is_marked_and_counted_apart(tmp_path: Path) -> None:
    async with open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=Clock(), people=people()) as book:
        nobodys = await book.take([active()], definitions(), START)
        somebodys = [await book.acknowledge(nobodys[0].id, by="li.wei", at=START + 1)]

    assert (mark_of([]), mark_of(nobodys), mark_of(somebodys), mark_of([*nobodys, *somebodys])) == (0, 1, 1.5, 1)
    rows = {row.tags["category"]: row.fields for row in category_rows([*nobodys, *somebodys], now=START)}
    assert len(rows) == 8
    assert rows["fire"] == {"open": 2, "unacknowledged": 1, "critical": 2, "major": 0, "minor": 0, "advisory": 0}
    assert not any(rows["health"].values())


async def test_open_alerts_are_told_every_minute_and_closed_ones_are_not(tmp_path: Path) -> None:
    clock = Clock()
    async with (
        open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=clock, people=people()) as book,
        DuckStore(None, TOWN) as store,
    ):
        own = OwnRows(store, clock)
        standing = Standing(book, LiveReadings(), own, clock=clock)
        [alert] = await book.take([active()], definitions(), START)
        await standing.tell()
        await book.acknowledge(alert.id, by="li.wei", at=START + 1)
        await book.take([normal()], definitions(), START + 2)
        clock.now = START + MINUTE
        await standing.tell()
        await own.flush()

        assert [(row.at, row.fields["state"]) for row in await store.own_rows("alert", **ALWAYS)] == [(START, "active")]
        worst = [row.fields["worst"] for row in await store.own_rows("facility_state", **ALWAYS)]
        assert worst == [1.0, 0.0]
        assert len(await store.own_rows("sensor_state", **ALWAYS)) == 4


async def test_between_two_minutes_only_places_that_changed_are_told(tmp_path: Path) -> None:
    clock = Clock()
    async with (
        open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=clock, people=people()) as book,
        DuckStore(None, TOWN) as store,
    ):
        own = OwnRows(store, clock)
        standing = Standing(book, LiveReadings(), own, clock=clock)
        for second in range(4):
            clock.now = START + second * 1_000
            if second == 2:
                await book.take([active()], definitions(), clock.now)
            await standing.tell(whole=second == 0)
        await own.flush()

        told = [(row.at - START, row.fields["worst"]) for row in await store.own_rows("facility_state", **ALWAYS)]
        assert told == [(0, 0.0), (2_000, 1.0)]
        assert await store.own_rows("alert", **ALWAYS) == []
