"""What rules mean, as cases: a folder for each sentence."""

from pathlib import Path

import pytest

from rules.case import run_cases

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    [result] = run_cases(folder)

    assert result.problems == []
    assert result.rules
