"""The sign of life: every minute while alerts can be told, and never when they cannot."""

import json

import pytest

from alerts.heartbeat import Heartbeat
from alerts.senders.call import HttpCall
from tests.alerts.receivers import http_receiver, says
from tests.alerts.small_town import START, Clock
from tests.ports import free_port
from town.moment import MINUTE
from town.ports import PartHealth

OK, DOWN = PartHealth("alert book", "ok", START), PartHealth("alert book", "down", START, "disk full")


def heart(url: str, clock: Clock, *parts: PartHealth) -> Heartbeat:
    return Heartbeat(url, HttpCall(whole_seconds=2), town="little", health=lambda: parts, clock=clock)


async def test_heartbeat_says_which_town_is_alive(clock: Clock) -> None:
    async with http_receiver() as receiver:
        beating = heart(receiver.url, clock, OK)
        assert await beating.beat()

    [request] = receiver.requests
    assert json.loads(request.body) == {"town": "little", "at": START, "state": "alive"}
    clock.now += MINUTE
    assert [gauge.value for gauge in beating.figures()] == [60.0] and beating.parts()[0].state == "ok"


async def test_heartbeat_is_withheld_when_nobody_can_be_told(clock: Clock) -> None:
    async with http_receiver() as receiver:
        beating = heart(receiver.url, clock, OK, DOWN)
        assert not await beating.beat()

    assert receiver.requests == [] and "disk full" in beating.parts()[0].detail


@pytest.mark.parametrize("status", ["500 Oh", "404 Not Found", None])
async def test_heartbeat_that_is_not_taken_is_seen_and_its_address_is_not(clock: Clock, status: str | None) -> None:
    async with http_receiver(says(status) if status else lambda _: None) as receiver:
        beating = heart(f"{receiver.url}/t0k3n", clock)
        assert not await beating.beat()

    [part] = beating.parts()
    assert part.state == "degraded" and "not taken" in part.detail and "t0k3n" not in part.detail


async def test_heartbeat_to_nobody_is_tried_again(clock: Clock) -> None:
    beating = heart(f"http://127.0.0.1:{free_port()}", clock)

    assert not await beating.beat() and not await beating.beat()
