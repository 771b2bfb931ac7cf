"""Mistakes of a whole town folder, where one file refers to another."""

import shutil
from pathlib import Path

import pytest

from brain.bundle import load_bundle

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"


def findings_of(folder: Path) -> list[tuple[str, int]]:
    bundle, findings = load_bundle(folder)
    assert bundle is None
    return [(finding.file, finding.line) for finding in findings]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return shutil.copytree(HUANGJIU, tmp_path / "town")


@pytest.mark.parametrize("name", ["facilities.yaml", "gateways.yaml", "sensors.csv"])
def test_who_refers_to_a_file_that_cannot_be_read_is_not_blamed(town: Path, name: str) -> None:
    (town / name).write_bytes(b"\xff")

    assert findings_of(town) == [(name, 1)]


def test_who_refers_to_a_sensor_that_is_not_sound_is_not_blamed(town: Path) -> None:
    rows = (town / "sensors.csv").read_text("utf-8").splitlines()
    line = next(number for number, row in enumerate(rows, start=1) if row.startswith("CE2-S13,"))
    rows[line - 1] = rows[line - 1].replace(",", ",,", 1)
    (town / "sensors.csv").write_text("\n".join(rows), "utf-8")

    assert set(findings_of(town)) == {("sensors.csv", line)}


def test_mistakes_beside_a_broken_town_file_are_told_too(town: Path) -> None:
    (town / "town.yaml").write_text("version: 1\n", "utf-8")
    (town / "rules" / "fire.yaml").write_text("groups: 3\n", "utf-8")
    (town / "people.yaml").write_text("[", "utf-8")

    assert {file for file, _ in findings_of(town)} == {"town.yaml", "rules/fire.yaml", "people.yaml"}
