"""`town boards push` against a server that answers as Grafana's HTTP API is described."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from brain.cli import app
from tests.dashboards.grafana_server import TOKEN, VIEWER, GrafanaState, running_grafana
from town.errors import ConfigError

SOURCES = ("--influx", "http://influxdb:8086", "--console", "http://console:8080")


@pytest.fixture
def grafana() -> Iterator[GrafanaState]:
    """A Grafana with nothing in it."""
    with running_grafana() as state:
        yield state


def push(grafana: GrafanaState, *arguments: str, token: str | None = TOKEN, store: str | None = "r3ad") -> Result:
    env = {"TOWN_GRAFANA_TOKEN": token, "TOWN_GRAFANA_STORE_TOKEN": store}
    return CliRunner().invoke(app, ["boards", "push", grafana.url, *arguments], env=env)


def did(result: Result) -> list[str]:
    return [change["did"] for change in json.loads(result.stdout)["changes"]]


def test_an_empty_grafana_gets_everything(grafana: GrafanaState) -> None:
    done = push(grafana, *SOURCES, "--json")

    assert (done.exit_code, did(done)) == (0, ["created"] * 18)
    assert (len(grafana.folders), len(grafana.boards)) == (3, 12)
    assert grafana.boards["town-fire"]["meta"]["folderUid"] == "town-departments"
    assert grafana.secrets["town-influx"] == {"httpHeaderValue1": "Token r3ad"}
    assert grafana.sources["town-alerts"]["jsonData"]["manageAlerts"] is True
    assert grafana.playlists["town-wall"]["spec"]["items"] == [{"type": "dashboard_by_tag", "value": "wall"}]


def test_a_second_push_changes_nothing(grafana: GrafanaState) -> None:
    push(grafana, *SOURCES)
    grafana.writes.clear()

    done = push(grafana, *SOURCES, "--json")

    assert (did(done), grafana.writes) == (["unchanged"] * 18, [])


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(grafana: GrafanaState) -> None:
    done = push(grafana, *SOURCES, "--dry-run")

    assert (done.exit_code, grafana.writes, grafana.boards) == (0, [], {})
    assert "board 消防: would be created" in done.stdout
    assert "18 created, 0 changed, 0 unchanged (nothing was written)" in done.stdout


def test_what_somebody_changed_is_brought_back_and_the_rest_is_left(grafana: GrafanaState) -> None:
    push(grafana, *SOURCES)
    grafana.writes.clear()
    grafana.boards["town-fire"]["dashboard"]["panels"].pop()
    grafana.boards["town-health"]["meta"]["folderUid"] = "town-system"
    grafana.folders["town-system"]["title"] = "Other"
    grafana.sources["town-influx"]["url"] = "http://elsewhere:8086"
    grafana.playlists["town-wall"]["spec"]["interval"] = "9m"

    done = push(grafana, *SOURCES, "--json")

    changed = [(one["kind"], one["name"]) for one in json.loads(done.stdout)["changes"] if one["did"] == "changed"]
    assert changed == [
        ("folder", "系统"),
        ("data source", "Town"),
        ("board", "消防"),
        ("board", "公共卫生"),
        ("playlist", "墙面"),
    ]
    assert len(grafana.writes) == 5
    assert grafana.boards["town-fire"]["dashboard"]["version"] == 2
    assert grafana.playlists["town-wall"]["spec"]["interval"] == "1m"


def test_another_language_changes_words_and_not_identities(grafana: GrafanaState) -> None:
    push(grafana, *SOURCES)

    done = push(grafana, *SOURCES, "--lang", "en", "--json")

    assert (did(done).count("created"), len(grafana.boards)) == (0, 12)
    assert grafana.boards["town-ops"]["dashboard"]["title"] == "Town operations"


def test_a_new_token_of_the_store_is_written_when_asked(grafana: GrafanaState) -> None:
    push(grafana, *SOURCES)
    push(grafana, *SOURCES, store="n3w")
    kept = grafana.secrets["town-influx"]

    push(grafana, *SOURCES, "--renew", store="n3w")

    assert (kept, grafana.secrets["town-influx"]) == (
        {"httpHeaderValue1": "Token r3ad"},
        {"httpHeaderValue1": "Token n3w"},
    )


def test_data_sources_that_are_there_need_no_address(grafana: GrafanaState) -> None:
    push(grafana, *SOURCES)

    assert did(push(grafana, "--json")) == ["unchanged"] * 18


def test_without_a_data_source_and_its_address_nothing_is_guessed(grafana: GrafanaState) -> None:
    done = push(grafana)

    assert isinstance(done.exception, ConfigError)
    assert "--influx http://influxdb:8086" in str(done.exception)
    assert grafana.boards == {}


def test_boards_from_files_are_not_written_over(grafana: GrafanaState) -> None:
    push(grafana, *SOURCES)
    grafana.boards["town-ops"]["meta"] |= {"provisioned": True, "provisionedExternalId": "town-ops.json"}
    grafana.writes.clear()

    done = push(grafana, *SOURCES)

    assert "is provisioned from a file (town-ops.json)" in str(done.exception)
    assert grafana.writes == []


@pytest.mark.parametrize(
    ("token", "said"),
    [(None, "TOWN_GRAFANA_TOKEN: give the token"), ("wrong", "Invalid API key"), (VIEWER, "role Admin")],
)
def test_a_token_that_will_not_do_is_said(grafana: GrafanaState, token: str | None, said: str) -> None:
    done = push(grafana, *SOURCES, token=token)

    assert isinstance(done.exception, ConfigError)
    assert said in str(done.exception)
    assert "wrong" not in str(done.exception)


def test_an_address_where_nobody_answers_is_said() -> None:
    nobody = GrafanaState()
    nobody.url = "http://127.0.0.1:9"

    assert "check the address" in str(push(nobody, *SOURCES).exception)


def test_what_is_no_grafana_is_said(grafana: GrafanaState) -> None:
    grafana.url += "/elsewhere"

    assert "is no Grafana" in str(push(grafana, *SOURCES).exception)
