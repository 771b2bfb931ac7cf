"""How alerting goes, over REST: figures and the delivery ledger."""

import csv
import io
from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient

from console.app import create_app
from tests.console.world import World, told
from tests.town.cap_rules import problems
from town.alert import DeliveryState
from town.moment import DAY, SECOND


@pytest.fixture
async def program(world: World) -> AsyncIterator[AsyncClient]:
    """A program with a token."""
    headers = {"Authorization": f"Bearer {world.access.create_token('reports')}"}
    transport = ASGITransport(create_app(world.parts), client=("10.1.1.1", 5))
    async with AsyncClient(transport=transport, base_url="http://town.test", headers=headers) as client:
        yield client


async def test_figures_stand_beside_their_targets(program: AsyncClient) -> None:
    answer = (await program.get("/api/v1/figures", params={"window": "24h"})).json()

    by_name = {(one["name"], one["facility"]): one for one in answer["figures"]}
    assert answer["window"] == DAY
    assert by_name["flood_share", None]["value"] == 0.0043 and by_name["flood_share", None]["target"] == 0.01
    assert by_name["false_alarm_rate", "cellar-2"]["bad_above"] == 0.25
    assert by_name["ack_seconds_p50", None]["target"] is None
    first = {"rule": "fire.smoke.high", "subject": "sensor:CE2-S01", "activations": 171}
    assert answer["top_sources"][0] == first
    assert (await program.get("/api/v1/figures", params={"window": "1y"})).status_code == 422


def tell(world: World, number: int) -> None:
    alert = world.alert("A-1", "CE2-S01") if "A-1" not in world.book.held else world.book.held["A-1"]
    at = alert.raised_at + number * SECOND
    one = told("A-1", at, "fire-room" if number % 2 else "li.wei", "sms", DeliveryState.DELIVERED)
    answer = {"id": f"n{number:04}", "answer": "=HYPERLINK(1)"}
    world.book.told["A-1"].append(one.model_copy(update=answer))


async def test_deliveries_by_filter_and_page_by_page(world: World, program: AsyncClient) -> None:
    for number in range(5):
        tell(world, number)

    first = (await program.get("/api/v1/deliveries", params={"limit": 3})).json()
    last = first[-1]["notification"]
    rest = await program.get("/api/v1/deliveries", params={"before": f"{last['created_at']}/{last['id']}"})
    rooms = (await program.get("/api/v1/deliveries", params={"target": "fire-room", "alert": "A-1"})).json()

    assert [one["notification"]["id"] for one in [*first, *rest.json()]] == [
        "n0004",
        "n0003",
        "n0002",
        "n0001",
        "n0000",
    ]
    assert [one["notification"]["target"] for one in rooms] == ["fire-room"] * 2
    assert (await program.get("/api/v1/deliveries", params={"alert": "A-9"})).json() == []


async def test_an_alert_as_a_draft_of_a_warning(world: World, program: AsyncClient) -> None:
    world.alert("A-20260921-0001", "CE2-S01")

    answer = await program.get("/api/v1/alerts/A-20260921-0001/cap")

    assert answer.headers["content-type"] == "application/cap+xml; charset=utf-8"
    assert problems(answer.text) == [] and "<status>Draft</status>" in answer.text
    assert (await program.get("/api/v1/alerts/A-9/cap")).status_code == 404


async def test_the_ledger_as_a_table_is_whole_and_safe(world: World, program: AsyncClient) -> None:
    for number in range(1_050):  # more than one page
        tell(world, number)

    answer = await program.get("/api/v1/deliveries.csv", params={"language": "en"})

    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.headers["content-disposition"] == 'attachment; filename="huangjiu-deliveries.csv"'
    assert len({row["notification"] for row in rows}) == len(rows) == 1_050
    assert {row["answer"] for row in rows} == {"'=HYPERLINK(1)"}
    assert rows[0]["title"] == "Smoke in the warehouse"


@pytest.mark.parametrize(
    "path", ["figures", "deliveries", "deliveries.csv", "rules", "query?query=1", "status/buildinfo"]
)
async def test_nothing_without_signing_in(program: AsyncClient, path: str) -> None:
    assert (await program.get(f"/api/v1/{path}", headers={"Authorization": ""})).status_code == 401
