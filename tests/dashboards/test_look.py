"""Units and limits belong to the built-in quantities."""

import pytest

from dashboards import look
from dashboards.catalogue import boards
from dashboards.questions import questions
from town.builtin import builtin_kinds
from town.kind import COMMON_QUANTITIES
from town.quantity import ValueType

QUANTITIES = builtin_kinds().quantities
LIMITED = sorted((look.LIMITS.keys() | look.LOW_LIMITS.keys()) - {"air_quality"})


@pytest.mark.parametrize("quantity", LIMITED)
def test_limits_rise_and_are_plausible_values(quantity: str) -> None:
    ends = [at for at, _ in look.LIMITS.get(quantity, look.LOW_LIMITS.get(quantity, ()))]
    low, high = QUANTITIES[quantity].low, QUANTITIES[quantity].high

    assert ends == sorted(set(ends))
    assert low is None or low <= ends[0]
    assert high is None or ends[-1] <= high


def test_no_quantity_has_limits_on_both_sides() -> None:
    assert not look.LIMITS.keys() & look.LOW_LIMITS.keys()


def test_a_low_limit_colours_what_is_below_it() -> None:
    steps = look.limits_of("water_pressure").build().steps

    assert [(step.value, step.color) for step in steps] == [(None, look.MAJOR), (140.0, look.TEXT)]


@pytest.mark.parametrize("quantity", [one.id for one in QUANTITIES.values() if one.type is ValueType.FLOAT])
def test_every_number_has_a_unit_in_grafana(quantity: str) -> None:
    assert look.unit_of(quantity).removeprefix("suffix: ").strip()


def test_every_built_in_kind_is_on_a_board() -> None:
    asked = {
        (family, quantity)
        for board in boards("en")
        for question in questions(board.build())
        for family, quantities in [question.measured()]
        for quantity in quantities
    }

    for kind in builtin_kinds().kinds.values():
        own = set(kind.quantities) - set(COMMON_QUANTITIES)
        assert any((kind.family, quantity) in asked for quantity in own), kind.id
