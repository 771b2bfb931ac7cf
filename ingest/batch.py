"""Batches on their way to the store, and the order in which their messages may be acknowledged."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from ingest.connection import Connection
from ingest.pace import GAP, MUCH, Pace
from ingest.quarantine import Refusal
from town.reading import Reading

LARGEST_READINGS = 5_000
LARGEST_BYTES = 1 << 20
_MOST_READINGS = 50_000
_MOST_BYTES = 32 << 20
_MOST_BATCHES = 5_000


class Batch:
    """The readings and refusals of some messages, and by what the messages are acknowledged."""

    __slots__ = ("counts", "readings", "receipts", "refusals", "settled", "size")

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.counts: Counter[str] = Counter()
        """How many of them are of each gateway."""
        self.refusals: list[Refusal] = []
        self.receipts: list[tuple[Connection, list[int]]] = []
        self.size = 0
        """Bytes of payload."""
        self.settled = False
        """The store, or the spool, and the quarantine have all of it."""

    @property
    def full(self) -> bool:
        """It should go."""
        return len(self.readings) >= LARGEST_READINGS or self.size >= LARGEST_BYTES


class Backlog:
    """Batches until the store has them, bounded by about 50,000 readings and 32 MiB of payload.

    A write takes all that waits, up to one full batch; when it is due is for the pace to say. Messages are acknowledged
    in the order they came, whatever write ends first: a repeated reading is not acknowledged before the one it repeats
    is stored.
    """

    def __init__(self, *, gap: float = GAP) -> None:
        """Writes are `gap` seconds apart while messages keep coming."""
        self._waiting: deque[Batch] = deque()
        self._unacknowledged: deque[Batch] = deque()
        self._waiting_readings = self._readings = self._bytes = self._writing = 0
        self._pace, self._alarm = Pace(gap=gap), False
        self._due, self._room, self._turn = asyncio.Event(), asyncio.Event(), asyncio.Lock()

    @property
    def batches(self) -> int:
        """How many are not acknowledged yet."""
        return len(self._unacknowledged)

    def unsettled(self) -> Iterator[Batch]:
        """Batches of which something is neither stored nor spooled yet."""
        return (batch for batch in self._unacknowledged if not batch.settled)

    @property
    def waits(self) -> bool:
        """A write is due that has not begun."""
        return bool(self._waiting) and (
            self._waiting_readings >= MUCH
            if self._writing
            else self._pace.due(self._waiting_readings, asyncio.get_running_loop().time())
        )

    async def put(self, batch: Batch) -> None:
        """Append a batch; waits while too much is not stored yet."""
        while self._readings > _MOST_READINGS or self._bytes > _MOST_BYTES or self.batches > _MOST_BATCHES:
            self._room.clear()
            await self._room.wait()
        self._waiting.append(batch)
        self._unacknowledged.append(batch)
        self._waiting_readings += len(batch.readings)
        self._readings += len(batch.readings)
        self._bytes += batch.size
        for connection, packet_ids in batch.receipts:
            self._pace.came(connection, len(packet_ids))
        self._look()

    async def take(self) -> list[Batch]:
        """What the next write takes; waits until one is due."""
        async with self._turn:
            while not self.waits:
                self._due.clear()
                self._look()
                await self._due.wait()
        taken, readings = list[Batch](), 0
        while self._waiting and (not taken or readings + len(self._waiting[0].readings) <= LARGEST_READINGS):
            batch = self._waiting.popleft()
            readings += len(batch.readings)
            taken.append(batch)
        self._waiting_readings -= readings
        self._writing += 1
        self._pace.begun(asyncio.get_running_loop().time())
        return taken

    def settle(self, batches: Sequence[Batch]) -> None:
        """The store or the spool has these: acknowledge them, as soon as all before them are."""
        for batch in batches:
            batch.settled = True
            self._readings -= len(batch.readings)
            self._bytes -= batch.size
        receipts: list[tuple[Connection, list[int]]] = []
        while self._unacknowledged and self._unacknowledged[0].settled:
            receipts += self._unacknowledged.popleft().receipts
        for connection, some in groupby(receipts, key=itemgetter(0)):
            packet_ids = [packet_id for _, packet_ids in some for packet_id in packet_ids]
            connection.acknowledge(packet_ids)
            self._pace.acknowledged(connection, len(packet_ids))
        self._writing -= 1
        self._room.set()
        self._look()

    def _look(self) -> None:
        """Let a write begin if one is due; look again when it will be."""
        if self.waits:
            self._due.set()
        elif self._waiting and not self._writing and not self._alarm:
            self._alarm = True
            asyncio.get_running_loop().call_at(self._pace.next_at, self._ring)

    def _ring(self) -> None:
        self._alarm = False
        self._look()
