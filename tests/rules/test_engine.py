"""The engine between steps: saving, reloading, failing, explaining."""

from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine import MAX_PLANS, Engine
from rules.ruleset import RULE_ERROR, RuleSet
from tests.rules.places import START, reading, rules, town
from town.alert import Cause, Condition, Subject, Transition
from town.moment import MINUTE, SECOND
from town.reading import Flag, Reading
from town.town import Town

SMOKE = "id: smoke.high\nwhen: smoke >= 0.15\nclear: smoke < 0.05\nfor: 20s\nkeep_active_for: 20s"
MANY = (
    SMOKE,
    "id: low\nwhen: smoke < 0.05 or smoke >= 0.4",
    "id: warm\nwhen: temperature > 19 Cel and smoke > 0.1\nfor: 10s",
    "id: hot\nwhen: temperature >= 70 Cel",
    "id: heat\nwhen: rate(temperature, 1m) > 5 Cel or mean(temperature, 5m) > 60 Cel",
    "id: spread\nwhen: stddev(temperature, 2m) > 3 Cel and changed(smoke)",
    "id: both\nfor_each: {facility: any}\nwhen: count_of(smoke >= 0.1) >= 2 or mean_of(temperature) > 50\nfor: 15s",
    "id: often\nwhen: smoke >= 0.1\ncount: {at_least: 2, within: 90s}\nkeep_active_for: 10s",
    "id: gone\nwhen: smoke >= 0.3\non_missing: raise\nmissing_after: 50s",
    "id: silent\nfor_each: {sensor_kind: any}\nabsent: {for: 3 x interval}\nkeep_active_for: 15s",
    "id: worse\nlevels: {minor: {when: smoke > 0.1, for: 9s}, major: {when: smoke > 0.3, clear: smoke < 0.1, for: 20s}}"
    "\nactive_between: {from: '00:01', to: '00:04'}\ninhibits: {rules: [often], equal: [facility]}",
    "id: steps\nfor_each: {facility: any}\nsequence: [{is: any_of(smoke > 0.1)}, {not: any_of(fault), within: 10s}]"
    "\nwithin: 40s\nkeep_active_for: 20s",
)


def _pairs(transitions: list[Transition]) -> list[tuple[str, Condition]]:
    return [(one.rule, one.condition) for one in transitions]


def _bytes(transitions: list[Transition]) -> list[bytes]:
    return [msgspec.json.encode(one) for one in transitions]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[RuleSet, Town]:
    place = town("S1:smoke_detector@W1", "S2:smoke_detector@W1", "S3:heat_detector@W2")
    return rules(tmp_path_factory.mktemp("rules"), place, *MANY), place


_READINGS = st.lists(
    st.tuples(
        st.integers(0, 25),
        st.integers(-30, 5),
        st.sampled_from(["S1", "S2", "S3"]),
        st.sampled_from([0.01, 0.06, 0.12, 0.2, 0.4]),
        st.sampled_from([15.0, 18.5, 40.0, 70.0]),
        st.booleans(),
    ),
    max_size=60,
)


def _played(drawn: list[tuple[int, int, str, float, float, bool]]) -> list[Reading]:
    now, found = START, []
    for step, lag, sensor, smoke, temperature, doubtful in drawn:
        now += step * SECOND
        values = {"temperature": temperature} if sensor == "S3" else {"smoke": smoke, "temperature": temperature}
        refused = {"temperature": Flag.OUT_OF_RANGE} if doubtful else {}
        kept = {name: value for name, value in values.items() if name not in refused}
        found.append(Reading(sensor, now + lag * SECOND, now, kept, refused=refused))
    return found


def _play(engine: Engine, readings: list[Reading], until: int) -> list[Transition]:
    out: list[Transition] = []
    for one in readings:
        out += engine.advance(one.received_at)
        out += engine.step([one], one.received_at)
    return out + engine.advance(until)


_ONE_VALUE = st.lists(
    st.tuples(
        st.integers(0, 25),
        st.integers(-30, 5),
        st.sampled_from(
            [("smoke", 0.01), ("smoke", 0.15), ("smoke", 0.4), ("temperature", 19.0), ("temperature", 70.0)]
        ),
    ),
    max_size=60,
)


