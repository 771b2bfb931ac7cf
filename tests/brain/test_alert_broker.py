"""Alerts on a real broker: every event, what is open, and acknowledging; over a broker that was away."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from alerts.book import Book, open_book
from brain.alert_broker import AlertBroker
from ingest.session import SessionSettings
from tests import services
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, normal, people
from tests.ingest.town import until
from town.alert import AlertState

pytestmark = pytest.mark.mosquitto
ALERT = "A-20260921-0001"
STATE, EVENTS = f"town/little/alerts/{ALERT}", "town/little/alert-events"


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    async with open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=Clock(), people=people()) as opened:
        yield opened


@contextlib.asynccontextmanager
async def telling(book: Book, port: int, *, may_acknowledge: bool = False, user: str | None = None) -> Any:
    """The alerts' session with the broker, running."""
    session = SessionSettings("127.0.0.1", port, "town-little", user=user, password=user)
    broker = AlertBroker(book, session, may_acknowledge=may_acknowledge)
    running = asyncio.create_task(broker.run())
    try:
        yield broker
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


class Listener:
    """Somebody who subscribes to everything of the alerts."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client, self.heard = client, list[aiomqtt.Message]()

    async def listen(self) -> None:
        async for message in self.client.messages:
            self.heard.append(message)

    def of(self, topic: str) -> list[Any]:
        """What came on a topic, in order; None for an empty one."""
        payloads = [bytes(one.payload) for one in self.heard if str(one.topic) == topic]  # type: ignore[arg-type]
        return [json.loads(payload) if payload else None for payload in payloads]


@contextlib.asynccontextmanager
async def listening(port: int) -> AsyncIterator[Listener]:
    async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        listener = Listener(client)
        await client.subscribe("town/little/#", qos=1)
        task = asyncio.create_task(listener.listen())
        yield listener
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_every_event_is_told_in_order_and_the_state_is_kept_while_open(
    book: Book, mosquitto: services.Service
) -> None:
    async with telling(book, mosquitto.port), listening(mosquitto.port) as early:
        await book.take([active(at=START)], definitions(), START)
        await book.acknowledge(ALERT, by="li.wei", at=START, comment="on my way")
        await until(lambda: len(early.of(EVENTS)) == 3)
        await until(lambda: bool(early.of(STATE)) and early.of(STATE)[-1]["state"] == "acknowledged")
        async with listening(mosquitto.port) as late:
            await until(lambda: bool(late.of(STATE)))
            assert late.of(STATE)[0]["acknowledged_by"] == "li.wei" and late.of(EVENTS) == []
        await book.take([normal(at=START + 1)], definitions(), START + 1)
        await until(lambda: early.of(STATE)[-1] is None)

    events = early.of(EVENTS)
    assert [one["event"] for one in events] == ["opened", "raised", "acknowledged", "cleared", "closed"]
    assert [one["sequence"] for one in events] == sorted(one["sequence"] for one in events)
    assert events[2]["text"]["en"].endswith("acknowledged (li.wei): on my way")
    async with listening(mosquitto.port) as late:
        await late.client.publish("town/little/x", qos=1)
        await until(lambda: bool(late.heard))
        assert late.of(STATE) == []


async def test_a_broker_that_was_away_over_a_restart_misses_nothing(book: Book, mosquitto: services.Service) -> None:
    await book.take([active(at=START)], definitions(), START)
    mosquitto.stop()
    async with telling(book, mosquitto.port):
        await book.acknowledge(ALERT, by="li.wei", at=START)
    mosquitto.start()

    async with listening(mosquitto.port) as listener, telling(book, mosquitto.port):
        await until(lambda: len(listener.of(EVENTS)) == 3)
        assert [one["event"] for one in listener.of(EVENTS)] == ["opened", "raised", "acknowledged"]
        await until(lambda: bool(listener.of(STATE)))


async def ask(listener: Listener, payload: str | bytes, *, retain: bool = False) -> Any:
    """What is answered to somebody who publishes that."""
    before = len(listener.of(f"{STATE}/acknowledge/result"))
    await listener.client.publish(f"{STATE}/acknowledge", payload, qos=1, retain=retain)
    await until(lambda: len(listener.of(f"{STATE}/acknowledge/result")) > before)
    return listener.of(f"{STATE}/acknowledge/result")[-1]


async def test_who_may_publish_there_acknowledges_and_is_answered(book: Book, mosquitto: services.Service) -> None:
    await book.take([active(at=START)], definitions(), START)
    async with telling(book, mosquitto.port, may_acknowledge=True), listening(mosquitto.port) as listener:
        await until(lambda: bool(listener.of(STATE)))
        for wrong in (b"\xff", "[]", '{"by": ""}', '{"by": "x", "y": 1}', '{"by": "' + "x" * 5000 + '"}'):
            assert (await ask(listener, wrong))["reason"] in ("not_understood", "too_long")
        done = await ask(listener, '{"by": "panel.gate", "comment": "seen"}')
        again = await ask(listener, '{"by": "li.wei"}')

    assert (done["accepted"], done["alert"]["acknowledged_by"]) == (True, "panel.gate")
    assert (again["accepted"], again["reason"]) == (False, "already_acknowledged")
    detail = await book.detail(ALERT)
    assert detail is not None and detail.timeline[-1].detail == {"comment": "seen"}


async def test_nobody_acknowledges_where_the_settings_do_not_allow_it(book: Book, mosquitto: services.Service) -> None:
    await book.take([active(at=START)], definitions(), START)
    async with telling(book, mosquitto.port), listening(mosquitto.port) as listener:
        await until(lambda: bool(listener.of(STATE)))
        await listener.client.publish(f"{STATE}/acknowledge", '{"by": "x"}', qos=1)
        await until(lambda: bool(listener.of(f"{STATE}/acknowledge")))

    detail = await book.detail(ALERT)
    assert detail is not None and detail.alert.state is AlertState.ACTIVE


async def test_a_broker_that_refuses_us_is_named_and_has_everything_later(book: Book, tmp_path: Path) -> None:
    (folder := tmp_path / "guarded").mkdir()
    (folder / "acl").write_text("topic read #\n")
    with services.running(services.mosquitto(folder, extra=f"acl_file {folder}/acl\n")) as broker:
        await book.take([active(at=START)], definitions(), START)
        async with telling(book, broker.port) as ours:
            await until(lambda: ours.parts()[0].state == "degraded")

    assert "refuses town/little/alert-events: reason code 0x87" in ours.parts()[0].detail
