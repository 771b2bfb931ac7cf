"""Workdays: the country's, with its make-up workdays, and what a town says beside them."""

from datetime import date
from pathlib import Path

import pytest

from town.calendar import SpecialDay, is_known, read_special_days, works


@pytest.mark.parametrize(
    ("day", "workday"),
    [
        ("2026-01-05", True),  # a Monday
        ("2026-01-03", False),  # a Saturday of the New Year's holiday
        ("2026-01-04", True),  # a Sunday that is worked for it (State Council notice of 4 November 2025)
        ("2026-02-14", True),  # a Saturday that is worked for the Spring Festival
        ("2026-02-17", False),
        ("2026-10-01", False),
    ],
)
def test_chinese_workdays_follow_the_state_councils_notice(day: str, workday: bool) -> None:
    assert works(date.fromisoformat(day), "CN", {}) is workday


def test_what_the_town_says_is_stronger() -> None:
    fair = {date(2026, 1, 5): SpecialDay(False, "Wine fair"), date(2026, 10, 1): SpecialDay(True, "Duty")}

    assert not works(date(2026, 1, 5), "CN", fair)
    assert works(date(2026, 10, 1), "CN", fair)


def test_country_without_a_calendar_works_from_monday_to_friday() -> None:
    assert not is_known("XX")
    assert [works(date(2026, 1, day), "XX", {}) for day in range(5, 12)] == [True] * 5 + [False] * 2


def test_file_of_a_town_is_read_and_its_mistakes_are_told(tmp_path: Path) -> None:
    rows = "2026-11-28,restday,黄酒节\n28.11.2026,restday,\n2026-11-29,holiday,\n2026-11-28,workday,\n"
    (tmp_path / "holidays.csv").write_text("day,kind,name\n" + rows, "utf-8")

    days, findings = read_special_days(tmp_path)

    assert days == {date(2026, 11, 28): SpecialDay(False, "黄酒节")}
    assert [(one.line, one.where) for one in findings] == [(3, "day"), (4, "kind"), (5, "day")]


def test_town_without_the_file_says_nothing(tmp_path: Path) -> None:
    assert read_special_days(tmp_path) == ({}, [])
