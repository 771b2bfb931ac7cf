"""Why a rule was or was not active: values, timers, hours, what inhibits it, and one sentence."""

from pathlib import Path

import pytest

from rules.engine import Engine
from rules.explain import explain
from rules.explanation import Explanation
from tests.rules.places import START, reading, rules, town
from town.alert import Condition, Subject
from town.moment import MINUTE, SECOND
from town.reading import Flag, Reading

TOWN = town("S1:smoke_detector@W1", "S2:smoke_detector@W1", "D1:door_contact@W1")
SMOKE = "id: smoke\nwhen: smoke >= 0.15 and not fault\nclear: smoke < 0.05\nfor: 20s\nkeep_active_for: 15s"


def explained(folder: Path, rule: str, *readings: Reading, subject: str = "S1", at: float | None = None) -> Explanation:
    """What is said of the first rule after these readings, or so many seconds after the start."""
    found = rules(folder, TOWN, *rule.split("\n---\n"))
    engine = Engine(found, TOWN)
    engine.advance(START)
    for one in readings:
        engine.step([one], one.received_at)
    moment = max((one.received_at for one in readings), default=START) if at is None else START + round(at * SECOND)
    engine.advance(moment)
    kind = TOWN.sensors.get(subject)
    told = explain(
        engine,
        found,
        rule.split("\n", maxsplit=1)[0][4:],
        Subject("sensor" if kind else "facility", subject),
        at=moment,
    )
    assert told is not None
    return told


def smoke(seconds: float, value: float, **values: float | bool) -> Reading:
    return reading(seconds, smoke=value, fault=False, **values)


@pytest.mark.parametrize(
    ("readings", "verdict"),
    [
        ([], "Not active: nothing that it looks at has come yet."),
        ([smoke(0, 0.1)], "Not active: `smoke >= 0.15` is false."),
        ([reading(0, smoke=0.2, fault=True)], "Not active: `not fault` is false."),
        ([reading(0, smoke=0.2)], "Not active: `fault` is unknown (no value has come yet)."),
        (
            [smoke(0, 0.2), smoke(10, 0.2)],
            "Pending: it has held for 10s of 20s, and fires at the first reading after that.",
        ),
        ([smoke(s, 0.2) for s in (0, 10, 20)], "Active: `smoke >= 0.15 and not fault` holds."),
        ([*(smoke(s, 0.2) for s in (0, 10, 20)), smoke(30, 0.1)], "Active: it held, and `clear` is not true yet."),
        (
            [*(smoke(s, 0.2) for s in (0, 10, 20)), smoke(30, 0.01)],
            "Active: it is over, but `keep_active_for` holds it for 15s.",
        ),
        (
            [*(smoke(s, 0.2) for s in (0, 10, 20)), Reading("S1", START + 30_000, START + 30_000, {"fault": True})],
            "Active: it held, and `clear` is not true yet.",
        ),
    ],
)
def test_verdict_follows_the_condition(tmp_path: Path, readings: list[Reading], verdict: str) -> None:
    assert explained(tmp_path, SMOKE, *readings).verdict == verdict


def test_every_part_tells_its_truth_its_value_its_moment_and_its_limit(tmp_path: Path) -> None:
    found = explained(tmp_path, SMOKE, smoke(0, 0.1))

    [when, clear] = found.conditions
    assert [(one.depth, one.joined, one.text, one.truth) for one in when.parts] == [
        (0, "and", "smoke >= 0.15 and not fault", False),
        (1, None, "smoke >= 0.15", False),
        (1, "not", "not fault", True),
        (2, None, "fault", False),
    ]
    [value] = when.parts[1].seen
    assert (value.sensor, value.value, value.measured_at, value.unit, value.limit) == (
        "S1", 0.1, START, "dB/m", ">= 0.15",
    )  # fmt: skip
    assert (clear.key, clear.truth, found.judged_at) == ("clear", False, START)


