"""The rules process follows what ingest processes tell, and asks the store for what it did not hear.

A batch is acknowledged to the broker when the judge has it. When the broker lost our session, when a number is
missing, or when a process began another run, the store is asked for what was received meanwhile, and what came later
waits for the answer a while.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence

from brain.confluence import Confluence, Released
from brain.judge import Judge
from brain.numbered import decode, readings_topic
from brain.reporting import process_topic
from brain.stream import GRACE, Gap
from console.live import LiveReadings
from ingest.connection import Connection, Message
from ingest.session import Session, SessionSettings
from town.errors import ConfigError, Unavailable
from town.moment import SECOND, Duration, Moment
from town.ports import Clock, Gauge, PartHealth, ReadingHistory
from town.town import Town

log = logging.getLogger("rules.following")

BATCHES_AT_ONCE = 200
"""Batches that the broker may send ahead of our acknowledgements: they are all that is held in memory."""
LONGEST_DEAF: Duration = 30 * SECOND
"""For how long nothing counts as silent while the broker is away."""
_EVERY: Duration = SECOND // 20
_SETTLES_WITHIN: Duration = 3 * SECOND
"""How long a process may take to store what it received before a gap ended."""
_ASK_AGAIN: Duration = 2 * SECOND
_MOST_WAITING = 50_000
_MOST_PROCESSES = 200
"""Ingest processes that are followed; names beyond are somebody's mistake."""