@given(drawn=_ONE_VALUE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_alone_is_judged_as_one_with_others_beside_it(
    many: tuple[RuleSet, Town], drawn: list[tuple[int, int, tuple[str, float]]]
) -> None:
    now, alone, beside = START, [], []
    for step, lag, (quantity, value) in drawn:
        now += step * SECOND
        alone.append(Reading("S1", now + lag * SECOND, now, {quantity: value}))
        beside.append(Reading("S1", now + lag * SECOND, now, {quantity: value, "battery": 50.0}))

    played = [_play(Engine(*many), readings, now + MINUTE) for readings in (alone, beside)]

    assert _bytes(played[0]) == _bytes(played[1])


@pytest.fixture(scope="module")
def smoke_only(tmp_path_factory: pytest.TempPathFactory) -> tuple[RuleSet, RuleSet, Town]:
    """Rules that ask for smoke alone, and the same beside one that asks for the temperature, too."""
    place = town("S1:smoke_detector@W1", "S2:smoke_detector@W1", "S3:heat_detector@W2")
    smoke = ("id: high\nwhen: smoke >= 0.15\nclear: smoke < 0.05\nfor: 20s", "id: mean\nwhen: mean(smoke, 1m) > 0.1")
    warm = "id: warm\nfor_each: {sensor_kind: smoke_detector}\nwhen: temperature > 80 Cel"
    folder = tmp_path_factory.mktemp
    return rules(folder("smoke"), place, *smoke), rules(folder("both"), place, *smoke, warm), place


@given(drawn=_READINGS)
@settings(max_examples=60, deadline=None)
def test_values_that_no_rule_asks_for_change_nothing(
    smoke_only: tuple[RuleSet, RuleSet, Town], drawn: list[tuple[int, int, str, float, float, bool]]
) -> None:
    smoke, both, place = smoke_only
    readings = _played(drawn)
    until = readings[-1].received_at + MINUTE if readings else START

    played = [_play(Engine(one, place), readings, until) for one in (smoke, both)]

    assert _pairs(played[0]) == _pairs(played[1])


@given(drawn=_READINGS, cuts=st.sets(st.integers(0, 60), max_size=5))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_restarts_change_nothing(
    many: tuple[RuleSet, Town], drawn: list[tuple[int, int, str, float, float, bool]], cuts: set[int]
) -> None:
    readings = _played(drawn)
    end = (readings[-1].received_at if readings else START) + 5 * MINUTE
    whole = Engine(*many)
    expected = whole.advance(START) + _play(whole, readings, end)

    engine, now, found = Engine(*many), START, []
    found += engine.advance(START)
    for index, one in enumerate(readings):
        if index in cuts:
            engine = Engine.restore(*many, engine.save())
            found += engine.advance(now)
        now = one.received_at
        found += _play(engine, [one], now)
    found += engine.advance(end)

    assert _bytes(found) == _bytes(expected)
    assert engine.save() == whole.save()


@given(drawn=_READINGS, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=60))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_change_nothing_but_the_moment_of_decision(
    many: tuple[RuleSet, Town], drawn: list[tuple[int, int, str, float, float, bool]], sizes: list[int]
) -> None:
    readings, now = _played(drawn), START + 60 * MINUTE
    one_by_one, batched = Engine(*many), Engine(*many)
    one_by_one.advance(START)
    batched.advance(START)
    expected = [transition for one in readings for transition in one_by_one.step([one], now)]

    found, rest = [], readings
    for size in sizes * 60:
        found += batched.step(rest[:size], now)
        rest = rest[size:]

    assert _bytes(found) == _bytes(expected)


def test_condition_begins_and_ends_with_its_reasons(tmp_path: Path) -> None:
    place = town()
    text = "smoke >= 0.15 dB/m or (smoke >= 0.08 and rate(temperature, 1m) > 5 Cel)"
    engine = Engine(rules(tmp_path, place, f"id: a\nwhen: {text}"), place)
    engine.advance(START)
    engine.step([reading(0, smoke=0.01, temperature=20.0)], START)

    [raised] = engine.step([reading(20, smoke=0.09, temperature=26.0)], START + 20_500)

    assert raised.subject == Subject("sensor", "S1")
    assert (raised.condition, raised.previous, raised.cause) == ("active", "normal", "condition")
    assert (raised.at, raised.since, raised.decided_at) == (START + 20_000, START + 20_000, START + 20_500)
    assert raised.reason.condition == text
    told = [(one.quantity, one.value, one.expression, one.limit, one.holds) for one in raised.reason.observations]
    assert told == [
        ("smoke", 0.09, None, ">= 0.15 dB/m", False),
        ("smoke", 0.09, None, ">= 0.08", True),
        ("temperature", 18.0, "rate(temperature, 1m)", "> 5 Cel", True),
    ]
    assert {one.measured_at for one in raised.reason.observations} == {START + 20_000}


