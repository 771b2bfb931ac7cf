"""Who is silent, and whose battery runs low."""

from console.census import CensusTaker, take_census
from console.live import LiveReadings
from tests.console.conftest import NOW
from tests.console.world import huangjiu
from town.moment import MINUTE, SECOND
from town.reading import Reading


def test_census_counts_who_was_heard_of() -> None:
    town, live = huangjiu(), LiveReadings()
    heard = [sensor for sensor in town.sensors.values() if sensor.interval <= 5 * MINUTE][:3]
    values = ({"battery": 19.9}, {"battery": 20.0}, {"battery": 3.0})
    moments = (NOW, NOW, NOW - 3 * heard[2].interval - 31 * SECOND)
    live.update([Reading(s.id, at, at, dict(v)) for s, at, v in zip(heard, moments, values, strict=True)])

    census = take_census(town, live, now=NOW)

    assert census.silent == set(town.sensors) - {heard[0].id, heard[1].id}
    assert census.low_battery == 1


def test_census_is_taken_again_after_a_second() -> None:
    town, live, taker = huangjiu(), LiveReadings(), CensusTaker()
    sensor = next(iter(town.sensors.values()))
    first = taker.census(town, live, now=NOW)
    live.update([Reading(sensor.id, NOW, NOW, {})])

    assert taker.census(town, live, now=NOW + SECOND).silent == first.silent - {sensor.id}
    assert taker.census(town.model_copy(), live, now=NOW + SECOND).silent == first.silent - {sensor.id}
