"""A subscriber that hears everything a broker hands out, to compare with what was said to be sent."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import aiomqtt
import msgspec
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from simulators.events import EVENTS, Event
from simulators.play import BrokerAddress
from simulators.scenario import Scenario
from town.language import Label
from town.moment import Moment


class Heard(NamedTuple):
    """One message as it came from the broker."""

    topic: str
    payload: bytes
    retained: bool


class Listener:
    """What was heard so far, and a way to wait for more."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self._news = asyncio.Event()

    def take(self, message: Heard) -> None:
        """Keep one."""
        self.heard.append(message)
        self._news.set()

    async def until(self, condition: Callable[[list[Heard]], bool], *, seconds: float = 10) -> None:
        """Return once what was heard is enough."""
        async with asyncio.timeout(seconds):
            while not condition(self.heard):
                self._news.clear()
                await self._news.wait()

    def last(self, topic: str) -> bytes | None:
        """The newest payload on a topic."""
        return next((one.payload for one in reversed(self.heard) if one.topic == topic), None)

    def told(self) -> list[tuple[str, str | int]]:
        """Who told something in all the telemetry, and of which moment as it is written."""
        found: list[tuple[str, str | int]] = []
        for one in self.heard:
            if one.topic.endswith("/telemetry"):
                document = msgspec.json.decode(one.payload)
                found += [
                    (each["sensor"], each["at"]) for each in (document if isinstance(document, list) else [document])
                ]
            elif b'"last_seen"' in one.payload:
                found.append((one.topic, msgspec.json.decode(one.payload)["last_seen"]))
        return found


@contextlib.asynccontextmanager
async def listening(port: int, *, session: str | None = None) -> AsyncIterator[Listener]:
    """A listener to everything on a broker on this machine; with a session, the broker keeps what it misses."""
    listener = Listener()

    class Inbox(asyncio.Queue[aiomqtt.Message]):
        """Nothing waits in it, so that nothing is lost when the connection ends."""

        def put_nowait(self, message: aiomqtt.Message) -> None:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            listener.take(Heard(str(message.topic), payload, message.retain))

    keep = Properties(PacketTypes.CONNECT)
    keep.SessionExpiryInterval = 300 if session else 0
    client = aiomqtt.Client(
        "127.0.0.1",
        port,
        identifier=session,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=session is None,
        properties=keep,
        queue_type=Inbox,
    )
    async with client:
        await client.subscribe("#", qos=1)
        yield listener


def at(port: int, **more: object) -> BrokerAddress:
    """A broker on this machine."""
    return msgspec.convert({"host": "127.0.0.1", "port": port, **more}, BrokerAddress)


def short(*events: object, seconds: int = 60, speed: float = 60) -> Scenario:
    """A scenario made for a test."""
    name = Label(zh="短", en="short")
    written = {"version": 1, "id": "short", "name": name, "duration": f"{seconds}s", "speed": speed, "events": events}
    return Scenario.model_validate(written)


def event(do: str, at: str, **more: object) -> Event:
    """An event as a file has it; what is called `for` there is `lasts` here."""
    more |= {"for": more.pop("lasts")} if "lasts" in more else {}
    return EVENTS[do].model_validate({"do": do, "at": at, **more})


def clock_from(moment: Moment) -> Callable[[], Moment]:
    """A wall clock that shows `moment` now and runs on."""
    started = time.monotonic()
    return lambda: moment + round((time.monotonic() - started) * 1000)
