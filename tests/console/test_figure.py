"""What the charts are sent."""

from console.figure import Window, make_figure, notes
from console.words import words
from tests.console.conftest import NOW
from tests.console.world import World
from town.alert import Severity
from town.moment import DAY, HOUR, MINUTE, SECOND


async def figure(world: World, window: Window, quantity: str = "smoke", sensors: tuple[str, ...] = ("CE2-S01",)):  # type: ignore[no-untyped-def]  # a figure is a plain dictionary
    alerts = list(world.book.held.values())
    return await make_figure(
        world.store, world.town, words("en"), sensors=sensors, quantity=quantity, window=window, alerts=alerts
    )


async def test_line_breaks_where_the_sensor_was_silent(world: World) -> None:
    for back in (60, 59, 58, 20, 19):
        world.reads("CE2-S01", NOW - back * MINUTE, smoke=0.02)

    (line,) = (await figure(world, Window(NOW - HOUR - MINUTE, NOW)))["series"]

    assert [value for _, value in line["points"]] == [0.02, 0.02, 0.02, None, 0.02, 0.02]


async def test_yesterday_lies_on_today(world: World) -> None:
    for at in (NOW - DAY - MINUTE, NOW - MINUTE):
        world.reads("CE2-S01", at, smoke=0.02)

    found = await figure(world, Window(NOW - HOUR, NOW, DAY))

    before, now = found["series"]
    assert notes(words("en"), found, DAY) == ["limit dashed", "grey: yesterday"]
    assert (before["role"], before["name"], now["role"]) == ("before", "yesterday", "now")
    assert abs(before["points"][0][0] - now["points"][0][0]) < MINUTE


async def test_many_sensors_become_their_highest(world: World) -> None:
    sensors = ("CE2-S01", "CE2-S02", "CE2-S03", "CE2-S04")
    for number, sensor in enumerate(sensors):
        world.reads(sensor, NOW - MINUTE, smoke=0.1 * number)

    (line,) = (await figure(world, Window(NOW - HOUR, NOW), sensors=sensors))["series"]

    assert [value for _, value in line["points"]] == [0.3]


async def test_limits_of_the_kind_are_drawn_where_values_are_near(world: World) -> None:
    for back, smoke in ((2, 0.02), (1, 0.07)):
        world.reads("CE2-S01", NOW - back * MINUTE, smoke=smoke)

    found = await figure(world, Window(NOW - HOUR, NOW, DAY))

    assert found["limits"] == [
        {"value": 0.08, "label": "≥ 0.08 dB/m"},
        {"value": 0.15, "label": "≥ 0.15 dB/m"},
    ]
    assert notes(words("en"), found, DAY) == ["limit dashed"], "nothing is known of yesterday"


async def test_limits_that_are_far_do_not_make_lines_flat(world: World) -> None:
    world.reads("CE2-S01", NOW - MINUTE, temperature=21.0)

    assert (await figure(world, Window(NOW - HOUR, NOW), "temperature"))["limits"] == []


async def test_limit_and_time_of_the_alert_are_drawn_once(world: World) -> None:
    world.alert("A-1", "CE2-S01", since=NOW - 10 * MINUTE)
    world.alert("A-2", "CE2-S01", since=NOW - 5 * MINUTE)
    world.alert("A-3", "CE2-S01", since=NOW - 5 * MINUTE, severity=Severity.MINOR)

    found = await figure(world, Window(NOW - HOUR, NOW))

    assert found["limits"] == [{"value": 0.15, "label": "≥ 0.15 dB/m"}]
    assert [(wash["severity"], wash["start"], wash["end"]) for wash in found["washes"]] == [
        ("critical", NOW - 10 * MINUTE, NOW),
        ("minor", NOW - 5 * MINUTE, NOW),
    ]


async def test_door_holds_its_state_until_now(world: World) -> None:
    world.reads("CE2-S10", NOW - 30 * MINUTE, open=True)

    found = await figure(world, Window(NOW - HOUR, NOW), quantity="open", sensors=("CE2-S10",))

    assert found["states"] == ["shut", "open"]
    assert [value for _, value in found["series"][0]["points"]] == [1.0, 1.0]
    assert found["series"][0]["points"][-1][0] == NOW


def test_bucket_is_wide_enough_for_the_screen() -> None:
    assert [Window(0, span).every for span in (HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY)] == [
        20 * SECOND,
        2 * MINUTE,
        10 * MINUTE,
        HOUR,
        4 * HOUR,
    ]
