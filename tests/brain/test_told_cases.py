"""Cases in which people are told: readings through the live engine, and a real alert book with the town's routes."""

from pathlib import Path

import pytest

from brain.case_alerts import run_with_book

CASES = Path(__file__).parents[1] / "towns" / "hamlet" / "rules" / "cases"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    [result] = run_with_book(folder)

    assert result.problems == []
    assert result.rules
