"""One gateway's connection to the broker: what it has to tell waits here until the broker has acknowledged it."""

import asyncio
import contextlib
import logging
import random
import secrets
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from typing import Literal

import aiomqtt
import msgspec

from simulators.gateways.message import Make, Outgoing
from town.ports import Clock

IN_FLIGHT = 20
"""Messages that may be unacknowledged at a time, as paho's own limit."""
ROOM = 200
"""Messages that may wait before who brings more has to wait, too, while the broker takes them."""
BUFFER = 10_000
"""Messages kept while the broker is away; the oldest goes first."""
DRAIN_SECONDS = 10.0
"""How long what is left may take to be sent in the end."""
AWAY_SECONDS = 2.0
"""How long a broker that is away in the end is waited for."""
_LONGEST_BACKOFF = 15.0
_log = logging.getLogger(__name__)
_client_log = logging.getLogger(f"{__name__}.client")
_client_log.setLevel(logging.CRITICAL)  # lost connections are told here, once, and not by the client as well
_chance = random.SystemRandom()


class BrokerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is and how to get in. Never shown with its password."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    passwords: Mapping[str, str] = {}
    """By gateway, for a broker at which each has an account of its own, called as it is; others go in as `username`."""
    tls: ssl.SSLContext | None = None
    version: Literal["3.1.1", "5"] = "3.1.1"

    def __repr__(self) -> str:
        return f"BrokerAddress({self.host}:{self.port}, MQTT {self.version})"


class Sent(msgspec.Struct):
    """What the broker has acknowledged so far: messages (statuses among them) and the readings in them; and wills."""

    messages: int = 0
    readings: int = 0
    by_gateway: dict[str, int] = {}
    """Messages by gateway."""
    wills: int = 0
    """Connections that were cut: for each the broker publishes what it was left."""
    repeated: int = 0
    """Messages sent again because a connection broke before the answer: the broker may have had them twice."""
    dropped: int = 0
    """Messages that were never sent: the buffer was full, or the play ended while the broker was away."""

    def count(self, gateway: str, message: Outgoing) -> None:
        """One message was acknowledged."""
        self.messages += 1
        self.readings += message.readings
        self.by_gateway[gateway] = self.by_gateway.get(gateway, 0) + 1


