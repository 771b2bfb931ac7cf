"""Every sentence of what rules mean has its cases, and every case its sentence."""

from pathlib import Path

import pytest

from town.source import read_yaml

HERE = Path(__file__).parent
TOLD = HERE.parents[0] / "towns" / "hamlet" / "rules" / "cases"
SOURCE, _ = read_yaml(HERE / "semantics.yaml")
assert SOURCE is not None
SHOWN: dict[str, list[str]] = {str(name): list(cases) for name, cases in SOURCE.data.items()}
THERE = {folder.name for root in (HERE / "cases", TOLD) for folder in root.iterdir()}


def test_there_are_seventeen_sentences() -> None:
    assert [int(name.split()[0]) for name in SHOWN] == list(range(1, 18))


@pytest.mark.parametrize("sentence", SHOWN)
def test_sentence_is_shown_by_three_cases(sentence: str) -> None:
    assert len(set(SHOWN[sentence])) >= 3
    assert set(SHOWN[sentence]) <= THERE


def test_no_case_is_without_its_sentence() -> None:
    named = {case for cases in SHOWN.values() for case in cases}

    assert THERE - named <= {"raised_and_cleared_are_each_told_once"}