def test_timers_tell_since_when_they_run(tmp_path: Path) -> None:
    found = explained(tmp_path, SMOKE, smoke(0, 0.2), smoke(12, 0.2))

    assert [(one.key, one.limit, one.running, one.since, one.passed) for one in found.timers] == [
        ("for", 20_000, True, START, 12_000),
        ("max_gap", 20_000, True, START + 12_000, None),
        ("keep_active_for", 15_000, False, None, None),
    ]


@pytest.mark.parametrize(
    ("condition", "readings", "because"),
    [
        ("temperature > 40", [smoke(0, 0.1)], "no value has come yet"),
        (
            "temperature > 40",
            [reading(0, temperature=20.0), smoke(31, 0.1)],
            "the value was 31s old, at most 30s counts",
        ),
        ("rate(temperature, 1m) > 5", [reading(0, temperature=20.0)], "too few values in the window"),
        ("changed(smoke)", [smoke(0, 0.1)], "there was no value before it"),
        ("temperature / smoke > 5", [reading(0, temperature=20.0, smoke=0.0)], "divided by zero"),
        (
            "temperature > 40",
            [Reading("S1", START, START, {}, refused={"temperature": Flag.OUT_OF_RANGE})],
            "the newest value was not believed",
        ),
    ],
)
def test_unknown_says_why(tmp_path: Path, condition: str, readings: list[Reading], because: str) -> None:
    found = explained(tmp_path, f"id: a\nwhen: {condition} or smoke > 5", *readings)

    assert found.conditions[0].truth is None
    assert because in [one.unknown_because for one in found.conditions[0].parts]


def test_outside_its_hours_and_inhibited_is_said(tmp_path: Path) -> None:
    by_day = 'id: a\nwhen: smoke > 0.1\nactive_between: {from: "08:00", to: "18:00"}'
    inhibited = (
        "id: a\nwhen: smoke > 0.1\n---\nid: b\nfor_each: {facility: any}\nwhen: count_of(smoke > 0.1) >= 2\n"
        "inhibits: {rules: [a], equal: [facility]}"
    )

    outside = explained(tmp_path, by_day, smoke(0, 0.2))
    silent = explained(tmp_path, inhibited, smoke(0, 0.2), reading(1, "S2", smoke=0.2))

    assert outside.verdict == "Not active: it holds, outside its hours (08:00 to 18:00)."
    assert silent.verdict == "Active, and nobody is told while `b` is active: `smoke > 0.1` holds."
    assert [(one.rule, one.equal, one.inhibits) for one in silent.inhibitors] == [("b", ("facility",), True)]
    assert not silent.told


def test_other_constructs_tell_what_they_wait_for(tmp_path: Path) -> None:
    count = "id: a\nwhen: smoke > 0.1\ncount: {at_least: 3, within: 10m}"
    steps = (
        "id: a\nfor_each: {facility: any}\nwithin: 1m\n"
        "sequence: [{is: door_contact.open}, {is: smoke_detector.smoke > 0.1}]"
    )
    levels = "id: a\nlevels: {minor: {when: smoke > 0.1, for: 20s}, major: {when: smoke > 0.3}}"
    absent = "id: a\nabsent: {for: 3 x interval}"

    counted = explained(tmp_path, count, smoke(0, 0.2), smoke(10, 0.01), smoke(20, 0.2))
    begun = explained(tmp_path, steps, reading(0, "D1", open=True), reading(5, "S1", smoke=0.01), subject="W1")
    worst = explained(tmp_path, levels, smoke(0, 0.2), smoke(10, 0.2))
    silent = explained(tmp_path, absent, smoke(0, 0.2), at=60)

    assert [one.note for one in counted.timers if one.running] == ["became true 2 of 3 times"]
    assert begun.timers[0].note == "1 of 2 steps" and begun.timers[0].passed == 5 * SECOND
    assert worst.state is Condition.PENDING and worst.timers[0].key == "minor for"
    assert worst.since == START
    assert silent.verdict == "Active: what it listens for has not come."
    assert silent.timers[0].passed == MINUTE


def test_nobody_is_judged_that_the_rule_does_not_judge(tmp_path: Path) -> None:
    found = rules(tmp_path, TOWN, SMOKE)

    assert explain(Engine(found, TOWN), found, "smoke", Subject("sensor", "D1"), at=START) is None
