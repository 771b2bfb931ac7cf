"""The rules of the example town: every one is checked, and every one has a case."""

from pathlib import Path

from rules.case import run_cases, untouched_rules
from rules.folder import load_rules
from town.folder import load_town

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"


def test_rules_of_the_example_town_have_no_findings() -> None:
    town, _ = load_town(HUANGJIU)
    assert town is not None

    rules, findings = load_rules(HUANGJIU, town)

    assert findings == []
    assert rules is not None
    assert {one.category for one in rules.definitions.values()} >= {"fire", "security", "environment", "device"}


def test_cases_of_the_example_town_hold_and_name_every_rule() -> None:
    results = run_cases(HUANGJIU)

    assert [problem for result in results for problem in result.problems] == []
    assert untouched_rules(HUANGJIU, results) == []
