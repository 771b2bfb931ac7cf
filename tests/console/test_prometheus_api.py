"""What Grafana asks of a Prometheus data source, answered in that shape (Prometheus, HTTP API)."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from console.app import create_app
from tests.console.world import World, seen
from town.alert import AlertState, Category, Severity

GROUP = {"name": str, "file": str, "rules": list, "interval": int, "limit": int, "evaluationTime": float,
         "lastEvaluation": str}  # fmt: skip
RULE = {"state": str, "name": str, "query": str, "duration": float, "keepFiringFor": float, "labels": dict,
        "annotations": dict, "alerts": list, "health": str, "evaluationTime": float, "lastEvaluation": str,
        "type": str}  # fmt: skip
ALERT = {"labels": dict, "annotations": dict, "state": str, "activeAt": str, "value": str}


@pytest.fixture
async def grafana(world: World) -> AsyncIterator[AsyncClient]:
    """Grafana, with the token of its data source."""
    world.alert("A-1", "CE2-S01", reason=seen("CE2-S01", "smoke", 0.31, "dB/m", ">= 0.15 dB/m"))
    world.alert("A-2", "CE1-S01", state=AlertState.PENDING, reason={})
    world.alert("A-3", "CE1-S02", state=AlertState.SHELVED)
    world.alert("A-4", "CE1-S03", state=AlertState.CLOSED)
    headers = {"Authorization": f"Bearer {world.access.create_token('grafana')}"}
    transport = ASGITransport(create_app(world.parts), client=("10.1.1.1", 5))
    async with AsyncClient(transport=transport, base_url="http://town.test/api/v1/", headers=headers) as client:
        yield client


async def groups(grafana: AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = (await grafana.get("rules", params=asked)).json()
    assert answer["status"] == "success" and set(answer) == {"status", "data"}
    found: list[dict[str, Any]] = answer["data"]["groups"]
    return found


def has_shape(thing: dict[str, Any], shape: dict[str, type]) -> bool:
    return set(thing) == set(shape) and all(isinstance(thing[name], kind) for name, kind in shape.items())


async def test_rules_have_the_shape_of_prometheus(grafana: AsyncClient) -> None:
    found = await groups(grafana)

    rules = [rule for group in found for rule in group["rules"]]
    alerts = [alert for rule in rules for alert in rule["alerts"]]
    assert all(has_shape(group, GROUP) for group in found) and all(has_shape(rule, RULE) for rule in rules)
    assert alerts and all(has_shape(alert, ALERT) for alert in alerts)
    assert {rule["state"] for rule in rules} == {"firing", "inactive"} and {rule["type"] for rule in rules} == {
        "alerting"
    }
    assert all(datetime.fromisoformat(alert["activeAt"]).tzinfo for alert in alerts)
    labels = [alert["labels"] for alert in alerts]
    assert all(isinstance(value, str) and value for one in labels for value in one.values())
    assert len({group["name"] for group in found}) == len(found) > 3


async def test_alerts_that_are_muted_or_over_are_not_shown(grafana: AsyncClient) -> None:
    alerts = [alert for group in await groups(grafana) for rule in group["rules"] for alert in rule["alerts"]]

    assert [(one["labels"]["alert"], one["state"], one["value"]) for one in alerts] == [
        ("A-1", "firing", "3.100000e-01"), ("A-2", "pending", "1e+00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("states", "alerts"), [(["firing"], ["A-1"]), (["firing", "pending"], ["A-1", "A-2"]), (["inactive"], [])]
)
async def test_only_the_states_that_are_asked_for(grafana: AsyncClient, states: list[str], alerts: list[str]) -> None:
    found = [rule for group in await groups(grafana, state=states) for rule in group["rules"]]

    assert {rule["state"] for rule in found} <= set(states)
    assert [alert["labels"]["alert"] for rule in found for alert in rule["alerts"]] == alerts


async def test_rules_are_chosen_by_name_group_and_type(grafana: AsyncClient) -> None:
    [fire] = await groups(grafana, **{"rule_group[]": "fire", "language": "en"})
    name = fire["rules"][0]["name"]
    [named] = await groups(grafana, **{"rule_name[]": name, "language": "en", "exclude_alerts": "true"})

    assert [rule["name"] for rule in named["rules"]] == [name]
    assert named["rules"][0]["alerts"] == []
    assert await groups(grafana, type="record") == []


async def test_texts_are_in_the_language_asked_for(grafana: AsyncClient) -> None:
    said = {}
    for language in ("zh", "en"):
        [rule] = [r for g in await groups(grafana, state="firing", language=language) for r in g["rules"]]
        said[language] = rule["alerts"][0]["annotations"]["summary"]

    assert said["en"].startswith("■ Smoke in the warehouse · Cellar 2")
    assert said["zh"].startswith("■ 仓库烟雾过高 · ")


async def test_health_checks_of_grafana_are_answered(grafana: AsyncClient) -> None:
    build = (await grafana.get("status/buildinfo")).json()
    asked = {"query": "1+1", "time": "1763748876"}
    got, posted = await grafana.get("query", params=asked), await grafana.post("query", data=asked)

    names = {"version", "revision", "branch", "buildUser", "buildDate", "goVersion"}
    assert build["status"] == "success" and set(build["data"]) == names
    for answer in (got.json(), posted.json()):
        assert answer["data"]["resultType"] == "scalar" and answer["data"]["result"][1] == "2"


async def test_open_alerts_are_a_vector(world: World, grafana: AsyncClient) -> None:
    world.alert("A-5", "CE1-S05", severity=Severity.MINOR, category=Category.ENVIRONMENT, rule="env.x")

    async def alerts(query: str) -> list[str]:
        answer = (await grafana.get("query", params={"query": query})).json()
        assert answer["data"]["resultType"] == "vector"
        return sorted(one["metric"]["alert"] for one in answer["data"]["result"])

    assert await alerts("ALERTS") == ["A-1", "A-2", "A-5"]
    assert await alerts('ALERTS{alertstate="firing", severity="critical"}') == ["A-1"]
    assert await alerts('ALERTS{category!="fire"}') == ["A-5"]


@pytest.mark.parametrize("query", ["up", "sum(ALERTS)", "1/0", 'ALERTS{x=~"a"}', "", "1+1+1"])
async def test_what_is_not_understood_is_an_error_of_prometheus(grafana: AsyncClient, query: str) -> None:
    answer = await grafana.get("query", params={"query": query})

    assert answer.status_code == 400
    assert answer.json()["status"] == "error" and answer.json()["errorType"] == "bad_data"
