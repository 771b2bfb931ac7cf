"""Who is asked about a reading: exactly those whose condition is true, and those in the middle of something."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.condition import ConditionJudge
from rules.judge import view_of
from rules.memory import Memory
from rules.plan import Plans
from rules.ruleset import RuleSet
from rules.subject import judged_by
from tests.rules.places import START, rules, town
from town.moment import SECOND
from town.town import Town

CONDITIONS = (
    "smoke >= 0.15", "smoke < 0.1", "smoke == 0.1", "smoke != 0.1", "not (smoke > 0.1)", "fault", "not fault",
    "fault == true", "fault and smoke > 0.1", "fault or smoke > 0.1", "not (fault or smoke > 0.1)",
    "rate(temperature, 1m) > 5", "not (mean(temperature, 1m) > 20)", "temperature in (20, 30)",
    "temperature / 2 > 10", "previous(fault)", "changed(temperature)", "smoke > 0.1 and not fault or tamper",
)  # fmt: skip

_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "smoke": st.sampled_from([0.05, 0.1, 0.15, 0.3]),
        "temperature": st.sampled_from([10.0, 20.0, 30.0]),
        "fault": st.booleans(),
        "tamper": st.booleans(),
    },
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[RuleSet, Town]:
    place, folder = town("S1:smoke_detector@W1"), Path(tmp_path_factory.mktemp("plan"))
    written = [f"id: r{number:02}\nwhen: {one}" for number, one in enumerate(CONDITIONS)]
    return rules(folder, place, *written), place


@given(steps=st.lists(st.tuples(st.integers(1, 50), _VALUES), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_asked_are_those_whose_condition_is_true(
    many: tuple[RuleSet, Town], steps: list[tuple[int, dict[str, float | bool]]]
) -> None:
    rule_set, place = many
    memory, judges, truths = Memory(place), [], []
    for index, rule in enumerate(rule_set.rules[name] for name in sorted(rule_set.rules)):
        [judged] = judged_by(rule, place)
        judges.append(ConditionJudge(rule, judged, memory, index=index))
        assert rule.when is not None
        watch = memory.watch(judged.subject, judged.members)
        truths.append(rule.when.bind(view_of(rule, judged, memory, watch)))
    ask = Plans().ask(judges)

    at = START
    for seconds, values in steps:
        at += seconds * SECOND
        watch.at = at
        for quantity, value in values.items():
            memory.sensor("S1").tracks[quantity].accept(at, at, value)

        assert [judge.index for judge in ask()] == [index for index, true in enumerate(truths) if true(at)]


def test_who_is_awake_is_always_asked(many: tuple[RuleSet, Town]) -> None:
    rule_set, place = many
    memory, rule = Memory(place), rule_set.rules["r00"]
    judge = ConditionJudge(rule, judged_by(rule, place)[0], memory, index=0)
    ask = Plans().ask([judge])
    assert list(ask()) == []

    judge.wake(True)
    assert list(ask()) == [judge]
    judge.wake(False)
    assert list(ask()) == []
