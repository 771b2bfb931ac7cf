"""When sensors tell."""

from itertools import pairwise, takewhile

import msgspec

from simulators.physics.world import World
from simulators.schedule import LOOK_EVERY, Observation, backlog, observations
from simulators.staging import effects
from tests.simulators.listening import event, short
from town.moment import HOUR, MINUTE, SECOND, Duration, Moment, parse_moment
from town.town import Town

MORNING = parse_moment("2026-11-24T10:00:00+08:00")


def told(world: World, length: Duration, *, start: Moment = MORNING) -> list[Observation]:
    everything = observations(world, list(world.town.sensors.values()), start=start)
    return list(takewhile(lambda one: one.at < start + length, everything))


def as_bytes(observations: list[Observation]) -> bytes:
    return msgspec.json.encode([(one.at, one.sensor.id, one.values) for one in observations])


def test_the_same_seed_tells_the_same_to_the_byte(town: Town) -> None:
    once, again = (as_bytes(told(World(town, seed=5), 10 * MINUTE)) for _ in range(2))

    assert once == again
    assert once != as_bytes(told(World(town, seed=6), 10 * MINUTE))


def test_what_a_sensor_tells_does_not_depend_on_who_was_asked_before(town: Town) -> None:
    whole = {(one.at, one.sensor.id): one.values for one in told(World(town, seed=5), 5 * MINUTE)}
    world = World(town, seed=5)
    alone = takewhile(
        lambda one: one.at < MORNING + 5 * MINUTE, observations(world, [town.sensors["MU1-S11"]], start=MORNING)
    )

    assert all(whole[one.at, one.sensor.id] == one.values for one in alone)


def test_every_sensor_is_heard_in_the_first_two_seconds(world: World) -> None:
    assert {one.sensor.id for one in told(world, 2 * SECOND)} == set(world.town.sensors)


def test_no_sensor_waits_longer_than_its_interval(world: World) -> None:
    moments: dict[str, list[Moment]] = {}
    for one in told(world, 20 * MINUTE):
        moments.setdefault(one.sensor.id, []).append(one.at)

    for name, times in moments.items():
        interval = world.town.sensors[name].interval
        assert max(after - before for before, after in pairwise([*times, MORNING + 20 * MINUTE])) <= interval, name


def test_observations_come_in_the_order_of_time(world: World) -> None:
    moments = [one.at for one in told(world, 5 * MINUTE)]

    assert moments == sorted(moments)


def test_an_opened_door_is_told_within_a_second_and_its_closing_too(town: Town) -> None:
    door = event("open_door", "100s", sensor="MU1-S07", lasts="20s")
    night = MORNING - 8 * HOUR
    world = World(town, seed=1, effects=effects(short(door), town, start=night))
    seen = [one for one in told(world, 5 * MINUTE, start=night) if one.sensor.id == "MU1-S07"]
    changes = [(after.at - night, after.values["open"]) for before, after in pairwise(seen)
               if before.values["open"] != after.values["open"]]  # fmt: skip

    assert [state for _, state in changes] == [True, False]
    assert 0 <= changes[0][0] - 100 * SECOND <= LOOK_EVERY
    assert 0 <= changes[1][0] - 120 * SECOND <= LOOK_EVERY


def test_a_silent_sensor_tells_nothing_and_then_again(town: Town) -> None:
    silence = event("silence", "1m", sensor="CE1-S01", lasts="3m")
    world = World(town, seed=1, effects=effects(short(silence), town, start=MORNING))
    times = [one.at - MORNING for one in told(world, 6 * MINUTE) if one.sensor.id == "CE1-S01"]

    assert not [at for at in times if MINUTE <= at < 4 * MINUTE]
    assert [at for at in times if at < MINUTE] and [at for at in times if at >= 4 * MINUTE]


def test_a_backlog_is_coarse_ends_before_the_start_and_leaves_no_door_open(world: World) -> None:
    past = list(backlog(world, list(world.town.sensors.values()), start=MORNING, length=24 * HOUR))
    of_one = [one.at for one in past if one.sensor.id == "CE2-S08"]

    assert (of_one[0], of_one[-1]) == (MORNING - 24 * HOUR, MORNING - 10 * MINUTE)
    assert {after - before for before, after in pairwise(of_one)} == {10 * MINUTE}
    assert not any(one.values.get("open") or one.values.get("motion") for one in past if one.sensor.kind != "camera")
    assert {one.sensor.id for one in past} == set(world.town.sensors)


def test_a_backlog_told_twice_is_the_same_where_it_overlaps(world: World) -> None:
    sensors = [world.town.sensors["CE2-S08"], world.town.sensors["PR1-S12"]]
    first, second = (
        {(one.at, one.sensor.id): one.values for one in backlog(world, sensors, start=start, length=6 * HOUR)}
        for start in (MORNING, MORNING + 1234 * SECOND)
    )

    assert len(first.keys() & second.keys()) > 100
    assert all(first[each] == second[each] for each in first.keys() & second.keys())