def test_reason_of_a_facility_names_the_sensors_that_count(tmp_path: Path) -> None:
    place = town("S1:smoke_detector@W1", "S2:smoke_detector@W1", "S3:smoke_detector@W1")
    rule = "id: a\nfor_each: {facility: any}\nwhen: count_of(smoke >= 0.08) >= 2"
    engine = Engine(rules(tmp_path, place, rule), place)
    engine.advance(START)

    batch = [reading(0, "S1", smoke=0.1), reading(1, "S2", smoke=0.01), reading(2, "S3", smoke=0.2)]
    [raised] = engine.step(batch, START)

    told = [(one.sensor, one.value, one.limit, one.holds) for one in raised.reason.observations]
    assert told == [("W1", 2.0, ">= 2", True), ("S1", 0.1, ">= 0.08", True), ("S3", 0.2, ">= 0.08", True)]


def test_alert_that_was_active_stays_active_over_a_restart_and_down_time_is_no_silence(tmp_path: Path) -> None:
    place = town()
    bundle = rules(tmp_path, place, "id: a\nwhen: smoke >= 0.15", "id: silent\nabsent: {for: 30s}")
    engine = Engine(bundle, place)
    engine.advance(START)
    assert _pairs(engine.step([reading(5, smoke=0.2)], START + 5_000)) == [("a", Condition.ACTIVE)]

    later = START + 60 * MINUTE
    restored = Engine.restore(bundle, place, engine.save())

    assert restored.advance(later) == []
    assert restored.next_due() == later + 30 * SECOND
    assert restored.step([reading(3_600, smoke=0.3)], later) == []
    assert _pairs(restored.advance(later + 30 * SECOND)) == [("silent", Condition.ACTIVE)]


def test_reload_keeps_what_is_unchanged_and_judges_a_new_limit_at_the_next_reading(tmp_path: Path) -> None:
    place = town()
    engine = Engine(rules(tmp_path, place, "id: a\nwhen: smoke >= 0.15", "id: b\nwhen: smoke >= 0.1"), place)
    engine.advance(START)
    engine.step([reading(0, smoke=0.2)], START)

    raised_limit = rules(tmp_path, place, "id: a\nwhen: smoke >= 0.5")
    [ended] = engine.reload(raised_limit, place, START + 1_000)

    assert (ended.rule, ended.condition, ended.cause) == ("b", Condition.NORMAL, Cause.RULE_DELETED)
    [cleared] = engine.step([reading(10, smoke=0.2)], START + 10_000)
    assert (cleared.rule, cleared.condition, cleared.reason.version) == ("a", "normal", raised_limit.rules["a"].version)


def test_reload_without_the_sensor_ends_its_alerts(tmp_path: Path) -> None:
    before, after = town("S1:smoke_detector@W1", "S2:smoke_detector@W1"), town("S2:smoke_detector@W1")
    engine = Engine(rules(tmp_path, before, "id: a\nwhen: smoke >= 0.15"), before)
    engine.advance(START)
    engine.step([reading(0, smoke=0.2), reading(0, "S2", smoke=0.2)], START)

    [ended] = engine.reload(rules(tmp_path, after, "id: a\nwhen: smoke >= 0.15"), after, START + 1_000)

    assert (ended.subject.id, ended.cause) == ("S1", Cause.SUBJECT_DELETED)


def test_restore_with_other_rules_ends_what_is_judged_no_more(tmp_path: Path) -> None:
    place = town()
    engine = Engine(rules(tmp_path, place, "id: a\nwhen: smoke >= 0.15"), place)
    engine.advance(START)
    engine.step([reading(0, smoke=0.2)], START)

    restored = Engine.restore(rules(tmp_path, place, "id: b\nwhen: smoke >= 0.9"), place, engine.save())

    [ended] = restored.advance(START + 1_000)
    assert (ended.rule, ended.cause) == ("a", Cause.RULE_DELETED)