class Following:
    """Feeds one judge. `ready` returns when the judge may begin to live; `run` follows until cancelled."""

    def __init__(
        self,
        town: Town,
        session: SessionSettings,
        *,
        judge: Judge,
        live: LiveReadings,
        store: ReadingHistory,
        clock: Clock,
    ) -> None:
        """The judge must have recovered: it knows what was taken before."""
        now = clock()
        self._judge, self._live, self._store, self._clock, self._town = judge, live, store, clock, town.id
        self._fresh = not judge.reached
        self._confluence = Confluence(judge.marks, reached=judge.reached, now=now)
        self._marks = dict(judge.marks)
        self.heard_until: Moment = judge.reached or now
        """What was received before that moment is with the judge."""
        filters = [readings_topic(town.id, "+"), process_topic(town.id, "+")]
        self._session = Session(session, filters, take=self._take, clock=clock, joined=self._joined)
        self._wake, self._joining, self._begun = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._continued = asyncio.Event()
        self._connected_at = now
        self._batches = self._asked = self._foreign = 0
        self._since = now
        if judge.asked_from is not None:
            self._confluence.miss(judge.asked_from, now, now)

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._session.run(), name="rules session")
            group.create_task(self._hand_on(), name="rules confluence")
            group.create_task(self._fill(), name="rules gaps")

    async def ready(self) -> None:
        """Return when the judge may begin to live: after the first words, or when the broker stays away.

        When no process went on meanwhile, nobody listened. That was no silence: the judge begins with who listens now.
        """
        try:
            async with asyncio.timeout(LONGEST_DEAF / 1000):
                await self._joining.wait()
        except TimeoutError:
            log.warning("the broker is away, the rules begin without it")
        if self._judge.reached:
            try:
                async with asyncio.timeout(GRACE / 1000):
                    await self._continued.wait()
            except TimeoutError:
                await self._begin_anew()
        self._begun.set()

    async def _begin_anew(self) -> None:
        begin = self._confluence.begin(self._clock())
        released = self._confluence.release(self._clock())
        await self._judge.judge_missed([one for one in released.readings if one.received_at < begin])
        after = [one for one in released.readings if one.received_at >= begin]
        await self._give(released._replace(readings=after))

    # What the broker brings.

    def _joined(self, session_present: bool) -> None:
        now = self._clock()
        if not session_present and not self._fresh:
            log.warning("the broker knows nothing of us any more: the store is asked for what was not judged")
            self._confluence.miss(self.heard_until, now, now)
            self._judge.save_soon()
        self._fresh = False
        self._connected_at = now
        self._confluence.heard_again(now)
        self._joining.set()

    def _take(self, connection: Connection, messages: Sequence[Message], _size: int) -> None:
        now = self._clock()
        for message in messages:
            ticket = None if message.packet_id is None else (connection, message.packet_id)
            kind, _, name = message.topic.removeprefix(f"town/{self._town}/").partition("/")
            if kind == "readings" and self._batch(name, message.payload, ticket, now):
                continue
            if kind == "processes" and not message.payload:
                self._confluence.gone(name)
            if ticket is not None:
                connection.acknowledge([ticket[1]])
        self._wake.set()

    def _batch(self, name: str, payload: bytes, ticket: tuple[Connection, int] | None, now: Moment) -> bool:
        try:
            batch = decode(payload)
        except ValueError as error:
            if not self._foreign:
                log.error("%s told what cannot be read: %s", name, error)
            self._foreign += 1
            return False
        if name not in self._confluence and len(self._confluence) >= _MOST_PROCESSES:
            return False
        known = self._marks.get(name)
        if known is not None and known.epoch == batch.epoch:
            self._continued.set()
        self._confluence.take(name, batch, ticket, now)
        self._batches += bool(batch.rows)
        return True

    # What the judge gets.

    async def _hand_on(self) -> None:
        await self._begun.wait()
        while True:
            try:
                async with asyncio.timeout(_EVERY / 1000):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            now = self._clock()
            if self._session.connected:
                self._connected_at = now
            elif now - self._connected_at <= LONGEST_DEAF:
                continue
            await self._give(self._confluence.release(now))

    async def _give(self, released: Released) -> None:
        """To the judge; then the broker may forget it."""
        if released.readings or released.marks:
            self._live.update(released.readings)
            await self._judge.deliver(released.readings, released.marks)
        self.heard_until = max(self.heard_until, released.until)
        _acknowledge(released.tickets)

    # What the store is asked.

    async def _fill(self) -> None:
        while True:
            await asyncio.sleep(_EVERY / 1000)
            for gap in [one for one in self._confluence.gaps if not one.closed]:
                settled = self._settled(gap)
                early = not gap.asked and self._clock() - gap.noticed_at >= _SETTLES_WITHIN
                if (settled or early) and await self._ask(gap):
                    gap.asked, gap.closed = True, settled
                    self._wake.set()

    def _settled(self, gap: Gap) -> bool:
        """Whether the store has all of it, or will never have more."""
        return self._confluence.stored(gap) or self._confluence.silent(gap, self._clock())

    async def _ask(self, gap: Gap) -> bool:
        """Ask the store for what is missing; whether it answered."""
        try:
            async for readings in self._store.readings(start=gap.start, end=gap.end + 1, order="arrival"):
                self._asked += len(readings)
                self._confluence.pour(gap, readings)
                self._wake.set()
                while self._confluence.waiting > _MOST_WAITING:  # noqa: ASYNC110 - looked at as often as it is emptied
                    await asyncio.sleep(_EVERY / 1000)
        except (Unavailable, ConfigError) as error:
            log.warning("the store cannot be asked for what the rules missed, it is asked again: %s", error)
            await asyncio.sleep(_ASK_AGAIN / 1000)
            return False
        if not self._settled(gap):
            gap.asked_until = 0  # what is still on its way to the store is asked for once more
        return True

    # How it is.

    @property
    def connected(self) -> bool:
        """Whether batches can arrive."""
        return self._session.connected

    def unsure_from(self) -> Moment | None:
        """What the store would have to be asked for after a restart."""
        return self._confluence.unsure_from

    def parts(self) -> list[PartHealth]:
        """Whether the broker has us, and whether all that ingest tells is here."""
        now, gaps = self._clock(), [gap for gap in self._confluence.gaps if not gap.closed]
        quiet = [name for name, spoke_at in self._confluence.spoke_at().items() if now - spoke_at > LONGEST_DEAF]
        told = [f"{len(gaps)} gaps are asked of the store"] if gaps else []
        told += [f"nothing is heard from {name}" for name in quiet]
        state = PartHealth("following", "degraded" if told else "ok", self._since, "; ".join(told))
        return [self._session.health(), state]

    def figures(self) -> list[Gauge]:
        """What was taken and asked for."""
        return [
            Gauge("town_rules_batches_taken", self._batches, {}, "counter", "Numbered batches taken from ingest."),
            Gauge("town_rules_batches_foreign", self._foreign, {}, "counter", "Batches that could not be read."),
            Gauge("town_rules_gaps", len(self._confluence.gaps), help="Gaps that the store is asked for."),
            Gauge("town_rules_readings_asked", self._asked, {}, "counter", "Readings asked of the store for gaps."),
            Gauge("town_rules_readings_held", self._confluence.waiting, help="Readings that wait for older ones."),
        ]


def _acknowledge(tickets: Sequence[object]) -> None:
    by_connection: dict[Connection, list[int]] = defaultdict(list)
    for ticket in tickets:
        match ticket:
            case (Connection() as connection, int(packet_id)):
                by_connection[connection].append(packet_id)
    for connection, packet_ids in by_connection.items():
        connection.acknowledge(packet_ids)
