"""Rule packs: every rule has its source, its rationale and a case."""

from pathlib import Path

import pytest

from rules.case import run_cases
from rules.folder import PACKS, load_rule_files
from rules.written import WrittenRule
from tests.rules.places import read_rules, town
from town.source import read_yaml

CASES = Path(__file__).parent / "packs"
WRITTEN = [
    (path.stem, WrittenRule.model_validate({**rule}))
    for path in sorted(PACKS.glob("*.yaml"))
    for source in [read_yaml(path)[0]]
    if source is not None
    for group in source.data["groups"]
    for rule in group["rules"]
]


@pytest.mark.parametrize(("pack", "rule"), WRITTEN, ids=lambda one: getattr(one, "id", one))
def test_rule_of_a_pack_says_where_it_comes_from_and_why(pack: str, rule: WrittenRule) -> None:
    assert rule.source and rule.response
    assert rule.why and rule.why.cause and rule.why.consequence


def test_every_rule_of_a_pack_has_a_case_that_holds() -> None:
    results = run_cases(CASES)

    assert [problem for result in results for problem in result.problems] == []
    assert {rule for result in results for rule in result.rules} == {rule.id for _, rule in WRITTEN}


def test_pack_that_is_not_there_is_refused_with_what_may_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text('version: 1\ninclude: ["pack:enviroment"]\n', "utf-8")

    rules, findings = load_rule_files([path], town(), root=tmp_path)

    assert rules is None
    assert [(one.message, one.suggestion) for one in findings] == [
        ("there is no pack `enviroment`", "did you mean `environment`?")
    ]


def test_ids_of_packs_are_not_taken_by_others(tmp_path: Path) -> None:
    found, findings = read_rules(tmp_path, town(), "id: pack.mine\nwhen: smoke > 0.1")

    assert found is None
    assert [one.message for one in findings] == ["ids that begin with `pack.` are those of rule packs"]


@pytest.mark.parametrize("pack", sorted(path.stem for path in PACKS.glob("*.yaml")))
def test_every_town_may_include_every_pack(tmp_path: Path, pack: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f'version: 1\ninclude: ["pack:{pack}"]\n', "utf-8")

    rules, findings = load_rule_files([path], town(), root=tmp_path)

    assert findings == []
    assert rules is not None and all(rule.startswith("pack.") for rule in rules.rules)
