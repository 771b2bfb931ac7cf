"""What scenarios do to the town."""

from collections.abc import Callable

from simulators.physics.world import World
from simulators.sensors import measure
from simulators.staging import effects
from tests.simulators.listening import event, short
from town.moment import HOUR, MINUTE, SECOND, Moment, parse_moment
from town.town import Town

NOON = parse_moment("2026-11-28T12:00:00+08:00")


def staged(town: Town, *events: object) -> World:
    return World(town, seed=3, effects=effects(short(*events), town, start=NOON))


def value(world: World, sensor: str, quantity: str, at: Moment) -> float:
    return float(measure(world, world.town.sensors[sensor], at, since=30 * SECOND)[quantity])


def first(holds: Callable[[Moment], bool], within: Moment = 10 * MINUTE) -> Moment:
    return next(at for at in range(0, within, SECOND) if holds(NOON + at))


def test_in_a_fire_smoke_comes_before_heat_and_heat_before_carbon_monoxide(town: Town) -> None:
    world = staged(town, event("fire", "0s", facility="cellar-2", near="CE2-S03"))

    smoke = first(lambda at: value(world, "CE2-S03", "smoke", at) >= 0.15)
    heat = first(lambda at: value(world, "CE2-S03", "temperature", at) >= 58)
    co = first(lambda at: value(world, "CE2-S07", "co", at) >= 100)
    assert 5 * SECOND <= smoke < heat < co < 4 * MINUTE
    assert value(world, "CE2-S05", "temperature", NOON + 4 * MINUTE) > 58


def test_a_fire_spreads_from_where_it_began_and_stays_in_its_building(town: Town) -> None:
    world = staged(town, event("fire", "0s", facility="cellar-2", near="CE2-S04"))

    alarm = [
        first(lambda at, sensor=sensor: value(world, sensor, "smoke_alarm", at) == 1)
        for sensor in ("CE2-S04", "CE2-S03", "CE2-S01")
    ]
    assert alarm[0] < alarm[1] < alarm[2]
    assert value(world, "CE1-S03", "smoke", NOON + 8 * MINUTE) < 0.05


def test_smoke_clears_when_the_fire_is_out(town: Town) -> None:
    world = staged(town, event("fire", "0s", facility="museum", lasts="5m"))
    smoke = [value(world, "MU1-S01", "smoke", NOON + minute * MINUTE) for minute in (0, 5, 7, 20)]

    assert smoke[0] < 0.05 < smoke[3] * 100 < smoke[2] * 100 < smoke[1] * 100
    assert smoke[3] < 0.05
    assert value(world, "MU1-S13", "fire_alarm", NOON + 2 * MINUTE) == 1
    assert value(world, "MU1-S13", "fire_alarm", NOON + 20 * MINUTE) == 0


def test_an_evacuated_street_empties_through_its_counters(town: Town) -> None:
    calm, world = staged(town), staged(town, event("evacuate", "60s", facility="snack-street"))
    before, out = value(world, "SN1-S01", "people", NOON + 60 * SECOND), 0.0
    for n in range(3, 15):
        out += value(world, "SN1-S01", "people_out", NOON + n * 30 * SECOND)

    assert before > 50
    assert (
        value(world, "SN1-S01", "people", NOON + 7 * MINUTE) == 0 < value(calm, "SN1-S01", "people", NOON + 7 * MINUTE)
    )
    assert out == before


def test_a_forced_door_opens_without_a_badge_and_somebody_moves(town: Town) -> None:
    door = event("open_door", "10s", sensor="MU1-S07", lasts="1m")
    events = effects(short(door, event("intrude", "15s", facility="museum")), town, start=NOON - 10 * HOUR)
    world = World(town, seed=3, effects=events)
    night = NOON - 10 * HOUR

    assert [value(world, "MU1-S07", "open", night + s * SECOND) for s in (9, 10, 69, 70)] == [0, 1, 1, 0]
    assert value(world, "MU1-S06", "open", night + 20 * SECOND) == 0
    assert not any(value(world, "MU1-S12", "accepted", night + s * SECOND) for s in range(90))
    assert value(world, "MU1-S08", "motion", night + 16 * SECOND) == 1


def test_a_pressed_button_stays_pressed_as_long_as_it_is_held(town: Town) -> None:
    world = staged(town, event("press", "0s", sensor="PR1-S10", lasts="20s"))

    assert [value(world, "PR1-S10", "pressed", NOON + s * SECOND) for s in (-1, 0, 19, 20)] == [0, 1, 1, 0]
    assert value(world, "PR1-S11", "pressed", NOON) == 0


def test_without_ventilation_carbon_dioxide_gathers_only_there(town: Town) -> None:
    world = staged(town, event("ventilation_failure", "0s", facility="brewing-1"))

    assert (
        value(world, "BR1-S01", "co2", NOON + 2 * MINUTE) > 5000 > 3 * value(world, "BR2-S01", "co2", NOON + 2 * MINUTE)
    )


def test_a_downpour_fills_the_canal(town: Town) -> None:
    dry, wet = staged(town), staged(town, event("downpour", "0s", intensity=1))
    after = NOON + 2 * HOUR

    assert value(wet, "DK1-S04", "rain_rate", after) > 50
    assert value(wet, "SL1-S02", "level", after) > value(dry, "SL1-S02", "level", after) + 0.3