class Uplink:
    """Connects, says hello, delivers; connects again when it has to. `finish` lets `run` end when all is delivered."""

    def __init__(self, name: str, make: Make, broker: BrokerAddress, *, sent: Sent, clock: Clock) -> None:
        self.name, self._make, self._broker, self._sent, self._clock = name, make, broker, sent, clock
        self._identifier = f"simulated-{name}-{secrets.token_hex(3)}"
        self._waiting: deque[Outgoing] = deque()
        self._unacknowledged: dict[int, Outgoing] = {}
        self._number = 0
        self._news, self._room, self._allowed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._allowed.set()
        self._finishing = False
        self._client: aiomqtt.Client | None = None
        self._limit = asyncio.timeout(None)

    async def put(self, message: Outgoing) -> None:
        """Give it a message; waits while many do, but drops the oldest instead while there is no connection."""
        while self._client is not None and len(self._waiting) >= ROOM:
            self._room.clear()
            await self._room.wait()
        if len(self._waiting) >= BUFFER:
            self._waiting.popleft()
            self._sent.dropped += 1
        self._waiting.append(message)
        self._news.set()

    async def connected(self) -> None:
        """Return once there is a connection."""
        while self._client is None:
            self._room.clear()
            await self._room.wait()

    def cut(self) -> None:
        """Lose the connection without a goodbye, and find no other until `restore`."""
        self._allowed.clear()
        if self._client is not None:
            # aiomqtt can only leave politely, which would keep the broker from publishing the will
            link = self._client._client.socket()
            if isinstance(link, socket.socket):
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)
                    self._sent.wills += 1

    def restore(self) -> None:
        """Let it connect again."""
        self._allowed.set()

    def finish(self) -> None:
        """Nothing more will come: `run` ends when all is delivered, or its time is over."""
        self._finishing = True
        self._news.set()
        patience = DRAIN_SECONDS if self._client else AWAY_SECONDS if self._allowed.is_set() else 0.0
        self._limit.reschedule(asyncio.get_running_loop().time() + patience)

    async def run(self) -> None:
        """Keep the connection until everything is delivered after `finish`."""
        try:
            async with self._limit:
                await self._connect_until_done()
        except TimeoutError:
            _log.info("%s: ended with %d messages undelivered", self.name, len(self._waiting))
        self._sent.dropped += len(self._waiting)

    async def _connect_until_done(self) -> None:
        failures = 0
        done = False
        while not done:
            await self._allowed.wait()
            try:
                async with self._new_client() as client:
                    failures = self._arrived(client, failures)
                    await self._converse(client)
                    done = True
            except* aiomqtt.MqttError as problems:
                if failures == 0:
                    _log.warning("%s: no connection to %r: %s", self.name, self._broker, problems.exceptions[0])
                failures += 1
            finally:
                self._left()
            if not done:
                await asyncio.sleep(_chance.uniform(0.05, min(_LONGEST_BACKOFF, 0.25 * 2 ** min(failures, 6))))

    def _new_client(self) -> aiomqtt.Client:
        version5, own = self._broker.version == "5", self._broker.passwords.get(self.name)
        return aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self.name if own else self._broker.username,
            password=own or self._broker.password,
            identifier=self._identifier,
            protocol=aiomqtt.ProtocolVersion.V5 if version5 else aiomqtt.ProtocolVersion.V311,
            clean_session=None if version5 else True,
            will=aiomqtt.Will(self._make.will.topic, self._make.will.payload, 1, self._make.will.retain),
            tls_context=self._broker.tls,
            logger=_client_log,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            keepalive=30,
            timeout=10,
            max_inflight_messages=IN_FLIGHT,
        )

    def _arrived(self, client: aiomqtt.Client, failures: int) -> int:
        if failures:
            _log.warning("%s: connected to %r again", self.name, self._broker)
        client.pending_calls_threshold = 2 * IN_FLIGHT
        self._client = client
        self._room.set()
        if not self._allowed.is_set():
            self.cut()  # it was cut while it connected
        return 0

    def _left(self) -> None:
        """What was not acknowledged waits again, before everything else."""
        self._client = None
        self._sent.repeated += len(self._unacknowledged)
        self._waiting.extendleft(reversed(self._unacknowledged.values()))
        self._unacknowledged.clear()
        self._room.set()

    async def _converse(self, client: aiomqtt.Client) -> None:
        """Say hello, deliver what comes, say goodbye when finished. Raises MqttError when the connection ends."""
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(client), name=f"{self.name} connection")
            for greeting in self._make.hello(self._clock()):
                await self._publish(client, greeting)
            window = asyncio.Semaphore(IN_FLIGHT)
            await window.acquire()
            while (message := await self._next()) is not None:
                # no wait between taking it and keeping it: a connection that breaks must not lose it
                self._number += 1
                self._unacknowledged[self._number] = message
                group.create_task(self._deliver(client, self._number, window))
                await window.acquire()
            for _ in range(IN_FLIGHT - 1):
                await window.acquire()
            await self._publish(client, self._make.farewell())
            watch.cancel()

    async def _next(self) -> Outgoing | None:
        """The next message that waits, or None when nothing does and nothing more will come."""
        while not self._waiting:
            if self._finishing:
                return None
            self._news.clear()
            await self._news.wait()
        if len(self._waiting) <= ROOM:
            self._room.set()
        return self._waiting.popleft()

    async def _deliver(self, client: aiomqtt.Client, number: int, window: asyncio.Semaphore) -> None:
        await self._publish(client, self._unacknowledged[number])
        del self._unacknowledged[number]
        window.release()

    async def _publish(self, client: aiomqtt.Client, message: Outgoing) -> None:
        await client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        self._sent.count(self.name, message)

    async def _watch(self, client: aiomqtt.Client) -> None:
        """Raises MqttError as soon as the connection ends: a publish alone would only notice at its time limit."""
        async for _ in client.messages:
            pass  # it has subscribed to nothing