def test_new_window_is_filled_from_what_is_still_known(tmp_path: Path) -> None:
    place = town()
    engine = Engine(rules(tmp_path, place, "id: a\nwhen: max(temperature, 5m) > 90 Cel"), place)
    engine.advance(START)
    engine.step([reading(10 * n, temperature=20.0 + n) for n in range(6)], START)

    engine.reload(rules(tmp_path, place, "id: b\nwhen: delta(temperature, 1m) > 5.5 Cel"), place, START)

    assert _pairs(engine.step([reading(59, temperature=26.0)], START)) == [("b", Condition.ACTIVE)]


def test_rule_that_fails_is_told_once_and_the_others_go_on(tmp_path: Path) -> None:
    place = town()
    engine = Engine(rules(tmp_path, place, "id: a\nwhen: smoke >= 0.15", "id: b\nwhen: changed(smoke)"), place)
    engine.advance(START)
    engine.step([reading(0, smoke=0.1)], START)

    told = engine.step([reading(1, smoke="thick"), reading(2, smoke="thicker")], START + 1_000)

    assert _pairs(told) == [(RULE_ERROR, Condition.ACTIVE), ("b", Condition.ACTIVE)]
    assert list(engine.errors) == ["a"]
    restored = Engine.restore(engine._rules, place, engine.save())
    assert _pairs(restored.step([reading(3, smoke=0.2)], START + 3_000)) == [
        (RULE_ERROR, Condition.NORMAL),
        ("a", Condition.ACTIVE),
    ]
    assert restored.errors == {}


def test_failing_rule_that_is_deleted_fails_no_more(tmp_path: Path) -> None:
    place = town()
    engine = Engine(rules(tmp_path, place, "id: a\nwhen: smoke >= 0.15", "id: b\nwhen: changed(smoke)"), place)
    engine.advance(START)
    engine.step([reading(1, smoke="thick")], START + 1_000)

    told = engine.reload(rules(tmp_path, place, "id: b\nwhen: changed(smoke)"), place, START + 2_000)

    assert _pairs(told) == [(RULE_ERROR, Condition.NORMAL)]
    assert engine.errors == {}


def test_late_and_unknown_readings_are_counted_and_change_nothing(tmp_path: Path) -> None:
    place = town()
    engine = Engine(rules(tmp_path, place, "id: a\nwhen: smoke >= 0.15"), place)
    engine.advance(START)
    engine.step([reading(10, smoke=0.1)], START)
    before = engine.save()

    assert engine.step([reading(10, smoke=0.9), reading(5, smoke=0.9), reading(11, "S9", smoke=0.9)], START) == []

    assert engine.late == 2
    assert engine.save() == before


def test_device_that_mixes_its_quantities_without_end_fills_no_memory(tmp_path: Path) -> None:
    place = town()
    names = ("smoke", "temperature", "fault", "smoke_alarm", "battery")
    written = (f"id: {name}\nwhen: changed({name})" for name in names)
    engine = Engine(rules(tmp_path, place, *written), place)
    engine.advance(START)

    for second, order in enumerate(permutations(names)):
        engine.step([reading(second, **dict.fromkeys(order, float(second)))], START)

    assert len(engine._memory.sensors["S1"].plans) <= MAX_PLANS
    assert engine.judged == 120


@pytest.mark.parametrize("content", [b"", b"{}", b"\x81\xa7version\x01", b"\xff" * 100])
def test_damaged_state_is_refused(tmp_path: Path, content: bytes) -> None:
    place = town()
    bundle = rules(tmp_path, place, "id: a\nwhen: smoke >= 0.15")

    with pytest.raises(ValueError, match="cannot be read"):
        Engine.restore(bundle, place, content)


def test_saved_state_of_another_version_is_refused(tmp_path: Path) -> None:
    place = town()
    bundle = rules(tmp_path, place, "id: a\nwhen: smoke >= 0.15")
    state = msgspec.msgpack.decode(Engine(bundle, place).save())

    with pytest.raises(ValueError, match="version 99"):
        Engine.restore(bundle, place, msgspec.msgpack.encode({**state, "version": 99}))
