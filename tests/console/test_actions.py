"""What people do about alerts over REST, with a real alert book behind it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from httpx import ASGITransport, AsyncClient, Response

from alerts.book import Book, open_book
from console.app import create_app
from console.roles import Role
from tests.alerts.small_town import TOWN, active, definitions, normal, people
from tests.console.world import World
from town.language import Label
from town.moment import HOUR, MINUTE, format_moment

HOME = "http://town.test"


class Desk(NamedTuple):
    """A book with one alert, A, and a client of each role."""

    book: Book
    world: World
    clients: dict[Role, AsyncClient]

    async def post(self, path: str, role: Role = Role.OPERATOR, **body: Any) -> Response:
        return await self.clients[role].post(f"/api/v1/{path}", json=body)


ALERT = "alerts/A-20261122-0001"


@pytest.fixture
async def desk(world: World, tmp_path: Path) -> AsyncIterator[Desk]:
    """Everything is real but the town's readings."""
    async with open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=world.clock, people=people()) as book:
        await book.take([active(at=world.now - MINUTE)], definitions(latch=True), world.now)
        named = {"wang": Label(zh="王芳", en="Wang Fang")}
        parts = replace(world.parts, alerts=book, actions=book, windows=book.windows, people=lambda: named)
        transport = ASGITransport(create_app(parts), client=("10.1.1.1", 5))
        tokens = {role: world.access.create_token(role, role=role) for role in Role}
        yield Desk(
            book,
            world,
            {
                role: AsyncClient(transport=transport, base_url=HOME, headers={"Authorization": f"Bearer {token}"})
                for role, token in tokens.items()
            },
        )


async def test_operator_handles_an_alert_to_its_end(desk: Desk) -> None:
    assigned = await desk.post(f"{ALERT}/assign", to="wang", comment="you are nearest")
    verified = await desk.post(f"{ALERT}/verify", verdict="false", comment="steam")
    await desk.book.take([normal()], definitions(), desk.world.now)
    closed = await desk.post(f"{ALERT}/reset", comment="aired")

    assert assigned.json()["assigned_to"] == "wang"
    assert (verified.json()["verification"], verified.json()["acknowledged_by"]) == ("false", "operator")
    assert (closed.json()["state"], closed.json()["closed_because"]) == ("closed", "reset")


async def test_fire_is_shelved_by_an_administrator_until_it_is_taken_back(desk: Desk) -> None:
    asked = {"for": "2h", "reason": "welding"}
    refused = await desk.post(f"{ALERT}/shelve", **asked)
    shelved = await desk.post(f"{ALERT}/shelve", Role.ADMINISTRATOR, **asked)
    back = await desk.post(f"{ALERT}/unshelve")

    assert (refused.status_code, refused.json()["reason"]) == (403, "administrator")
    assert (shelved.json()["state"], shelved.json()["shelved_until"]) == ("shelved", desk.world.now + 2 * HOUR)
    assert (back.json()["state"], back.json()["shelved_by"]) == ("active", None)


async def test_out_of_service_and_back(desk: Desk) -> None:
    out = await desk.post(f"{ALERT}/out-of-service", Role.ADMINISTRATOR, reason="broken")
    again = await desk.post(f"{ALERT}/shelve", Role.ADMINISTRATOR, **{"for": "1h", "reason": "x"})
    back = await desk.post(f"{ALERT}/return-to-service", Role.ADMINISTRATOR)

    assert (out.json()["state"], out.json()["suppressed_by"]) == ("suppressed", "out_of_service")
    assert (again.status_code, again.json()["reason"]) == (409, "out_of_service")
    assert back.json()["state"] == "active"


