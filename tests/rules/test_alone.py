"""Quantities that come alone and together, late, ahead of the clock and refused: the newest believed value decides."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import Engine
from rules.ruleset import RuleSet
from tests.rules.places import START, rules, town
from town.alert import Condition
from town.moment import SECOND
from town.reading import Flag, Reading
from town.town import Town

_VALUES = st.dictionaries(
    st.sampled_from(["smoke", "temperature", "battery"]), st.sampled_from([0.1, 0.2, 30.0]), min_size=0, max_size=3
)
_LATER = st.sampled_from([-3, 0, 1, 1, 2, 5])
_AHEAD = st.sampled_from([-2, 0, 0, 0, 2])
_REFUSED = st.sampled_from([{}, {}, {"smoke": Flag.OUT_OF_RANGE}, {"temperature": Flag.OUT_OF_RANGE}])
_READING = st.tuples(_LATER, _AHEAD, _VALUES, _REFUSED)
LIMITS = {"hot": ("temperature", 25.0), "smoky": ("smoke", 0.15)}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[RuleSet, Town]:
    place, folder = town("S1:smoke_detector@W1"), Path(tmp_path_factory.mktemp("alone"))
    written = [f"id: {rule}\nwhen: {quantity} >= {limit}" for rule, (quantity, limit) in LIMITS.items()]
    return rules(folder, place, *written), place


@given(steps=st.lists(_READING, min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_the_newest_believed_value_of_a_quantity_decides(
    two: tuple[RuleSet, Town], steps: list[tuple[int, int, dict[str, float], dict[str, Flag]]]
) -> None:
    engine, newest, standing, received = Engine(*two), {}, dict.fromkeys(LIMITS, False), START
    engine.advance(START)
    for later, ahead, values, refused in steps:
        measured = received + later * SECOND
        received = max(received, measured - ahead * SECOND)
        believed = {quantity: value for quantity, value in values.items() if quantity not in refused}
        told = engine.step([Reading("S1", measured, received, believed, refused=refused)], received)

        expected = []
        for rule, (quantity, limit) in LIMITS.items():
            if measured <= newest.get(quantity, 0) or not {quantity} & {*believed, *refused}:
                continue
            newest[quantity] = measured
            if quantity in believed and standing[rule] != (believed[quantity] >= limit):
                standing[rule] = not standing[rule]
                expected.append((rule, Condition.ACTIVE if standing[rule] else Condition.NORMAL))
        assert [(one.rule, one.condition) for one in told] == expected
