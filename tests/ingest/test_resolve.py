"""Who said it, when, and what of it is believed, without any broker."""

from math import inf
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoded import DeviceReading
from ingest.ledger import Account
from ingest.reason import Reason, Scope
from ingest.resolve import Resolver
from tests.ingest.town import NOON, small_town
from town.moment import DAY, MINUTE, SECOND
from town.reading import Flag, Reading
from town.store.acceptance import Acceptance

TOWN = small_town()


def resolver(gateway: str = "gw", extras: Literal["refuse", "count"] = "refuse") -> Resolver:
    return Resolver(TOWN, gateway, extras=extras, account=Account())


def resolve(one: Resolver, *readings: DeviceReading, retained: bool = False) -> list[Reading]:
    found: list[Reading] = []
    one.resolve(readings, found, received_at=NOON, retained=retained)
    return found


@pytest.mark.parametrize(
    ("at", "flag"),
    [
        (NOON - 400 * DAY, None),
        (NOON - 400 * DAY - 1, Flag.CLOCK_PAST),
        (NOON + MINUTE, None),
        (NOON + MINUTE + 1, Flag.CLOCK_FUTURE),
        (0, Flag.CLOCK_PAST),
        (10**30, Flag.CLOCK_FUTURE),
        (-(10**30), Flag.CLOCK_PAST),
    ],
)
def test_a_clock_is_believed_within_its_bounds(at: int, flag: Flag | None) -> None:
    (found,) = resolve(resolver(), DeviceReading("S1", at, {"temperature": 20.0}))

    assert (found.measured_at, found.flags) == ((at, ()) if flag is None else (NOON, (flag,)))


def test_readings_without_a_clock_do_not_hide_each_other() -> None:
    states = [DeviceReading("Back door", None, {"open": state}) for state in (True, False, True)]

    found = resolve(resolver("z2m"), *states)

    assert [(each.measured_at - NOON, each.values["open"]) for each in found] == [(0, True), (1, False), (2, True)]


def test_a_late_reading_keeps_its_time() -> None:
    newer, older = (DeviceReading("S1", NOON - age, {"temperature": 20.0}) for age in (SECOND, DAY))

    assert [each.measured_at for each in resolve(resolver(), newer, older)] == [NOON - SECOND, NOON - DAY]


def test_only_the_same_values_at_the_same_time_are_a_repetition() -> None:
    one = resolver()
    first = DeviceReading("S1", NOON, {"temperature": 20.0})
    other_value = DeviceReading("S1", NOON, {"smoke": 0.1})
    other_sensor = DeviceReading("S2", NOON, {"temperature": 20.0})

    assert len(resolve(one, first, first, other_value, other_sensor)) == 3
    assert [each.reason for each in one.refused] == [Reason.DUPLICATE]


@pytest.mark.parametrize(
    ("quantity", "value", "reason"),
    [
        ("state", "x" * 255, None),
        ("state", "x" * 256, Reason.OUT_OF_RANGE),
        ("state", "a\0b", Reason.OUT_OF_RANGE),
        ("state", 1.0, Reason.WRONG_TYPE),
        ("fire_alarm", False, None),
        ("fire_alarm", 0.0, Reason.WRONG_TYPE),
        ("fire_alarm", None, Reason.WRONG_TYPE),
        ("battery", 100.0, None),
        ("battery", 100.1, Reason.OUT_OF_RANGE),
        ("battery", float("-inf"), Reason.NOT_A_NUMBER),
        ("battery", {"a": 1}, Reason.WRONG_TYPE),
    ],
)
def test_a_value_is_believed_by_its_type_and_range(quantity: str, value: Any, reason: Reason | None) -> None:
    one = resolver()

    found = resolve(one, DeviceReading("S3", NOON, {quantity: value}))

    assert [each.values for each in found] == ([{quantity: value}] if reason is None else [])
    assert [each.reason for each in one.refused] == ([] if reason is None else [reason])


def test_what_a_chatty_format_says_beyond_the_kind_is_counted_and_no_fault() -> None:
    account = Account()
    one = Resolver(TOWN, "z2m", extras="count", account=account)

    found = resolve(one, DeviceReading("Back door", NOON, {"open": True, "voltage": 3.0}))
    found += resolve(one, DeviceReading("Back door", NOON + 1, {"voltage": 3.0}), DeviceReading("Back door", NOON, {}))

    assert [each.values for each in found] == [{"open": True}]
    assert (account.extras, account.readings, one.refused) == (2, 1, [])


def test_a_refused_value_is_unknown_to_the_rules_and_its_neighbours_are_not() -> None:
    one = resolver()

    (found,) = resolve(one, DeviceReading("S1", NOON, {"smoke": 99.0, "smoke_alarm": True, "charm": 1.0}))

    assert (found.values, found.refused) == ({"smoke_alarm": True}, {"smoke": Flag.OUT_OF_RANGE})
    assert [(each.scope, each.reason) for each in one.refused] == [
        (Scope.VALUE, Reason.OUT_OF_RANGE),
        (Scope.VALUE, Reason.UNKNOWN_QUANTITY),
    ]


DEVICES = st.sampled_from(["S1", "S2", "S3", "gateway", "?"])
VALUES = st.dictionaries(
    st.sampled_from(["temperature", "smoke", "state", "online", "charm"]),
    st.floats() | st.booleans() | st.text(max_size=300) | st.none(),
    max_size=3,
)


@given(
    st.lists(
        st.builds(DeviceReading, DEVICES, st.none() | st.integers(NOON - DAY, NOON + DAY) | st.integers(), VALUES)
    ),
    st.booleans(),
)
def test_every_reading_is_either_taken_or_refused(readings: list[DeviceReading], retained: bool) -> None:
    account = Account()
    one = Resolver(TOWN, "gw", extras="refuse", account=account)

    found = resolve(one, *readings, retained=retained)

    refused = [each for each in one.refused if each.scope is Scope.READING]
    assert len(found) + len(refused) == len(readings) == account.readings
    assert all(each.values for each in found)
    # Writing vouches for them: no store asks again.
    assert Acceptance(TOWN).sort_out(found) == (found, [])


def test_a_quantity_without_end_still_ends_at_infinity() -> None:
    measured = TOWN.quantities["temperature"].model_copy(update={"low": -inf, "high": inf})
    endless = TOWN.model_copy(update={"quantities": {**TOWN.quantities, "temperature": measured}})
    one = Resolver(endless, "gw", extras="refuse", account=Account())

    (found,) = resolve(one, DeviceReading("S1", NOON, {"temperature": inf, "smoke": 1.0}))

    assert found.values == {"smoke": 1.0}
    assert [each.reason for each in one.refused] == [Reason.NOT_A_NUMBER]