async def test_window_is_made_listed_and_ended(desk: Desk) -> None:
    begins = desk.world.now + HOUR
    made = await desk.post(
        "windows", Role.ADMINISTRATOR, kind="drill", facility="cellar-2", starts_at=format_moment(begins),
        until=begins + HOUR, why="yearly",
    )  # fmt: skip
    listed = await desk.clients[Role.VIEWER].get("/api/v1/windows")
    ended = await desk.post(f"windows/{made.json()['id']}/end", Role.ADMINISTRATOR)
    twice = await desk.post(f"windows/{made.json()['id']}/end", Role.ADMINISTRATOR)

    assert (made.status_code, listed.json()) == (201, [made.json()])
    assert (made.json()["scope"], made.json()["made_by"]) == ("cellar-2", "administrator")
    assert (ended.json()["ended_by"], twice.status_code) == ("administrator", 409)


WRONG: list[tuple[str, dict[str, Any], int, str]] = [
    (f"{ALERT}/verify", {"verdict": "perhaps"}, 422, ""),
    (f"{ALERT}/verify", {"verdict": "unverified"}, 422, ""),
    (f"{ALERT}/assign", {"to": "nobody"}, 422, "no person nobody"),
    (f"{ALERT}/shelve", {"reason": "x"}, 422, "either"),
    (f"{ALERT}/shelve", {"for": "2h", "until": 1, "reason": "x"}, 422, "either"),
    (f"{ALERT}/shelve", {"for": "25h", "reason": "x"}, 422, "24 hours"),
    (f"{ALERT}/shelve", {"for": "soon", "reason": "x"}, 422, ""),
    (f"{ALERT}/unshelve", {}, 409, "not shelved"),
    (f"{ALERT}/reset", {}, 409, "still holds"),
    ("alerts/A-0/verify", {"verdict": "true"}, 404, "no alert"),
    ("windows", {"kind": "drill", "for": "2h", "why": "x"}, 422, "either"),
    ("windows", {"kind": "drill", "facility": "atlantis", "for": "2h", "why": "x"}, 422, "no facility"),
    ("windows", {"kind": "drill", "zone": "cellars", "for": "30h", "why": "x"}, 422, "1d at most"),
    ("windows", {"kind": "holiday", "zone": "cellars", "for": "1h", "why": "x"}, 422, ""),
    ("windows/W-7/end", {}, 404, "no window"),
]
"""What is asked for in vain: the answer's status, and a part of what it says."""


async def test_what_cannot_be_says_why(desk: Desk) -> None:
    answers = [await desk.post(path, Role.ADMINISTRATOR, **body) for path, body, _, _ in WRONG]

    assert [answer.status_code for answer in answers] == [status for _, _, status, _ in WRONG]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    details = [answer.json()["detail"] for answer in answers]
    assert [said for (_, _, _, said), detail in zip(WRONG, details, strict=True) if said not in detail] == []


ACTIONS = {
    "acknowledge": {}, "reset": {}, "comment": {"text": "x"}, "assign": {"to": ""}, "unshelve": {},
    "shelve": {"for": "1h", "reason": "x"}, "verify": {"verdict": "true"},
}  # fmt: skip
SERVICE = {"out-of-service": {"reason": "x"}, "return-to-service": {}}


async def test_viewer_does_nothing_and_operator_takes_nothing_out_of_service(desk: Desk) -> None:
    asked = [(Role.VIEWER, *one) for one in {**ACTIONS, **SERVICE}.items()]
    asked += [(Role.OPERATOR, *one) for one in SERVICE.items()]

    answers = await asyncio.gather(*(desk.post(f"{ALERT}/{action}", role, **body) for role, action, body in asked))

    assert {answer.status_code for answer in answers} == {403}
    assert "needs the role" in answers[0].json()["detail"]
    found = await desk.book.detail("A-20261122-0001")
    assert found is not None and len(found.timeline) == 2


async def test_openapi_describes_every_action(desk: Desk) -> None:
    described = (await desk.clients[Role.VIEWER].get("/api/openapi.json")).json()["paths"]

    for action in [*ACTIONS, *SERVICE]:
        assert described[f"/api/v1/alerts/{{alert}}/{action}"]["post"]["summary"]
    assert {"get", "post"} <= set(described["/api/v1/windows"])
