"""The console process hears what ingest tells and how every process is; it keeps nothing and owes nobody an answer."""

from collections.abc import Sequence

from brain.numbered import decode, readings_topic
from brain.reporting import Reports, process_topic
from console.live import LiveReadings
from ingest.connection import Connection, Message
from ingest.session import Session, SessionSettings
from town.ports import Clock, Gauge, PartHealth
from town.town import Town


class Listening:
    """Newest values into `live`, reports into `reports`, until cancelled; without `live` reports only."""

    def __init__(
        self, town: Town, session: SessionSettings, *, live: LiveReadings | None, reports: Reports, clock: Clock
    ) -> None:
        self._town, self._live, self._reports = town.id, live, reports
        self._foreign = 0
        filters = [process_topic(town.id, "+"), *([readings_topic(town.id, "+")] if live is not None else [])]
        self._session = Session(session, filters, take=self._take, clock=clock)

    async def run(self) -> None:
        """Listen until cancelled."""
        await self._session.run()

    def _take(self, connection: Connection, messages: Sequence[Message], _size: int) -> None:
        acknowledged = []
        for message in messages:
            kind, _, name = message.topic.removeprefix(f"town/{self._town}/").partition("/")
            if kind == "processes":
                self._reports.take(name, message.payload)
            elif self._live is not None:
                self._readings(message.payload, self._live)
            if message.packet_id is not None:
                acknowledged.append(message.packet_id)
        connection.acknowledge(acknowledged)

    def _readings(self, payload: bytes, live: LiveReadings) -> None:
        try:
            batch = decode(payload)
        except ValueError:
            self._foreign += 1
            return
        if batch.rows:
            live.update(batch.readings())

    def parts(self) -> list[PartHealth]:
        """Whether the broker has us."""
        return [self._session.health()]

    def figures(self) -> list[Gauge]:
        """What could not be read."""
        told = "Batches of ingest that the console could not read."
        return [Gauge("town_console_batches_foreign", self._foreign, {}, "counter", told)]
