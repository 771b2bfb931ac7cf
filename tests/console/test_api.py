"""The REST interface, as programs and browsers meet it."""

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient, Response
from prometheus_client.parser import text_string_to_metric_families

from console.access import COOKIE
from console.app import create_app
from tests.console.world import World
from town.alert import AlertState
from town.moment import HOUR, MINUTE, format_moment
from town.ports import PartHealth

HOME = "http://town.test"


@pytest.fixture
async def program(world: World) -> AsyncIterator[AsyncClient]:
    """A program with a token."""
    token = world.access.create_token("grafana")
    transport = ASGITransport(create_app(world.parts), client=("10.1.1.1", 5))
    async with AsyncClient(transport=transport, base_url=HOME, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.fixture
async def browser(world: World) -> AsyncIterator[AsyncClient]:
    """A browser that signed in."""
    session = await world.access.sign_in("admin", world.password or "", source="test")
    transport = ASGITransport(create_app(world.parts), client=("10.1.1.1", 5))
    async with AsyncClient(transport=transport, base_url=HOME, cookies={COOKIE: session}) as client:
        yield client


def is_problem(answer: Response, status: int) -> bool:
    """Whether the answer is a problem as RFC 9457 describes it."""
    kind = answer.headers["content-type"] == "application/problem+json"
    return kind and answer.status_code == status == answer.json()["status"] and "title" in answer.json()


@pytest.mark.parametrize(
    "path", ["alerts", "latest", "town", "history?sensor=a", "alerts/A-1", "facilities/x/readings.csv"]
)
async def test_nothing_without_signing_in(program: AsyncClient, path: str) -> None:
    for wrong in ("", "Bearer wrong", "Basic YTpi"):
        assert is_problem(await program.get(f"/api/v1/{path}", headers={"Authorization": wrong}), 401)


async def test_alerts_by_filter(world: World, program: AsyncClient) -> None:
    world.alert("A-1", "CE2-S01")
    world.alert("A-2", "CE1-S01", state=AlertState.CLOSED)

    found = (await program.get("/api/v1/alerts", params={"state": "active", "facility": "cellar-2"})).json()

    assert [alert["id"] for alert in found] == ["A-1"]
    assert found[0]["title"] == {"zh": "仓库烟雾过高", "en": "Smoke in the warehouse"}


async def test_one_alert_with_its_timeline(world: World, program: AsyncClient) -> None:
    world.alert("A-1", "CE2-S01")

    found = (await program.get("/api/v1/alerts/A-1")).json()

    assert [entry["event"] for entry in found["timeline"]] == ["opened", "raised"]
    assert is_problem(await program.get("/api/v1/alerts/A-9"), 404)


async def test_two_acknowledge_and_the_second_is_told_who_was_first(world: World, program: AsyncClient) -> None:
    world.alert("A-1", "CE2-S01")

    first = await program.post("/api/v1/alerts/A-1/acknowledge", json={"comment": "on my way"})
    second = await program.post("/api/v1/alerts/A-1/acknowledge")

    assert (first.json()["state"], first.json()["acknowledged_by"]) == ("acknowledged", "grafana")
    assert is_problem(second, 409)
    assert second.json()["reason"] == "already_acknowledged"
    assert "grafana" in second.json()["detail"]


async def test_comment_and_reset(world: World, program: AsyncClient) -> None:
    world.alert("A-1", "CE2-S01", state=AlertState.LATCHED)

    await program.post("/api/v1/alerts/A-1/comment", json={"text": "steam"})
    answer = await program.post("/api/v1/alerts/A-1/reset")

    assert answer.json()["state"] == "closed"
    assert [entry.event for entry in world.book.timeline["A-1"]][-2:] == ["comment", "reset"]
    assert is_problem(await program.post("/api/v1/alerts/A-1/comment", json={"text": "x" * 1_001}), 422)
    assert is_problem(await program.post("/api/v1/alerts/A-9/reset"), 404)


@pytest.mark.parametrize(
    ("origin", "status"), [(HOME, 200), ("http://evil.test", 403), ("null", 403), (None, 403), (f"{HOME}.evil", 403)]
)
async def test_another_site_cannot_act_with_a_persons_cookie(
    world: World, browser: AsyncClient, origin: str | None, status: int
) -> None:
    world.alert("A-1", "CE2-S01")

    answer = await browser.post("/api/v1/alerts/A-1/acknowledge", headers={"Origin": origin} if origin else {})

    assert answer.status_code == status
    assert (world.book.held["A-1"].acknowledged_by == "admin") == (status == 200)


async def test_latest_of_a_facility(world: World, program: AsyncClient) -> None:
    world.reads("CE2-S01", smoke=0.02)
    world.reads("CE1-S01", smoke=0.01)

    found = (await program.get("/api/v1/latest", params={"facility": "cellar-2"})).json()

    assert found == {"CE2-S01": {"smoke": {"at": world.now, "value": 0.02}}}


async def test_history_in_buckets(world: World, program: AsyncClient) -> None:
    start = world.now - world.now % MINUTE - 2 * MINUTE
    for second, smoke in ((0, 0.1), (30, 0.3), (60, 0.5)):
        world.reads("CE2-S01", start + second * 1_000, smoke=smoke)

    asked = {
        "sensor": "CE2-S01",
        "quantity": "smoke",
        "start": format_moment(start),
        "end": str(world.now),
        "every": "1m",
    }
    found = (await program.get("/api/v1/history", params={**asked, "aggregate": "max"})).json()

    assert found == [{"sensor": "CE2-S01", "quantity": "smoke", "points": [[start, 0.3], [start + MINUTE, 0.5]]}]


@pytest.mark.parametrize(
    "wrong", [{"start": "yesterday"}, {"every": "soon"}, {"every": "900d"}, {"limit": "0"}, {"aggregate": "guess"}]
)
async def test_history_says_what_it_did_not_understand(program: AsyncClient, wrong: dict[str, str]) -> None:
    answer = await program.get("/api/v1/history", params={"sensor": "CE2-S01", "quantity": "smoke", **wrong})

    assert is_problem(answer, 422)


async def test_csv_of_a_facility(world: World, program: AsyncClient) -> None:
    world.reads("CE2-S01", smoke=0.02)
    world.reads("CE2-S12", badge="=cmd()", accepted=True)
    world.reads("CE2-S01", world.now - 2 * HOUR, smoke=0.5)

    answer = await program.get("/api/v1/facilities/cellar-2/readings.csv", params={"span": "1h"})

    assert answer.text.removeprefix("\ufeff").splitlines() == [
        "measured_at,sensor,quantity,value,unit",
        "2026-11-22T02:14:36.000+08:00,CE2-S01,smoke,0.02,dB/m",
        "2026-11-22T02:14:36.000+08:00,CE2-S12,badge,'=cmd(),",
        "2026-11-22T02:14:36.000+08:00,CE2-S12,accepted,True,",
    ]


async def test_town_tells_no_secret(program: AsyncClient) -> None:
    found = (await program.get("/api/v1/town")).json()

    assert found["name"]["en"] == "Huangjiu"
    assert set(found["gateways"]["gw-cellars"]) == {"id", "name", "decoder"}


@pytest.mark.parametrize("path", ["alerts", "latest", "history", "town", "alerts/{alert}/acknowledge"])
async def test_openapi_describes_it(program: AsyncClient, path: str) -> None:
    described = (await program.get("/api/openapi.json")).json()

    assert f"/api/v1/{path}" in described["paths"]


async def test_body_that_is_too_large_or_has_no_length(world: World, program: AsyncClient) -> None:
    world.alert("A-1", "CE2-S01")

    async def unending() -> AsyncIterator[bytes]:
        yield b"{}"

    assert is_problem(await program.post("/api/v1/alerts/A-1/comment", content=b"x" * 300_000), 413)
    assert is_problem(await program.post("/api/v1/alerts/A-1/comment", content=unending()), 411)


async def test_health_says_which_part_is_down(world: World, program: AsyncClient) -> None:
    assert (await program.get("/readyz")).status_code == 200
    world.line.states.append(PartHealth("broker", "down", world.now, "refused"))

    answer = await program.get("/readyz", headers={"Authorization": ""})

    assert (answer.status_code, answer.json()["down"]) == (503, ["broker"])
    assert (await program.get("/healthz", headers={"Authorization": ""})).status_code == 200


async def test_metrics_are_open_on_this_machine_alone(world: World) -> None:
    statuses = []
    for address, headers in (("127.0.0.1", {}), ("10.1.1.1", {}), ("127.0.0.1", {"X-Forwarded-For": "10.1.1.1"})):
        transport = ASGITransport(create_app(world.parts), client=(address, 5))
        async with AsyncClient(transport=transport, base_url=HOME, headers=headers) as client:
            statuses.append((await client.get("/metrics")).status_code)

    assert statuses == [200, 401, 401]


async def test_metrics_can_be_read_by_prometheus(world: World, program: AsyncClient) -> None:
    world.line.received = 7

    families = {f.name: f for f in text_string_to_metric_families((await program.get("/metrics")).text)}

    sample = families["town_ingest_messages_received"].samples[0]
    assert (sample.name, sample.labels, sample.value) == (
        "town_ingest_messages_received_total",
        {"gateway": "gw-cellars"},
        7,
    )
    assert {s.labels["part"]: s.value for s in families["town_part_up"].samples} == {"ingest": 1.0, "store": 1.0}


@pytest.mark.parametrize("next", ["//evil.test/", "https://evil.test", "/\\evil.test", "javascript:alert(1)"])
async def test_sign_in_leads_nowhere_else(world: World, browser: AsyncClient, next: str) -> None:  # noqa: A002 - the same
    form = {"name": "admin", "password": world.password, "next": next}

    answer = await browser.post("/sign-in", data=form, headers={"Origin": HOME})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
