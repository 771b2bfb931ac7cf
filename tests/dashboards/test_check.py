"""`town boards check` against a real InfluxDB: one that a brain has filled, and one with nothing in it."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from brain.board_check import ANSWERED
from brain.board_checking import check_own
from brain.cli import app
from tests import services
from town.moment import SECOND

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"

SOIL = "SO1-S01,gw-water,SO1-S01,canal-bridge,soil_sensor,60s,,,岸边,On the bank\n"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Huangjiu with soil sensors, so that no board has a quantity that nobody measures."""
    folder = tmp_path / "huangjiu"
    shutil.copytree(HUANGJIU, folder)
    with (folder / "sensors.csv").open("a", encoding="utf-8") as sensors:
        sensors.write(SOIL)
    return folder


@pytest.mark.influxdb
def test_every_question_of_every_board_has_an_answer(town: Path) -> None:
    services.need("influxd")

    checked = asyncio.run(check_own(town, length=4 * SECOND))

    assert [one.as_json() for one in checked.answers if one.state != ANSWERED] == []
    assert len({one.question.board for one in checked.answers}) == 25
    assert checked.good


@pytest.mark.influxdb
def test_a_store_with_nothing_in_it_has_no_answers(influxd: services.Service) -> None:
    services.influx_query(influxd.port, "CREATE DATABASE boards_empty")
    url = f"influxdb://127.0.0.1:{influxd.port}/boards_empty"

    done = CliRunner().invoke(app, ["boards", "check", str(HUANGJIU), "--influx", url, "--json"])

    told = json.loads(done.stdout)
    assert (done.exit_code, told["good"], told["lint"], told["stale"]) == (1, False, [], [])
    assert {one["state"] for one in told["queries"]} == {"empty"}


@pytest.mark.influxdb
def test_a_database_that_is_not_there_is_said(influxd: services.Service) -> None:
    url = f"influxdb://127.0.0.1:{influxd.port}/boards_nowhere"

    done = CliRunner().invoke(app, ["boards", "check", str(HUANGJIU), "--influx", url, "--json"])

    first = json.loads(done.stdout)["queries"][0]
    assert (done.exit_code, first["state"]) == (1, "failed")
    assert "database not found" in first["problem"]


def test_a_store_that_is_no_influxdb_is_refused() -> None:
    done = CliRunner().invoke(app, ["boards", "check", str(HUANGJIU), "--influx", "duckdb:"])

    assert done.exit_code != 0
    assert "is no InfluxDB" in str(done.exception)
