"""Limits of quantities and kinds: what is built in, and what a town says instead."""

from pathlib import Path

import pytest

from tests.town.small_town import write_town
from town.air_quality import BREAKPOINTS, INDEX
from town.alert import Severity
from town.builtin import builtin_kinds
from town.folder import load_town
from town.limits import reached

OWN = """\
version: 1
limits:
  water_pressure: {below: {minor: 0.2}, unit: MPa, source: the waterworks}
  smoke_detector.smoke: {above: {major: 0.1}, source: the fire brigade}
"""


def test_limits_of_the_air_are_those_of_the_index() -> None:
    levels = {Severity.MINOR: 100, Severity.MAJOR: 150, Severity.CRITICAL: 200}

    for name, points in BREAKPOINTS.items():
        limits = builtin_kinds().quantities[name].limits
        assert limits is not None and not limits.below
        assert limits.above == {level: points[INDEX.index(levels[Severity(level)])] for level in limits.above}


def test_every_limit_names_its_source() -> None:
    kinds = builtin_kinds()
    limits = [one.limits for one in kinds.quantities.values() if one.limits]
    limits += [one for kind in kinds.kinds.values() for one in kind.limits.values()]

    assert len(limits) == 30
    assert all(len(one.source) > 8 and one.unit is None for one in limits)


@pytest.mark.parametrize(
    ("quantity", "value", "severity"),
    [
        ("dissolved_oxygen", 5.0, None),
        ("dissolved_oxygen", 4.9, "advisory"),
        ("dissolved_oxygen", 1.0, "major"),
        ("pm2_5", 74.9, None),
        ("pm2_5", 75.0, "minor"),
        ("pm2_5", 999.0, "critical"),
        ("ph", 9.5, "minor"),
        ("humidity", 99.0, None),
    ],
)
def test_the_worst_limit_that_is_reached_counts(quantity: str, value: float, severity: str | None) -> None:
    assert reached(builtin_kinds().quantities[quantity].limits, value) == severity


def test_a_town_sets_limits_of_what_is_built_in(tmp_path: Path) -> None:
    town, findings = load_town(write_town(tmp_path, kinds_yaml=OWN))

    assert town is not None and findings == []
    pressure, smoke = town.limits_of("flow_meter", "water_pressure"), town.limits_of("smoke_detector", "smoke")
    assert pressure is not None and (pressure.below, pressure.unit) == ({"minor": 200.0}, None)
    assert smoke is not None and smoke.above == {"major": 0.1}
    assert town.reached("hydrant", "water_pressure", 150) is None, "the hydrant has its own"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("minor: 0.2", "minor: 0.2, major: 0.3", 3, "what is more severe begins at a lower value"),
        ("minor: 0.2", "minor: 9", 3, "9000 is outside what is plausible: 0 … 2500"),
        ("minor: 0.2", "warning: 0.2", 3, "there is no severity `warning`"),
        ("below: {minor: 0.2}", "above: {}", 3, "neither `above` nor `below` has a value"),
        ("below:", "above: {minor: 0.1}, below:", 3, "`below` reaches `above`: no value is as it should be"),
        ("unit: MPa", "unit: Cel", 3, "`Cel` does not measure what `kPa` does"),
        ("unit: MPa", "unit: furlong", 3, "the unit `furlong` is not known"),
        (", source: the waterworks", ", source: ''", 3, "who says so?"),
        ("water_pressure:", "water_presure:", 3, "there is no quantity `water_presure`"),
        ("water_pressure:", "energy:", 3, "`energy` is no number with limits"),
        ("smoke_detector.smoke", "smoke_detecter.smoke", 4, "there is no kind `smoke_detecter`"),
        ("smoke_detector.smoke", "smoke_detector.co", 4, "`co` is not among the quantities of `smoke_detector`"),
    ],
)
def test_mistake_in_a_limit_is_found_with_its_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    _, findings = load_town(write_town(tmp_path, kinds_yaml=OWN.replace(old, new, 1)))

    assert [(one.file, one.line, one.message) for one in findings] == [("kinds.yaml", line, message)]
