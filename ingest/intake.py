"""The hot path: messages are decoded, resolved, judged and stored in batches, and then acknowledged.

A message is acknowledged when the store, or the spool on disk, has its readings and the quarantine what was refused of
them, and all messages before it are. Until then the broker keeps it, and sends it again should we be gone.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain

from ingest.batch import Backlog, Batch
from ingest.discovered import Discovered
from ingest.inbox import Inbox
from ingest.ledger import Imbalance, Ledger
from ingest.ledger_file import LedgerFile
from ingest.ledger_keeping import Keeping
from ingest.line import Lines
from ingest.pace import GAP, GAP_SHARED
from ingest.quarantine import Quarantine
from ingest.receipt_clock import ReceiptClock
from ingest.session import Session, SessionSettings
from ingest.spool import Spool
from ingest.spool_replay import Replay
from ingest.status import GatewayStatus
from ingest.taking import Taking
from ingest.writing import Writing
from ingest.writing_store import Storing
from town.gateway import Gateway
from town.moment import SECOND, Duration, Moment
from town.ports import Clock, Deliver, Gauge, PartHealth, ReadingWriter
from town.town import Town

LARGEST_PAYLOAD = 256 << 10
"""Bytes of a payload that is decoded, lists of devices excepted."""
_PAUSE = 0.002
"""Seconds without a message after which a batch goes to the store."""
_LONGEST_WAIT = 0.025
"""Seconds after which it goes there though messages keep coming; writes then gather what waits."""
_AT_ONCE = 1_000
"""Readings that the rules are given though there are more to be taken."""
_WRITERS = 3
_QUIET = 2.0
"""Seconds without a message after which the broker has nothing left for one who retires."""
_LOOK_FOR_STUCK: Duration = 60 * SECOND
PATIENCE: Duration = 2 * SECOND
"""How long a write may take before its readings are spooled instead."""


class Intake:
    """Takes everything in from one broker for one town, from `run` until it is cancelled."""

    def __init__(
        self,
        town: Town,
        session: SessionSettings,
        *,
        store: ReadingWriter,
        judge: Deliver,
        quarantine: Quarantine,
        clock: Clock,
        spool: Spool | None = None,
        ledger_file: LedgerFile | None = None,
        discovered: Discovered | None = None,
        patience: Duration = PATIENCE,
        judged_until: Moment | None = None,
        largest_payload: int = LARGEST_PAYLOAD,
        takes: Callable[[Gateway], bool] = lambda _: True,
    ) -> None:
        """Without a spool, messages stay with the broker while the store is away; `takes` are the gateways listened to.

        What the spool has that was received after `judged_until` goes to the rules first.
        """
        self.ledger = Ledger(town.gateways)
        self._lines = Lines(town, self.ledger)
        self._receipt = ReceiptClock(clock)
        self._taking = Taking(
            self._lines, self.ledger, discovered=discovered, largest_payload=largest_payload, clock=self._receipt
        )
        self._inbox = Inbox(self.ledger)
        self._session = Session(session, self._lines.filters(takes), take=self._inbox.put, clock=clock)
        self._backlog = Backlog(gap=GAP_SHARED if session.share else GAP)
        self._storing = Storing(store, self.ledger, patience=patience, clock=clock)
        self._writing = Writing(
            town,
            self.ledger,
            self._backlog,
            storing=self._storing,
            spool=spool,
            quarantine=quarantine,
            clock=clock,
        )
        self._spool, self._discovered, self._replay = spool, discovered, None
        if spool is not None:
            self.ledger.carry(spool.pending)
            self._replay = Replay(
                self.ledger, self._backlog, spool=spool, storing=self._storing, quarantine=quarantine, clock=clock
            )
        self._keeping = Keeping(self.ledger, waiting=self._waiting, file=ledger_file, clock=clock)
        self._open: Batch | None = None
        """The batch that is being filled or judged, which the backlog does not know yet."""
        self._judge, self._clock = judge, clock
        self._judged_until = judged_until
        self._started_at = clock()
        self._stuck: dict[str, int] = {}
        self._filling: Moment | None = None
        self._stored_until: Moment = 0

    @property
    def heard_until(self) -> Moment:
        """What was received before this moment was given to the rules; nothing that comes now is older."""
        return self._receipt() if self._filling is None else self._filling

    def close_receipt(self) -> Moment:
        """As `heard_until`, but the moment that is running is over for what comes now."""
        return self._receipt.close() if self._filling is None else self._filling

    @property
    def stored_until(self) -> Moment:
        """What was received before this moment is in the store, or refused by it; it stands while the spool has any."""
        if self._spool is None or not self._spool.rows:
            batches = chain(self._backlog.unsettled(), self._filled())
            waiting = (batch.readings[0].received_at for batch in batches if batch.readings)
            self._stored_until = min(self.heard_until, next(waiting, self.heard_until))
        return self._stored_until

    async def run(self) -> None:
        """Take messages in until cancelled; what is neither stored nor spooled then stays with the broker."""
        await self._judge_spooled()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._session.run(), name="ingest session")
                group.create_task(self._gather(), name="ingest gather")
                group.create_task(self._keeping.run(), name="ingest ledger")
                group.create_task(self._look_for_stuck(), name="ingest stuck sensors")
                for number in range(_WRITERS):
                    group.create_task(self._writing.run(), name=f"ingest write {number + 1}")
                if self._replay is not None:
                    group.create_task(self._replay.run(), name="ingest replay")
                if self._discovered is not None:
                    group.create_task(self._discovered.run(), name="ingest discovered")
        finally:
            await self._keeping.look(ended=True)

    async def _look_for_stuck(self) -> None:
        while True:
            for line in self._lines.lines.values():
                self._stuck[line.gateway] = line.resolver.look_for_stuck()
                await asyncio.sleep(0)
            await asyncio.sleep(_LOOK_FOR_STUCK / SECOND)

    async def retire(self) -> int:
        """Return when all that the broker kept for us is stored, and nothing came for a while; how many messages came.

        Then the session ends with its connection. Only for a session that `retires`.
        """
        seen = -1
        while not self._session.connected or self.ledger.received > seen or not self.ledger.balance().settled:
            seen = self.ledger.received if self._session.connected else -1
            await asyncio.sleep(_QUIET)
        self._session.retire()
        return self.ledger.received

    def parts(self) -> list[PartHealth]:
        """How the broker, the store and the spool are, seen from here, whether we keep up, and whether all is there."""
        spool = [self._spool.health()] if self._spool is not None else []
        store = self._storing.health(self.ledger.readings_waiting + sum(self.ledger.in_spool.values()))
        return [self._session.health(), store, *spool, self._health(), self._keeping.health()]

    def figures(self) -> list[Gauge]:
        """Everything counted."""
        self.ledger.connections = self._session.connections
        spool = self._spool.figures() if self._spool is not None else []
        return [
            *self.ledger.figures(),
            *self._keeping.figures(),
            *self._storing.figures(),
            *spool,
            *self._stuck_figures(),
        ]

    def _stuck_figures(self) -> list[Gauge]:
        return [
            Gauge(
                "town_ingest_values_stuck", count, {"gateway": gateway}, help="Quantities that should vary and do not."
            )
            for gateway, count in self._stuck.items()
        ]

    def imbalances(self) -> list[Imbalance]:
        """What is missing at this moment, gateway by gateway; nothing, unless there is a mistake in here."""
        return self.ledger.imbalances(self._waiting())

    def statuses(self) -> list[GatewayStatus]:
        """How every gateway is, in the order of gateways.yaml."""
        return [line.watch.status() for line in self._lines.lines.values()]

    def _health(self) -> PartHealth:
        balance = self.ledger.balance()
        waiting = f"{balance.messages_waiting} messages and {balance.readings_waiting} readings wait"
        return PartHealth("ingest", "degraded" if self._inbox.paused else "ok", self._started_at, waiting)

    def _waiting(self) -> Counter[str]:
        return self._writing.waiting(self._filled())

    def _filled(self) -> Sequence[Batch]:
        return () if self._open is None else (self._open,)

    async def _judge_spooled(self) -> None:
        """Have judged what was acknowledged but perhaps not judged when the process before this one ended."""
        if self._spool is not None and self._judged_until is not None:
            async for readings in self._spool.since(self._judged_until):
                await self._judge(readings)

    async def _gather(self) -> None:
        """Make batches and line them up for the store; their readings were judged meanwhile."""
        while True:
            await self._inbox.wait()
            batch = self._open = Batch()
            await self._fill(batch)
            self.ledger.batches += 1
            await self._backlog.put(batch)
            self._open = None

    async def _fill(self, batch: Batch) -> None:
        """Take what comes until the input pauses, the batch is full, or the time is up.

        The rules are given what there is as soon as nothing more is there to be taken: they wait for no pause.
        """
        loop, judged, pause = asyncio.get_running_loop(), 0, _PAUSE
        until = loop.time() + _LONGEST_WAIT
        while not batch.full and loop.time() < until:
            hungry = len(batch.readings) - judged < _AT_ONCE
            if hungry and (arrival := self._inbox.get()) is not None:
                if self._filling is None:
                    self._filling = self._receipt()
                self._taking.take(arrival, batch)
                pause = 0 if arrival.connection.resting else _PAUSE
                await asyncio.sleep(0)  # let the socket be read
                continue
            judged = await self._hand_on(batch, judged)
            if not await self._inbox.wait(pause):
                break
        await self._hand_on(batch, judged)

    async def _hand_on(self, batch: Batch, judged: int) -> int:
        """Give the rules what they do not have of a batch; how many readings they have then."""
        if len(batch.readings) > judged:
            await self._judge(batch.readings[judged:])
        self._filling = None
        return len(batch.readings)
