"""Duty tables as offices keep them, and rota.csv: what is read, what is wrong, and what stays."""

from pathlib import Path

import pytest

from alerts.contact import Person
from alerts.people import People
from alerts.people_file import load_people
from alerts.rota import Dated, Rota
from alerts.rota_import import merged, read_sheet, read_shifts
from alerts.rota_table import local_text, parse_local, write_rota_table
from tests.alerts.small_town import TOWN

PEOPLE = People(
    people={
        name: Person(id=name, name=called, channels={"email": f"{name}@x.example"})
        for name, called in (("li.wei", "李伟"), ("wang.fang", "王芳"), ("ann", "Ann Lee"))
    },
    rotas={"duty": Rota(id="duty")},
)
LISTED = "rota,from,to,people\nduty,2026-12-01 08:00,2026-12-01 20:00,li.wei;ann\n"
BY_DAY = """日期,星期,白班 08:00-20:00,夜班（20:00—08:00）
2026年12月1日,二,李伟、Ann Lee,王芳
2026/12/2,三,王芳,
"""


def read(text: str | bytes, rota: str | None = "duty") -> tuple[list[tuple[str, str, tuple[str, ...]]], list[str]]:
    content = text if isinstance(text, bytes) else text.encode()
    shifts, findings = read_shifts(read_sheet(content, "rota.csv"), PEOPLE, TOWN, rota=rota)
    plain = [(local_text(one.start, TOWN), local_text(one.end, TOWN), one.people) for one in shifts.get("duty", ())]
    return plain, [str(finding) for finding in findings]


def test_table_with_a_row_a_shift() -> None:
    assert read(LISTED, None) == ([("2026-12-01 08:00", "2026-12-01 20:00", ("li.wei", "ann"))], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_table_with_a_row_a_day_as_excel_saves_it(encoding: str, delimiter: str) -> None:
    shifts, findings = read(BY_DAY.replace(",", delimiter).replace("\n", "\r\n").encode(encoding))

    assert findings == [] and shifts == [
        ("2026-12-01 08:00", "2026-12-01 20:00", ("li.wei", "ann")),
        ("2026-12-01 20:00", "2026-12-02 08:00", ("wang.fang",)),
        ("2026-12-02 08:00", "2026-12-02 20:00", ("wang.fang",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rota", "expected"),
    [
        (LISTED.replace("li.wei", "li.wie"), None, "rota.csv:2: error: people: there is no `li.wie`"),
        (LISTED.replace("20:00", "07:00"), None, "rota.csv:2: error: to: this shift ends before it begins"),
        (LISTED.replace("2026-12-01 08", "1.12. 08"), None, "rota.csv:2: error: from: '1.12. 08:00' is not a moment"),
        (LISTED.replace("duty,", "dutty,"), None, "rota.csv:2: error: rota: there is no rota `dutty` (did you mean"),
        (BY_DAY, None, "rota.csv:1: error: rota: it does not say which rota this is"),
        (BY_DAY.replace("12月1日", "11月31日"), "duty", "rota.csv:2: error: `2026年11月31日` is not a day"),
        (BY_DAY.replace("20:00—08:00", "夜里"), "duty", ""),
        (BY_DAY.replace("20:00", "二十点"), "duty", "rota.csv:1: error: no column says from when to when"),
        (BY_DAY.replace("08:00-20:00", "08:00-28:00"), "duty", "'28:00' is not a time of day"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(text: str, rota: str | None, expected: str) -> None:
    findings = read(text, rota)[1]

    assert any(expected in finding for finding in findings) if expected else findings == []


def test_new_shifts_take_the_place_of_old_ones_in_the_time_they_span() -> None:
    before = {"duty": [Dated(0, 10, ("old",)), Dated(10, 30, ("old",))], "other": [Dated(0, 9, ("x",))]}
    found = merged(before, {"duty": [Dated(12, 20, ("new",))]})

    assert found["duty"] == [
        Dated(0, 10, ("old",)),
        Dated(10, 12, ("old",)),
        Dated(12, 20, ("new",)),
        Dated(20, 30, ("old",)),
    ]
    assert found["other"] == before["other"]


YAML = """version: 1
people: [{id: ann, name: Ann, channels: {email: a@x.example}}]
rota: [{id: duty}]
routes: [{to: duty}]
"""


def test_what_was_imported_is_what_the_town_reads(tmp_path: Path) -> None:
    shifts = {"duty": [Dated(parse_local("2026-12-01 08:00", TOWN), parse_local("2026-12-02 08:00", TOWN), ("ann",))]}
    (tmp_path / "people.yaml").write_text(YAML, "utf-8")
    write_rota_table(tmp_path, shifts, TOWN)
    people, findings = load_people(tmp_path, TOWN)

    assert findings == [] and people is not None
    assert list(people.rotas["duty"].dated) == shifts["duty"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("rota,from,to\n", "rota.csv:1: error: there is no column `people`"),
        ("rota,from,to,people\nduty,2026-12-01 08:00,x,ann\n", "rota.csv:2: error: to: 'x' is not a moment"),
        ("rota,from,to,people\n,2026-12-01 08:00,2026-12-01 09:00,ann\n", "rota.csv:2: error: rota: this row names"),
        ("rota,from,to,people\nduty,2026-12-01 08:00,2026-12-01 07:00,ann\n", "rota.csv:2: error: to: this is not"),
        ("rota,from,to,people\nduty,2026-12-01 08:00,2026-12-01 09:00,anne\n", "did you mean `ann`?"),
        ("rota,from,to,people\nduti,2026-12-01 08:00,2026-12-01 09:00,ann\n", "did you mean `duty`?"),
    ],
)
def test_mistakes_in_rota_csv_are_found(tmp_path: Path, table: str, expected: str) -> None:
    (tmp_path / "people.yaml").write_text(YAML, "utf-8")
    (tmp_path / "rota.csv").write_text(table, "utf-8")

    assert any(expected in str(finding) for finding in load_people(tmp_path, TOWN)[1])
