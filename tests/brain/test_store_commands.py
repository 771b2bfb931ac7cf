"""`town store` as a shell sees it."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from brain.cli import app
from brain.state import held
from tests.store.places import NOON
from town.errors import ConfigError
from town.folder import load_town
from town.reading import Reading
from town.settings import Settings
from town.store.open import open_store

HAMLET = Path(__file__).parents[1] / "towns" / "hamlet"
AT = "2026-09-21T12:00:00+08:00"
AFTER = "2026-09-21T04:01:00Z"


def town(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["store", *map(str, arguments)])


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with a hundred readings of a sensor of the hamlet."""
    place, _ = load_town(HAMLET)
    assert place is not None
    sensor = next(one for one in place.sensors.values() if "temperature" in place.kinds[one.kind].quantities)

    async def fill() -> None:
        async with open_store(Settings(), place, tmp_path / "state") as store:
            await store.write([Reading(sensor.id, NOON + i, NOON + i, {"temperature": 20.0}) for i in range(100)])

    asyncio.run(fill())
    return tmp_path / "state"


def test_info_shows_what_is_there(state: Path) -> None:
    shown = town("info", HAMLET, "--state", state)
    told = json.loads(town("info", HAMLET, "--state", state, "--json").stdout)

    assert (shown.exit_code, told["kind"], told["oldest"], told["newest"]) == (0, "DuckDB", NOON, NOON + 99)
    assert told["families"][0]["rows"] == 100
    assert "2026-09-21T04:00:00.000Z" in shown.stdout


def test_a_range_goes_out_and_comes_in_elsewhere(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "noon.parquet"
    out = town("export", HAMLET, file, "--from", AT, "--to", AFTER, "--state", state)
    back = [town("import", HAMLET, file, "--state", tmp_path / "other") for _ in range(2)]

    assert (out.exit_code, out.stdout.split()[0]) == (0, "100")
    assert [(one.exit_code, one.stdout) for one in back] == [(0, "100 of 100 readings are in the store.\n")] * 2
    told = json.loads(town("info", HAMLET, "--state", tmp_path / "other", "--json").stdout)
    assert told["families"][0]["rows"] == 100


def test_readings_that_are_refused_are_told(state: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "noon.parquet", HAMLET.parents[2] / "towns" / "huangjiu"
    town("export", HAMLET, file, "--from", AT, "--to", AFTER, "--state", state)

    ran = town("import", other, file, "--state", tmp_path / "other")

    assert ran.exit_code == 1
    assert "0 of 100" in ran.stdout
    assert "100 refused, unknown_sensor" in ran.stderr


def test_init_makes_the_store_and_a_dry_run_does_not(tmp_path: Path) -> None:
    planned = town("init", HAMLET, "--state", tmp_path, "--dry-run")
    made = not (tmp_path / "readings.duckdb").exists() and town("init", HAMLET, "--state", tmp_path)
    again = town("init", HAMLET, "--state", tmp_path)

    assert "would make" in planned.stdout
    assert made and made.exit_code == 0
    assert "everything is there" in again.stdout


def test_while_a_brain_runs_it_says_so_and_what_to_do(state: Path) -> None:
    with held(state):
        ran = town("info", HAMLET, "--state", state)

    assert isinstance(ran.exception, ConfigError)
    assert "A brain is running" in str(ran.exception)
    assert "http://127.0.0.1:8080/api/v1/" in str(ran.exception)


@pytest.mark.parametrize("arguments", [["info"], ["export", "a.parquet", "--from", "1d"]])
def test_nothing_is_made_by_looking(arguments: list[str], tmp_path: Path) -> None:
    ran = town(arguments[0], HAMLET, *arguments[1:], "--state", tmp_path)

    assert isinstance(ran.exception, ConfigError)
    assert "store init" in str(ran.exception)
    assert not (tmp_path / "readings.duckdb").exists()


def test_a_time_or_a_file_that_is_none_is_told(state: Path) -> None:
    wrong = town("export", HAMLET, "a.parquet", "--from", "yesterday", "--state", state)
    missing = town("import", HAMLET, "no.parquet", "--state", state)

    assert "--from" in str(wrong.exception)
    assert "no.parquet" in str(missing.exception)
