"""The time of a play."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from simulators.scenario import Scenario
from simulators.timing import timing
from town.language import Label
from town.moment import DAY, HOUR, MINUTE, as_datetime, parse_moment

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = parse_moment("2026-11-23T15:30:00+08:00")


def scenario(**fields: object) -> Scenario:
    return Scenario.model_validate({"version": 1, "id": "t", "name": Label(zh="时", en="Time"), **fields})


def test_at_speed_one_it_is_the_wall_clock() -> None:
    time = timing(scenario(duration="5m"), SHANGHAI, now=NOW)

    assert (time.start, time.end) == (NOW, NOW + 5 * MINUTE)
    assert time.simulated(NOW + 1234) == NOW + 1234
    assert time.until(NOW + 2000, NOW + 500) == 1500


def test_a_faster_play_ends_now() -> None:
    time = timing(scenario(duration="10m"), SHANGHAI, now=NOW, speed=10)

    assert time.start == NOW - 9 * MINUTE
    assert time.simulated(NOW + MINUTE) == time.end == NOW + MINUTE


def test_an_endless_faster_play_starts_a_day_back_and_joins_the_wall_clock() -> None:
    time = timing(scenario(), SHANGHAI, now=NOW, speed=100)

    assert time.start == NOW - round(DAY * 0.99) and time.end is None
    assert time.simulated(NOW + HOUR) == NOW + HOUR


def test_a_local_time_is_the_last_one_in_the_past() -> None:
    written = scenario(duration="5m", local_time="02:10")

    assert timing(written, SHANGHAI, now=NOW).start == parse_moment("2026-11-23T02:10:00+08:00")
    early = parse_moment("2026-11-23T02:09:59+08:00")
    assert timing(written, SHANGHAI, now=early).start == parse_moment("2026-11-22T02:10:00+08:00")


def test_a_scenarios_own_speed_and_the_players_are_multiplied() -> None:
    assert timing(scenario(duration="400s", speed=20), SHANGHAI, now=NOW, speed=0.5).speed == 10


@given(
    now=st.integers(1_700_000_000_000, 1_900_000_000_000),
    minutes=st.none() | st.integers(0, 1439),
    seconds=st.none() | st.integers(1, 100_000),
    speed=st.floats(0.1, 500),
    elapsed=st.integers(0, 10_000_000),
)
def test_simulated_time_never_passes_the_wall_clock(
    now: int, minutes: int | None, seconds: int | None, speed: float, elapsed: int
) -> None:
    local = None if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"
    written = scenario(local_time=local, duration=f"{seconds}s" if seconds else None)
    time = timing(written, SHANGHAI, now=now, speed=speed)
    wall = now + elapsed
    shown = time.simulated(wall)

    assert time.start <= shown <= wall
    assert local is None or f"{as_datetime(time.start, SHANGHAI):%H:%M}" == local
    wait = time.until(shown + 5000, wall)
    assert time.simulated(wall + wait) >= shown + 4999
