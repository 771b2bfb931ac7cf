"""What waits to be sent and what was given up, over REST."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from alerts.book import open_book
from alerts.outbox import Outbox
from alerts.outbox_desk import OutboxDesk
from alerts.senders.channels import Endpoints, build_senders
from console.app import create_app
from console.roles import Role
from tests.alerts.receivers import http_receiver, says
from tests.alerts.small_town import TOWN, active, definitions, hook, people
from tests.console.world import World
from town.moment import MINUTE


@pytest.fixture
async def client(world: World, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """An operator, where one message was refused for ever and another will be tried again."""
    told = people(hook("refuses"), hook("fails"))
    async with open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=world.clock, people=told) as book:
        await book.take([active(at=world.now - MINUTE)], definitions(), world.now)
        refused, failed = says("400 No", b"no"), says("500 Oh")
        async with http_receiver(lambda one: (refused if "refuses" in one.path else failed)(one)) as receiver:
            endpoints = Endpoints(webhook_override=f"http://127.0.0.1:{receiver.port}")
            senders = build_senders(endpoints, secret=lambda _: "s3cret", clock=world.clock)
            await Outbox(book, senders, name="one").run_due()
        app = create_app(replace(world.parts, outbox=OutboxDesk(book)))
        headers = {"Authorization": f"Bearer {world.access.create_token('ops', role=Role.OPERATOR)}"}
        transport = ASGITransport(app, client=("10.1.1.1", 5))
        async with AsyncClient(transport=transport, base_url="http://town.test", headers=headers) as opened:
            yield opened


async def test_outbox_is_listed_and_tried_again(client: AsyncClient) -> None:
    waiting = (await client.get("/api/v1/outbox")).json()
    [dead] = (await client.get("/api/v1/outbox", params={"state": "dead"})).json()
    tried = await client.post("/api/v1/outbox/retry", json={"notifications": [dead["id"]]})

    assert [one["target"] for one in waiting] == ["fails"] and dead["answer"] == "HTTP 400 no"
    assert (tried.status_code, tried.json()[0]["state"]) == (200, "failed")
    assert (await client.get("/api/v1/outbox", params={"state": "dead"})).json() == []


async def test_what_is_not_there_is_refused_with_a_reason(client: AsyncClient) -> None:
    refused = await client.post("/api/v1/outbox/retry", json={"notifications": ["A-1"]})

    assert (refused.status_code, refused.json()["reason"]) == (
        404,
        "unknown_notification",
    ) or refused.status_code == 409
    assert (await client.get("/api/v1/outbox/digests/D-1")).json() == []
    assert (await client.get("/api/v1/outbox/resting")).json() == []
