"""`town people`: who is on duty, swaps kept in the book, duty tables taken in."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from brain.cli import app
from town.errors import ConfigError

PEOPLE = """version: 1
people:
  - {id: ann, name: Ann, channels: {email: a@x.example}}
  - {id: bob, name: 鲍勃, channels: {email: b@x.example}}
rota:
  - id: duty
    shifts: [{from: "08:00", to: "20:00", people: [ann]}, {days: workdays, from: "20:00", to: "08:00", people: [bob]}]
  - {id: empty, shifts: [{days: workdays, from: "08:00", to: "09:00", people: [bob]}]}
routes: [{to: duty}]
"""
TOWN = """version: 1
id: little
name: {zh: 小镇, en: Little}
time_zone: Asia/Shanghai
position: {latitude: 30, longitude: 120}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A town of two people and nothing else."""
    monkeypatch.setenv("TOWN_STATE", str(tmp_path / "state"))
    for name, text in (
        ("people.yaml", PEOPLE), ("town.yaml", TOWN), ("facilities.yaml", "version: 1\nzones: []\nfacilities: []\n"),
        ("gateways.yaml", "version: 1\ngateways: []\n"),
        ("sensors.csv", "id,gateway,external_id,facility,kind,interval\n"),
        ("map.geojson", '{"type":"FeatureCollection","features":[]}'),
    ):  # fmt: skip
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def people(*arguments: str) -> tuple[int, Any]:
    ran = CliRunner().invoke(app, ["people", *arguments, "--json"])
    if isinstance(ran.exception, ConfigError):
        raise ran.exception
    return ran.exit_code, json.loads(ran.stdout) if ran.stdout else None


def on(folder: Path, at: str) -> tuple[int, list[str]]:
    code, said = people("who-is-on", str(folder), "--at", at, "--rota", "duty")
    return code, [one["id"] for one in said["rotas"][0]["now"]["people"]]


def test_who_is_on_in_the_towns_time_and_in_any_other(folder: Path) -> None:
    assert on(folder, "2026-11-27 21:00") == on(folder, "2026-11-27T13:00:00Z") == (0, ["bob"])
    assert on(folder, "2026-11-28 21:00") == (1, []), "nobody is on duty on the night to Sunday"


def test_who_is_on_tells_until_when_and_who_follows(folder: Path) -> None:
    code, said = people("who-is-on", str(folder), "--at", "2026-11-27 12:00")
    [duty, _] = said["rotas"]

    assert code == 1, "the other rota is empty at noon"
    assert duty["now"]["to"] == "2026-11-27T20:00:00.000+08:00"
    assert duty["next"]["people"] == [{"id": "bob", "name": {"zh": "鲍勃", "en": "鲍勃"}}]


def test_swap_of_somebody_who_has_no_watch_then_says_so(folder: Path) -> None:
    """ann has the day: on that night nobody stands in for anybody, and in the morning somebody does."""
    night = ("--from", "2036-11-28 21:00", "--town", str(folder), "--dry-run")

    assert people("swap", "ann", "bob", "--to", "2036-11-29 07:00", *night)[1]["changes_nothing"] is True
    assert people("swap", "ann", "bob", "--to", "2036-11-29 09:00", *night)[1]["changes_nothing"] is False


def test_swap_is_followed_until_it_is_taken_back(folder: Path) -> None:
    span = ("--from", "2036-11-28 09:00", "--to", "2036-11-28 10:00", "--town", str(folder))
    assert people("swap", "ann", "bob", *span, "--dry-run")[1]["written"] is False
    _, made = people("swap", "ann", "bob", *span)
    before, listed = on(folder, "2036-11-28 09:30"), people("swaps", str(folder))[1]
    people("take-back", str(made["swap"]["id"]), "--town", str(folder))

    assert (before, on(folder, "2036-11-28 09:30")) == ((0, ["bob"]), (0, ["ann"]))
    assert [one["id"] for one in listed] == [made["swap"]["id"]] and people("swaps", str(folder))[1] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("swap", "ann", "bobb", "--from", "2036-11-28 09:00", "--to", "2036-11-28 10:00"), "did you mean `bob`"),
        (("swap", "ann", "bob", "--from", "2036-11-28 09:00", "--to", "2036-11-28 08:00"), "ends after it begins"),
        (("swap", "ann", "bob", "--from", "2016-11-28 09:00", "--to", "2016-11-28 10:00"), "not in the past"),
        (("swap", "ann", "ann", "--from", "2036-11-28 09:00", "--to", "2036-11-28 10:00"), "for themselves"),
        (("swap", "ann", "bob", "--from", "soon", "--to", "2036-11-28 10:00"), "--from: 'soon' is not a moment"),
        (("take-back", "7"), "there is no swap 7"),
    ],
)
def test_swap_that_cannot_be_is_refused(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        people(*arguments, "--town", str(folder))


def test_import_writes_rota_csv_once_nothing_is_wrong(folder: Path) -> None:
    table = folder / "table.tsv"
    table.write_text("day\tnight 20:00-08:00\n2036-11-29\tAnn、鲍伯\n", "utf-8")
    arguments = ("import-rota", str(table), str(folder), "--rota", "duty")
    code, said = people(*arguments)
    assert (code, said["written"], [one["line"] for one in said["findings"]]) == (1, False, [2])

    table.write_text("day\tnight 20:00-08:00\n2036-11-29\tAnn、鲍勃\n", "utf-8")
    assert people(*arguments, "--dry-run")[1]["written"] is False and not (folder / "rota.csv").exists()
    assert people(*arguments)[1]["written"] is True
    assert on(folder, "2036-11-29 23:00") == (0, ["ann", "bob"])
