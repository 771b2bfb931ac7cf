"""Whole plays, over a real broker."""

import asyncio
import contextlib
import time
from collections import Counter
from itertools import pairwise

import msgspec
import pytest

from simulators.gateways.native import LARGEST_ARRAY
from simulators.play import Sent, play
from simulators.scenario import Scenario
from tests.services import Service
from tests.simulators.listening import at, clock_from, event, listening, short
from town.moment import HOUR, parse_moment
from town.town import Town

pytestmark = pytest.mark.mosquitto

EVENING = parse_moment("2026-11-23T20:00:00+08:00")
NATIVE, BRIDGE = "town/huangjiu/gw-cellars/status", "zigbee2mqtt-cellars/bridge/state"


def now() -> int:
    return round(time.time() * 1000)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_what_is_counted_is_what_a_subscriber_got(mosquitto: Service, cellars: Town, version: str) -> None:
    async with listening(mosquitto.port) as listener:
        sent = await play(cellars, short(), at(mosquitto.port, version=version), clock=now)
        await listener.until(lambda heard: len(heard) >= sent.messages)

    assert len(listener.heard) == sent.messages == sum(sent.by_gateway.values())
    assert len(listener.told()) == sent.readings > 2 * len(cellars.sensors)
    assert (sent.repeated, sent.dropped) == (0, 0)
    assert (listener.last(NATIVE), listener.last(BRIDGE)) == (b"offline", b'{"state":"offline"}')


async def test_the_same_seed_and_start_put_the_same_readings_on_the_wire(mosquitto: Service, cellars: Town) -> None:
    plays = []
    for seed in (1, 1, 2):
        async with listening(mosquitto.port) as listener:
            sent = await play(cellars, short(), at(mosquitto.port), clock=clock_from(EVENING), seed=seed)
            await listener.until(lambda heard, sent=sent: sum(not one.retained for one in heard) >= sent.messages)
        plays.append(Counter(one[:2] for one in listener.heard if not one.retained))

    assert plays[0] == plays[1] != plays[2]


async def test_times_are_never_ahead_of_the_clock(mosquitto: Service, cellars: Town) -> None:
    async with listening(mosquitto.port) as listener:
        sent = await play(cellars, short(seconds=3, speed=1), at(mosquitto.port), clock=clock_from(EVENING))
        await listener.until(lambda heard: len(heard) >= sent.messages)
    states = [msgspec.json.decode(one.payload) for one in listener.heard if b"last_seen" in one.payload]
    times = [parse_moment(state["last_seen"]) for state in states]

    assert min(times) >= EVENING and max(times) < EVENING + 3000
    assert len(times) > 20


async def test_a_cut_gateway_says_nothing_itself_and_the_broker_says_it_for_it(
    mosquitto: Service, cellars: Town
) -> None:
    scenario = short(event("cut", "20s", gateway="gw-cellars", lasts="20s"))
    async with listening(mosquitto.port) as listener:
        sent = await play(cellars, scenario, at(mosquitto.port), clock=now)
        await listener.until(lambda heard: len(heard) > sent.messages)
    statuses = [one.payload for one in listener.heard if one.topic == NATIVE]

    assert statuses == [b"online", b"offline", b"online", b"offline"]
    # one more is the will, which nobody sent; what was on its way at the cut may have come twice
    assert 0 <= len(listener.heard) - sent.messages - 1 <= sent.repeated
    assert 0 <= len(listener.told()) - sent.readings <= sent.repeated * LARGEST_ARRAY
    assert sent.dropped == 0


async def test_a_gateway_that_stays_cut_leaves_its_will(mosquitto: Service, cellars: Town) -> None:
    scenario = short(event("cut", "20s", gateway="z2m-cellars"))
    async with listening(mosquitto.port) as listener:
        sent = await play(cellars, scenario, at(mosquitto.port), clock=now)
        await listener.until(lambda heard: len(heard) > sent.messages)

    assert [one.payload for one in listener.heard if one.topic == BRIDGE] == [
        b'{"state":"online"}',
        b'{"state":"offline"}',
    ]
    assert sent.dropped > 0


async def test_stopping_ends_a_play_without_an_end(
    mosquitto: Service, cellars: Town, scenarios: dict[str, Scenario]
) -> None:
    stop, sent = asyncio.Event(), Sent()
    async with listening(mosquitto.port) as listener, asyncio.timeout(10):
        playing = asyncio.create_task(
            play(cellars, scenarios["ordinary"], at(mosquitto.port), clock=now, stop=stop, sent=sent)
        )
        await listener.until(lambda heard: len(heard) > 60)
        stop.set()
        assert await playing is sent
        await listener.until(lambda heard: len(heard) >= sent.messages)

    assert len(listener.heard) == sent.messages
    assert listener.last(NATIVE) == b"offline"


