"""A year in which nothing happens: everything is plausible, and nothing would worry anybody."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from simulators.physics.doors import badge_reader, door_contact
from simulators.physics.people import people_counter
from simulators.physics.rooms import OPEN_AIR
from simulators.physics.weather import weather
from simulators.physics.world import World
from simulators.sensors import MEASURES, measure
from town.moment import DAY, HOUR, MINUTE, SECOND, Moment, parse_moment
from town.quantity import ValueType
from town.sensor import Sensor

MONDAY = parse_moment("2026-11-23T00:00:00+08:00")
ODD = 17 * HOUR + 7 * MINUTE  # steps through a year that come by every hour of the day
YEAR = range(parse_moment("2026-01-01T00:00:00+08:00"), parse_moment("2027-01-01T00:00:00+08:00"), ODD)


def of_kind(world: World, kind: str) -> list[Sensor]:
    return [sensor for sensor in world.town.sensors.values() if sensor.kind == kind]


def each_value(world: World, quantity: str, moments: range = YEAR) -> Iterator[tuple[Sensor, Moment, float]]:
    kinds = {kind.id for kind in world.town.kinds.values() if quantity in kind.quantities}
    for sensor in world.town.sensors.values():
        if sensor.kind in kinds:
            for at in moments:
                told = measure(world, sensor, at, since=sensor.interval)
                if quantity in told:
                    yield sensor, at, float(told[quantity])


@pytest.mark.parametrize("kind", sorted(MEASURES))
def test_a_year_before_any_clamping_is_plausible(world: World, kind: str) -> None:
    sensor = (of_kind(world, kind) or [next(iter(world.town.sensors.values())).model_copy(update={"kind": kind})])[0]
    for at in YEAR[:: 1 + len(YEAR) // 250]:
        for name, value in MEASURES[kind](world, sensor, at, sensor.interval).items():
            low, high = world.town.plausible_range(kind, name)
            quantity = world.town.quantities[name]

            assert name in world.town.kinds[kind].quantities
            assert isinstance(value, {ValueType.FLOAT: float, ValueType.BOOL: bool, ValueType.TEXT: str}[quantity.type])
            assert quantity.type is not ValueType.FLOAT or (low or -1e9) <= value <= (high or 1e9), (name, at, value)


@pytest.mark.parametrize(
    ("quantity", "most"),
    [("smoke", 0.03), ("co", 5), ("gas", 2), ("co2", 1600), ("noise", 68), ("pm2_5", 75), ("level", 4.4), ("voc", 400)],
)
def test_nothing_is_high_on_any_day(world: World, quantity: str, most: float) -> None:
    values = [value for _, _, value in each_value(world, quantity, YEAR[::5])]

    assert 0 <= max(values) < most
    assert max(values) > min(values)


def test_no_alarm_fault_or_button_on_any_day(world: World) -> None:
    worrying = {"smoke_alarm", "heat_alarm", "co_alarm", "gas_alarm", "fire_alarm", "pressed", "leak", "glass_break"}
    worrying |= {"fault", "tamper", "video_loss", "denied"}
    for sensor in world.town.sensors.values():
        for at in YEAR[::9]:
            told = measure(world, sensor, at, since=sensor.interval)
            assert not [name for name in worrying & told.keys() if told[name]], (sensor.id, at)


def test_no_door_opens_and_nothing_moves_by_night(world: World) -> None:
    watchers = [(s, "open") for s in of_kind(world, "door_contact")]
    cameras = [s for s in of_kind(world, "camera") if world.facility_kind(s.facility) not in OPEN_AIR]
    watchers += [(s, "motion") for s in of_kind(world, "motion_detector") + cameras]
    for day in range(0, 370, 7):
        night = MONDAY + day * DAY + 22 * HOUR
        for sensor, quantity in watchers:
            for at in range(night, night + 8 * HOUR, 11 * MINUTE):
                assert measure(world, sensor, at, since=MINUTE)[quantity] is False, (sensor.id, at)


def test_every_opened_door_of_the_museum_follows_a_badge(world: World) -> None:
    doors = [s for s in of_kind(world, "door_contact") if s.facility == "museum"]
    reader = next(s for s in of_kind(world, "badge_reader") if s.facility == "museum")
    opened, badge_at, was_open = 0, 0, False
    for at in range(MONDAY, MONDAY + DAY, SECOND):
        if badge_reader(world, reader, at, 0)["accepted"]:
            badge_at = at
        is_open = any(door_contact(world, door, at, 0)["open"] for door in doors)
        if is_open and not was_open:
            opened += 1
            assert at - badge_at <= 5 * SECOND
        was_open = is_open

    assert opened >= 20


def test_those_inside_are_those_who_came_less_those_who_left(world: World) -> None:
    for counter in of_kind(world, "people_counter"):
        inside = 0.0
        for at in range(MONDAY + 30 * SECOND, MONDAY + DAY, 5 * MINUTE):
            told = people_counter(world, counter, at, 5 * MINUTE)
            inside += told["people_in"] - told["people_out"]
            assert told["people"] == inside >= 0, (counter.id, at)

        assert inside == 0


def test_visitors_come_at_weekends_and_pupils_do_not(world: World) -> None:
    def came(sensor: str, day: int) -> float:
        told = people_counter(world, world.town.sensors[sensor], MONDAY + day * DAY + 20 * HOUR, 20 * HOUR)
        return float(told["people_in"])

    assert came("MU1-S11", 5) > 1.5 * came("MU1-S11", 2) > 0
    assert came("PR1-S12", 5) == 0 < came("PR1-S12", 2)
    assert came("PR1-S12", -52) == 0  # the second of October


@pytest.mark.parametrize(
    ("kind", "counter", "rate"), [("power_meter", "energy", "power"), ("flow_meter", "volume", "flow")]
)
def test_counters_agree_with_what_they_count(world: World, kind: str, counter: str, rate: str) -> None:
    sensor = of_kind(world, kind)[0]
    told = [measure(world, sensor, at, since=MINUTE) for at in range(MONDAY - DAY, MONDAY + 8 * DAY, 10 * MINUTE)]
    counts = [float(each[counter]) for each in told]
    summed = sum(float(each[rate]) for each in told[:-1]) / 6 / (1000 if kind == "power_meter" else 1)

    assert counts == sorted(counts)
    assert counts[-1] - counts[0] == pytest.approx(summed, rel=0.02)


def test_summers_are_hot_winters_are_not_and_it_rains_now_and_then(world: World) -> None:
    def mean(month: str) -> float:
        start = parse_moment(f"2026-{month}-01T00:00:00+08:00")
        return sum(weather(world, start + n * 3 * HOUR).temperature for n in range(240)) / 240

    wet = sum(weather(world, at).rain_rate > 0.1 for at in YEAR) / len(YEAR)

    assert 2 < mean("01") < 9
    assert 25 < mean("07") < 32
    assert 0.03 < wet < 0.25


def test_cellars_are_steadier_than_the_street_and_a_batch_makes_carbon_dioxide(world: World) -> None:
    def spread(sensor: str, quantity: str) -> float:
        week = range(MONDAY, MONDAY + 7 * DAY, 2 * HOUR)
        values = [float(measure(world, world.town.sensors[sensor], at, since=MINUTE)[quantity]) for at in week]
        return max(values) - min(values)

    assert spread("CE1-S08", "temperature") < 1.5 < spread("SN1-S09", "temperature") / 3
    assert spread("BR1-S01", "co2") > 400 > 2 * spread("CE1-S08", "co2")


def test_batteries_run_down_a_percent_in_two_weeks(world: World) -> None:
    sensor = world.town.sensors["CE2-S07"]
    told = [measure(world, sensor, MONDAY + day * DAY, since=MINUTE)["battery"] for day in range(0, 900, 15)]
    falls = [before - after for before, after in pairwise(told)]

    assert sorted(falls)[1:] == [f for f in sorted(falls)[1:] if 0 <= f <= 2]
    assert min(told) >= 38
