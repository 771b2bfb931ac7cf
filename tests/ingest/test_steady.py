"""Sensors that should vary and do not."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoded import DeviceReading
from ingest.ledger import Account
from ingest.resolve import Resolver
from ingest.steady import Steady
from tests.ingest.town import NOON, small_town
from town.moment import HOUR, MINUTE
from town.reading import Flag, Reading

PLAIN = small_town()
KIND = PLAIN.kinds[PLAIN.sensors["S1"].kind]
KINDS = {**PLAIN.kinds, KIND.id: KIND.model_copy(update={"stuck_after": {"temperature": HOUR}})}
TOWN = PLAIN.model_copy(update={"kinds": KINDS})


class Town:
    """A gateway whose sensor says things, looked at once a minute."""

    def __init__(self) -> None:
        self.resolver = Resolver(TOWN, "gw", extras="refuse", account=Account())

    def says(self, minute: int, timed: bool = True, **values: float) -> Reading:
        at, found = NOON + minute * MINUTE, list[Reading]()
        self.resolver.resolve(
            (DeviceReading("S1", at if timed else None, values),), found, received_at=at, retained=False
        )
        self.resolver.look_for_stuck()
        return found[0]


def test_a_value_that_never_changes_is_flagged_from_its_time_on_and_kept() -> None:
    town = Town()
    flags = {minute: town.says(minute, temperature=20.0).flags for minute in range(63)}

    assert [minute for minute, found in flags.items() if found] == [61, 62]
    assert town.says(63, temperature=20.0).values == {"temperature": 20.0}
    assert town.resolver.look_for_stuck() == 1


def test_the_first_other_value_ends_it_and_the_time_begins_anew() -> None:
    town = Town()
    for minute in range(62):
        town.says(minute, temperature=20.0)

    assert town.says(62, temperature=20.1).flags == ()
    assert town.resolver.look_for_stuck() == 0
    assert all(town.says(minute, temperature=20.1).flags == () for minute in range(63, 120))


def test_a_quantity_that_may_stay_the_same_is_never_stuck() -> None:
    town = Town()

    assert all(town.says(minute, temperature=20.0 + minute / 10, smoke=0.0).flags == () for minute in range(100))


def test_a_device_without_a_clock_can_be_stuck_too() -> None:
    town = Town()
    readings = [town.says(minute, timed=False, temperature=20.0) for minute in range(63)]

    assert Flag.STUCK not in readings[60].flags and readings[62].flags == (Flag.NO_CLOCK, Flag.STUCK)


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from([1.0, 2.0])), max_size=60))
def test_stuck_is_what_had_one_value_for_the_time(steps: list[tuple[int, float]]) -> None:
    steady, at, history = Steady({"x": HOUR}), NOON, list[tuple[int, float]]()
    for minutes, value in steps:
        at += minutes * MINUTE
        steady.moved({"x": value})
        history.append((at, value))
        steady.look({"x": value}, at)
        same = [when for when, other in history if all(v == value for t, v in history if t >= when) and other == value]

        assert ("x" in steady.stuck) == (at - min(same) >= HOUR)


def test_a_flag_survives_being_written() -> None:
    reading = Reading("S1", NOON, NOON, {"temperature": 20.0}, (Flag.STUCK,))

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(reading), type=Reading) == reading
