"""The alerts' own session with the broker: what is told there, and what people ask for."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from alerts.book import Book
from alerts.telling import Teller
from alerts.topics import acknowledge, acknowledge_filter, say_open, to_broker
from ingest.connection import Connection, Message
from ingest.session import Session, SessionSettings
from town.errors import ConfigError, Unavailable
from town.moment import HOUR, SECOND, Duration
from town.ports import Gauge, PartHealth

log = logging.getLogger("brain")

GIVE_UP: Duration = 10 * SECOND
"""How long the broker may take to acknowledge."""
REMEMBERED: Duration = HOUR
"""How long the broker keeps what people ask for while we are away."""
_MOST_WAITING = 100
_AGAIN: Duration = 5 * SECOND


class AlertBroker:
    """Publishes for `teller` and for the MQTT channel; with `may_acknowledge`, people acknowledge over it."""

    def __init__(self, book: Book, session: SessionSettings, *, may_acknowledge: bool) -> None:
        self._book = book
        filters = [acknowledge_filter(book.town.id)] if may_acknowledge else []
        own = replace(
            session,
            client_id=f"{session.client_id}-alerts",
            share=None,
            will=None,
            session_expiry=REMEMBERED // SECOND,
        )
        self._session = Session(own, filters, take=self._take, clock=book.clock, joined=self._joined)
        self._asked: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(_MOST_WAITING)
        self._forgotten = asyncio.Event()
        self._forgotten.set()
        self._acknowledged = self._too_many = 0
        self.teller: Teller = to_broker(book, self.publish)

    async def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> int:
        """The broker's reason code; see `alerts.sending.Publish`. Everything goes at QoS 1."""
        try:
            async with asyncio.timeout(GIVE_UP / SECOND):
                return await self._session.publish(topic, payload, retain=retain)
        except TimeoutError:
            raise Unavailable(self._session.health().detail or "the broker does not answer") from None

    async def run(self) -> None:
        """Tell, and do what is asked for, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._session.run(), name="alerts' session")
            group.create_task(self.teller.run(), name="alert events to the broker")
            group.create_task(self._remind(), name="open alerts to the broker")
            group.create_task(self._answer(), name="acknowledging over MQTT")

    def _joined(self, session_present: bool) -> None:
        if not session_present:
            self._forgotten.set()

    async def _remind(self) -> None:
        """A broker that forgot us may have forgotten what it kept for others, too."""
        while True:
            await self._forgotten.wait()
            self._forgotten.clear()
            try:
                await say_open(self._book, self.publish)
            except (Unavailable, ConfigError):  # the teller says why
                await asyncio.sleep(_AGAIN / SECOND)
                self._forgotten.set()

    def _take(self, connection: Connection, messages: Sequence[Message], _size: int) -> None:
        for message in messages:
            if message.retain:
                continue  # somebody left it there: who knows when
            try:
                self._asked.put_nowait((message.topic, bytes(message.payload)))
            except asyncio.QueueFull:
                self._too_many += 1
        connection.acknowledge([one.packet_id for one in messages if one.packet_id is not None])

    async def _answer(self) -> None:
        while True:
            topic, payload = await self._asked.get()
            where, answer = await acknowledge(self._book, topic, payload)
            self._acknowledged += 1
            try:
                await self.publish(where, answer, 1, False)
            except Unavailable as error:
                log.warning("%s was not told what became of it: %s", where, error)

    def parts(self) -> list[PartHealth]:
        """Whether the broker has everything."""
        return self.teller.parts()

    def figures(self) -> list[Gauge]:
        """What was told and asked."""
        return [
            *self.teller.figures(),
            Gauge("town_mqtt_acknowledgements_total", self._acknowledged, {}, "counter", "Asked for over MQTT."),
            Gauge("town_mqtt_acknowledgements_dropped_total", self._too_many, {}, "counter", "Too many at once."),
        ]
