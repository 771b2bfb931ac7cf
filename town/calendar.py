"""Which days people work: the country's holidays with their make-up workdays, and what a town says beside them."""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import holidays

from town.findings import Finding
from town.source import read_text

FILE = "holidays.csv"
"""Columns `day,kind,name`; kind is `workday` or `restday`. What it says is stronger than the country's calendar."""
KINDS = ("workday", "restday")
MAX_BYTES = 1 << 20
_WEEKEND = 5


class SpecialDay(NamedTuple):
    """A day on which a town works, or rests, whatever day of the week it is."""

    works: bool
    name: str


@cache
def _country(code: str) -> holidays.HolidayBase | None:
    try:
        return holidays.country_holidays(code)
    except NotImplementedError:  # how the library says that it does not know a country
        return None


def is_known(country: str) -> bool:
    """Whether the holidays of that country (two letters) are known."""
    return _country(country) is not None


def works(day: date, country: str, special: Mapping[date, SpecialDay]) -> bool:
    """Whether it is a workday: as the town says, else as its country does, else Monday to Friday."""
    if day in special:
        return special[day].works
    known = _country(country)
    return day.weekday() < _WEEKEND if known is None else known.is_working_day(day)


def read_special_days(folder: Path) -> tuple[dict[date, SpecialDay], list[Finding]]:
    """The `holidays.csv` of a folder, if there is one; every row that is wrong is a finding."""
    path = folder / FILE
    if not path.exists():
        return {}, []
    text, findings = read_text(path, name=FILE, max_bytes=MAX_BYTES)
    found: dict[date, SpecialDay] = {}
    rows = csv.DictReader((text or "").splitlines(), restval="")
    if text is not None and not {"day", "kind"} <= set(rows.fieldnames or ()):
        return {}, [Finding(FILE, 1, "", "the first row must name the columns, with commas between", "day,kind,name")]
    for line, row in enumerate(rows, start=2):
        day, kind = (row.get("day") or "").strip(), (row.get("kind") or "").strip()
        try:
            moment = date.fromisoformat(day)
        except ValueError:
            findings.append(Finding(FILE, line, "day", f"{day!r} is not a day", "write it as 2026-10-01"))
            continue
        if kind not in KINDS:
            findings.append(Finding(FILE, line, "kind", f"{kind!r} is not understood", f"write {' or '.join(KINDS)}"))
        elif moment in found:
            findings.append(Finding(FILE, line, "day", f"{day} is there already", "one row a day"))
        else:
            found[moment] = SpecialDay(kind == "workday", (row.get("name") or "").strip())
    return found, findings
