"""Who is on duty, over REST: asked, swapped, taken back; and what a provider tells without signing in."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from httpx import ASGITransport, AsyncClient

from console.app import create_app
from console.roles import Role
from console.views.duty import span_text
from console.words import Words
from tests.console.world import World
from town.moment import HOUR, format_moment, parse_moment

HOME = "http://town.test"


class Receipts:
    """Takes callbacks that are signed `good`."""

    def __init__(self) -> None:
        self.told: list[Mapping[str, str]] = []

    async def twilio(self, form: Mapping[str, str], *, signature: str) -> bool:
        """Keep what is signed."""
        if signature == "good":
            self.told.append(form)
        return signature == "good"


def client_of(world: World, role: Role | None, **parts: Any) -> AsyncClient:
    """A program with a token of that role; a stranger without one."""
    headers = {"Authorization": f"Bearer {world.access.create_token('x', role=role)}"} if role else {}
    transport = ASGITransport(create_app(replace(world.parts, **parts)), client=("10.1.1.1", 5))
    return AsyncClient(transport=transport, base_url=HOME, headers=headers)


@pytest.fixture
async def operator(world: World) -> AsyncIterator[AsyncClient]:
    """A program that may handle alerts."""
    async with client_of(world, Role.OPERATOR) as client:
        yield client


async def test_duty_tells_who_is_on_now_and_next(operator: AsyncClient) -> None:
    fire, lead = (await operator.get("/api/v1/duty")).json()

    assert (fire["rota"], fire["now"]["people"]) == ("duty-fire", ["li.wei", "wang.fang"])
    assert (lead["now"]["people"], lead["next"]["names"]) == ([], [{"zh": "沈国华", "en": "沈国华"}])


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (-4, 8, "08:00–20:00"),
        (-20, 4, "11-27 16:00–16:00"),
        (-4, 32, "11-28 08:00–11-29 20:00"),
        (-4, None, "from 08:00 on"),
    ],
)
def test_watch_of_more_than_a_day_names_the_day_it_ends(start: int, end: int | None, shown: str) -> None:
    now = parse_moment("2026-11-28T12:00:00+08:00")
    until = None if end is None else now + end * HOUR

    told = span_text(Words("en"), now + start * HOUR, until, now=now, zone=ZoneInfo("Asia/Shanghai"))

    assert told == shown


async def test_swap_is_arranged_listed_and_taken_back(world: World, operator: AsyncClient) -> None:
    end = format_moment(world.now + HOUR)
    made = await operator.post("/api/v1/swaps", json={"out": "li.wei", "in": "wang.fang", "to": end})
    listed = (await operator.get("/api/v1/swaps")).json()
    ended = await operator.post(f"/api/v1/swaps/{made.json()['id']}/take-back")

    assert made.status_code == 201 and made.json()["start"] == world.now and made.json()["by"] == "x"
    assert listed == [made.json()] and ended.status_code == 200
    assert (await operator.get("/api/v1/swaps")).json() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"out": "li.wei", "in": "nobody", "to": "2036-01-01T00:00:00Z"}, 409),
        ({"out": "li.wei", "in": "wang.fang", "to": "2016-01-01T00:00:00Z"}, 409),
        ({"out": "li.wei", "in": "wang.fang", "to": "soon"}, 422),
        ({"out": "li.wei", "in": "wang.fang"}, 422),
        ({"out": "li.wei", "stands_in": "wang.fang", "to": "2036-01-01T00:00:00Z"}, 422),
    ],
)
async def test_swap_that_cannot_be_is_refused(operator: AsyncClient, body: dict[str, str], status: int) -> None:
    assert (await operator.post("/api/v1/swaps", json=body)).status_code == status


async def test_viewer_looks_and_arranges_nothing(world: World) -> None:
    async with client_of(world, Role.VIEWER) as viewer:
        assert (await viewer.get("/api/v1/duty")).status_code == 200
        assert (await viewer.post("/api/v1/swaps", json={})).status_code in (403, 422)
        wanted = {"out": "li.wei", "in": "wang.fang", "to": "2036-01-01T00:00:00Z"}
        assert (await viewer.post("/api/v1/swaps", json=wanted)).status_code == 403


@pytest.mark.parametrize(("signature", "status", "taken"), [("good", 204, 1), ("bad", 403, 0), ("", 403, 0)])
async def test_callback_needs_a_signature_and_nothing_else(
    world: World, signature: str, status: int, taken: int
) -> None:
    receipts = Receipts()
    async with client_of(world, None, receipts=receipts) as twilio:
        headers = {"X-Twilio-Signature": signature}
        answer = await twilio.post("/hooks/twilio", data={"MessageSid": "SM1", "To": ""}, headers=headers)

    assert (answer.status_code, len(receipts.told)) == (status, taken)
    assert receipts.told == [{"MessageSid": "SM1", "To": ""}][:taken]


async def test_callback_of_a_thousand_fields_is_no_form(world: World) -> None:
    async with client_of(world, None, receipts=Receipts()) as twilio:
        data = {f"f{number}": "x" for number in range(1_000)}
        answer = await twilio.post("/hooks/twilio", data=data, headers={"X-Twilio-Signature": "good"})

    assert answer.status_code == 400
