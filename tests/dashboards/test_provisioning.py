"""What Grafana reads when it starts fits the boards, and falls into none of its traps."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from dashboards.board import FOLDERS
from dashboards.files import HOME, built
from dashboards.influxql_rules import query_problems

FILES = sorted((HOME / "provisioning").glob("*/*.yaml"))
VARIABLES = {"INFLUX_URL", "INFLUX_TOKEN", "TOWN_URL", "TOWN_TOKEN", "TOWN_WATCHDOG_URL"}


def read(name: str) -> Any:
    return YAML(typ="safe").load((HOME / "provisioning" / name).read_text("utf-8"))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_only_the_documented_variables_are_expanded_and_only_once(path: Any) -> None:
    content = YAML(typ="safe").load(path.read_text("utf-8"))

    found = {name for text in texts(content) for name in re.findall(r"\$(\w*)", text)}

    assert found <= VARIABLES
    assert not any("${" in text for text in texts(content))


def test_data_sources_are_deleted_before_they_are_made() -> None:
    content = read("datasources/town.yaml")

    assert [one["name"] for one in content["deleteDatasources"]] == [one["name"] for one in content["datasources"]]
    assert {one["uid"]: one["type"] for one in content["datasources"]} == {
        "town-influx": "influxdb",
        "town-alerts": "prometheus",
    }


def test_every_data_source_of_every_board_is_provisioned() -> None:
    known = {one["uid"] for one in read("datasources/town.yaml")["datasources"]}
    asked = {
        target["datasource"]["uid"]
        for path, text in built("en").items()
        if path.endswith(".json")
        for panel in json.loads(text)["panels"]
        for target in panel.get("targets", [])
    }

    assert asked <= known


def test_each_folder_has_one_provider_that_reads_its_boards() -> None:
    providers = read("dashboards/town.yaml")["providers"]

    assert [one["folderUid"] for one in providers] == [folder.uid for folder in FOLDERS]
    for one in providers:
        assert list((HOME / "json" / one["options"]["path"].rsplit("/", 1)[-1]).glob("*.json"))
        assert one["updateIntervalSeconds"] == 30


def test_the_watchdog_replaces_no_policies_and_alerts_when_nobody_answers() -> None:
    content = read("alerting/watchdog.yaml")
    [rule] = content["groups"][0]["rules"]

    assert "policies" not in content
    assert (rule["noDataState"], rule["execErrState"]) == ("Alerting", "Alerting")
    assert rule["notification_settings"]["receiver"] == content["contactPoints"][0]["name"]
    assert {one["refId"] for one in rule["data"]} >= {rule["condition"]}


def test_the_watchdog_asks_what_every_influxdb_understands() -> None:
    [rule] = read("alerting/watchdog.yaml")["groups"][0]["rules"]

    assert list(query_problems(rule["data"][0]["model"], set(), kind="alert rule")) == []