async def test_cancelling_says_goodbye_and_keeps_the_count_true(
    mosquitto: Service, cellars: Town, scenarios: dict[str, Scenario]
) -> None:
    sent = Sent()
    async with listening(mosquitto.port) as listener, asyncio.timeout(10):
        playing = asyncio.create_task(
            play(cellars, scenarios["ordinary"], at(mosquitto.port), clock=now, history=HOUR, sent=sent)
        )
        await listener.until(lambda heard: len(heard) > 200)
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
        await listener.until(lambda heard: len(heard) >= sent.messages)

    assert playing.cancelled()
    assert len(listener.heard) == sent.messages
    assert (listener.last(NATIVE), listener.last(BRIDGE)) == (b"offline", b'{"state":"offline"}')


async def test_history_comes_first_and_lies_in_the_past(mosquitto: Service, cellars: Town) -> None:
    async with listening(mosquitto.port) as listener:
        sent = await play(cellars, short(), at(mosquitto.port), clock=clock_from(EVENING), history=24 * HOUR)
        await listener.until(lambda heard: len(heard) >= sent.messages)
    states = [msgspec.json.decode(one.payload) for one in listener.heard if one.topic.endswith("cellar1_climate_1")]
    times = [parse_moment(state["last_seen"]) for state in states]

    assert times == sorted(times)
    assert len([moment for moment in times if moment < EVENING - 60_000]) == 144
    assert len(listener.heard) == sent.messages


async def test_a_broker_that_restarts_loses_nothing(mosquitto: Service, cellars: Town) -> None:
    stop, sent = asyncio.Event(), Sent()
    async with asyncio.timeout(30):
        playing = asyncio.create_task(
            play(cellars, short(seconds=4000), at(mosquitto.port), clock=now, stop=stop, sent=sent, history=HOUR)
        )
        async with listening(mosquitto.port, session="restart") as first:
            await first.until(lambda heard: len(heard) > 300)
            mosquitto.stop()
        mosquitto.start()
        async with listening(mosquitto.port, session="restart") as second:
            await second.until(lambda heard: len(heard) > 600, seconds=20)
            stop.set()
            await playing
            await second.until(lambda _: len(set(first.told() + second.told())) >= sent.readings)
    told = set(first.told() + second.told())

    assert sent.dropped == 0
    assert len(told) == sent.readings
    for sensor in (s for s in cellars.sensors.values() if s.gateway == "z2m-cellars" and s.kind != "gateway"):
        times = sorted(parse_moment(str(at)) for who, at in told if who.endswith(f"/{sensor.external_id}"))
        gaps = [after - before for before, after in pairwise(times[12:])]  # behind the coarse history
        assert max(gaps, default=0) <= sensor.interval, sensor.id


async def test_gateways_wait_for_a_broker_that_is_not_there_yet(mosquitto: Service, cellars: Town) -> None:
    mosquitto.stop()
    stop, sent = asyncio.Event(), Sent()
    async with asyncio.timeout(20):
        playing = asyncio.create_task(
            play(cellars, short(seconds=4000), at(mosquitto.port), clock=now, stop=stop, sent=sent)
        )
        await asyncio.get_running_loop().run_in_executor(None, mosquitto.start)
        async with listening(mosquitto.port) as listener:
            await listener.until(lambda heard: {NATIVE, BRIDGE} <= {one.topic for one in heard})
            stop.set()
            await playing

    assert sent.messages > 0


async def test_a_wrong_password_is_told_once_and_nothing_is_counted(
    mosquitto: Service, cellars: Town, caplog: pytest.LogCaptureFixture
) -> None:
    mosquitto.stop()
    (mosquitto.folder / "mosquitto.conf").write_text(
        f"listener {mosquitto.port} 127.0.0.1\nallow_anonymous false\nuser root\n"
    )
    mosquitto.start()
    stop = asyncio.Event()
    broker = at(mosquitto.port, username="town", password="not-the-one")
    playing = asyncio.create_task(play(cellars, short(seconds=4000), broker, clock=now, stop=stop))
    async with asyncio.timeout(10):
        while "no connection" not in caplog.text:
            await asyncio.sleep(0.02)
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing

    assert "not-the-one" not in caplog.text + repr(broker)
    assert caplog.text.count("gw-cellars: no connection") == 1
