"""Cases in which people are told: readings through the live engine, and a real alert book with the town's routes."""

import shutil
from pathlib import Path

import pytest

from brain.case_alerts import run_with_book

CASES = Path(__file__).parents[1] / "towns" / "hamlet" / "rules" / "cases"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    [result] = run_with_book(folder)

    assert result.problems == []
    assert result.rules


def test_nobody_of_that_name_is_no_answer_to_how_often_they_were_told(tmp_path: Path) -> None:
    shutil.copytree(CASES.parents[1], tmp_path / "hamlet")
    case = tmp_path / "hamlet" / "rules" / "cases" / "shadow_is_recorded_and_not_told"
    expect = case / "expect.yaml"
    expect.write_text(expect.read_text("utf-8").replace("target: duty", "target: dutty"), "utf-8")

    [result] = run_with_book(case)

    assert "expected 0 notification(s) to dutty, they are not counted here: nobody of that name" in result.problems[0]
