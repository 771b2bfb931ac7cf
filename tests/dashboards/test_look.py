"""Units and limits are those of the quantities and kinds."""

from pathlib import Path
from typing import Any

import pytest

from dashboards import look
from dashboards.catalogue import boards
from dashboards.questions import questions
from dashboards.words import Known, Words
from tests.town.small_town import write_town
from town.builtin import builtin_kinds
from town.folder import load_town
from town.kind import COMMON_QUANTITIES
from town.quantity import Limits, ValueType

QUANTITIES = builtin_kinds().quantities
SAY = Words("en")


def steps(limits: Limits | None) -> list[tuple[float | None, str]]:
    return [(step.value, step.color) for step in look.limits_of(limits).build().steps]


def test_a_low_limit_colours_what_is_below_it() -> None:
    assert steps(SAY.limits("water_pressure", "fire")) == [(None, look.MAJOR), (140.0, look.TEXT)]


def test_limits_on_both_sides_leave_what_is_between_calm() -> None:
    assert steps(SAY.limits("ph", "water")) == [(None, look.MINOR), (6.0, look.TEXT), (9.0, look.MINOR)]


def test_milder_low_limits_are_nearer_to_what_is_calm() -> None:
    assert steps(SAY.limits("dissolved_oxygen", "water")) == [
        (None, look.MAJOR),
        (2.0, look.MINOR),
        (3.0, look.ADVISORY),
        (5.0, look.TEXT),
    ]


def test_limits_are_those_of_the_kinds_in_the_family() -> None:
    assert SAY.limits("water_pressure", "water") is None
    assert steps(SAY.limits("temperature", "fire")) == [(None, look.TEXT), (57.0, look.CRITICAL)]
    assert [value for value, _ in steps(SAY.limits("temperature", "weather"))] == [None, 35.0, 37.0, 40.0]
    assert SAY.limits("temperature", "air") is None


def test_a_town_sets_limits_of_its_own(tmp_path: Path) -> None:
    text = "version: 1\nlimits: {noise: {above: {minor: 55}, source: own rule}}\n"
    town, _ = load_town(write_town(tmp_path, kinds_yaml=text))

    chart = next(panel for panel in panels("town-environment", town) if panel["title"] == "Noise (A-weighted)")

    assert [step["value"] for step in chart["fieldConfig"]["defaults"]["thresholds"]["steps"]] == [None, 55.0]


def panels(uid: str, known: Known | None) -> list[dict[str, Any]]:
    board = next(board for board in boards("en", known) if board.uid == uid)
    return list(board.build()["panels"])


@pytest.mark.parametrize("quantity", [one.id for one in QUANTITIES.values() if one.type is ValueType.FLOAT])
def test_every_number_has_a_unit_in_grafana(quantity: str) -> None:
    assert look.unit_of(SAY, quantity).removeprefix("suffix: ").strip()


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
