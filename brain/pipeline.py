"""How the line itself is, told to the store: figures every ten seconds, and the loss ledger minute by minute."""

import asyncio
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ingest.ledger_file import Minute, read_ledger
from town.alert import DeliveryState
from town.errors import ConfigError
from town.moment import HOUR, MINUTE, SECOND, Duration, Moment
from town.own import LARGEST_ORDER, OwnRow
from town.ports import Clock, Gauge
from town.quantity import Value
from town.store.own_rows import OwnRows

EVERY: Duration = 10 * SECOND
_SETTLED: Duration = 5 * SECOND
"""The ledger of a minute is written two seconds after its end at the latest."""
_LOOKS_BACK: Duration = HOUR
"""How much of the ledger is told again after a start: the same rows, which replace themselves."""


class Figure(NamedTuple):
    """One figure of the line: where it belongs, which counts it is made of, and whether it is how fast they grow."""

    part: str
    name: str
    gauge: str
    labels: frozenset[tuple[str, str]] = frozenset()
    grows: Duration | None = None
    """The value is by how much it grew, in this time; None for how it stands."""
    states: frozenset[str] = frozenset()
    """Only counts of these states, where there are some."""
    beside: str = ""
    """A count that is there as soon as the part runs: beside it, what was never counted is 0, and not unknown."""


_OUTBOX = "town_outbox_oldest_due_seconds"

FIGURES = (
    Figure("ingest", "messages_per_s", "town_ingest_messages_received", grows=SECOND),
    Figure("ingest", "readings_per_s", "town_ingest_readings_stored", grows=SECOND),
    Figure("store", "store_latency_ms_p99", "town_store_write_milliseconds", frozenset({("quantile", "0.99")})),
    Figure("spool", "spool_batches", "town_ingest_spool_batches"),
    Figure("spool", "spool_bytes", "town_ingest_spool_bytes"),
    Figure("rules", "rules_per_s", "town_rules_readings_judged", grows=SECOND),
    Figure("rules", "transitions", "town_rules_alerts_raised", grows=EVERY),
    Figure("outbox", "outbox_queued", "town_notifications", beside=_OUTBOX),
    Figure("outbox", "outbox_dead", "town_notifications_total", frozenset({("state", "dead")}), beside=_OUTBOX),
)


_SENT = frozenset({DeliveryState.ACCEPTED.value, DeliveryState.DELIVERED.value})
_DEAD = frozenset({DeliveryState.DEAD.value})


def of_senders(counts: Sequence[Gauge]) -> Iterator[Figure]:
    """What waits for each channel by which somebody was told, what it took in ten seconds, and what it gave up."""
    ended, waiting = "town_notifications_total", "town_notifications"
    for channel in sorted({one.labels["channel"] for one in counts if one.name in (ended, waiting)}):
        part, labels = f"sender {channel}", frozenset({("channel", channel)})
        yield Figure(part, "sender_waiting", waiting, labels, beside=_OUTBOX)
        yield Figure(part, "sender_sent", ended, labels, grows=EVERY, states=_SENT, beside=_OUTBOX)
        yield Figure(part, "sender_dead", ended, labels, states=_DEAD, beside=_OUTBOX)


class Pipeline:
    """One process's own. `counts` are all of its figures; `ledger` is its ledger's file, if it takes readings in.

    `name` tells several ingest processes of a town apart, and is empty where there is one of a kind.
    """

    def __init__(
        self, counts: Callable[[], Sequence[Gauge]], own: OwnRows, *, ledger: Path | None, name: str, clock: Clock
    ) -> None:
        self._name = name
        self._counts, self._own, self._ledger, self._clock = counts, own, ledger, clock
        self._order = zlib.crc32(name.encode()) % (LARGEST_ORDER + 1)
        self._before: tuple[Moment, dict[Figure, float]] | None = None
        self._told_until: Moment | None = None

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self.tell()
            await asyncio.sleep((EVERY - self._clock() % EVERY) / SECOND)

    async def tell(self) -> None:
        """Tell how it is now, and of the minutes that are over since the last time."""
        now = self._clock()
        self._own.add(self._figures(now))
        if self._ledger is not None:
            self._own.add(await asyncio.to_thread(self._minutes, self._ledger, now))

    def _figures(self, now: Moment) -> list[OwnRow]:
        values = values_of(self._counts())
        before, self._before = self._before, (now, values)
        at = now // EVERY * EVERY
        return [
            OwnRow("brain_pipeline", {"part": self._part(figure), "figure": figure.name}, {"value": value}, at)
            for figure, value in standing(values, before, now=now)
        ]

    def _part(self, figure: Figure) -> str:
        return f"{figure.part} {self._name}".strip()

    def _minutes(self, ledger: Path, now: Moment) -> list[OwnRow]:
        until = (now - _SETTLED) // MINUTE * MINUTE
        start = until - _LOOKS_BACK if self._told_until is None else self._told_until
        if start >= until:
            return []
        try:
            minutes = read_ledger(ledger, start=start, end=until).minutes
        except ConfigError:  # nothing was counted yet
            return []
        self._told_until = until
        return [ledger_row(minute, order=self._order) for minute in minutes]


def values_of(counts: Sequence[Gauge]) -> dict[Figure, float]:
    """What each figure is made of, added up over gateways, channels and states; those that nobody counts left out."""
    found: dict[Figure, float] = {}
    there = {one.name for one in counts}
    for figure in (*FIGURES, *of_senders(counts)):
        parts = [one.value for one in counts if _is_of(one, figure)]
        if parts or figure.beside in there:
            found[figure] = float(sum(parts))
    return found


def _is_of(count: Gauge, figure: Figure) -> bool:
    if count.name != figure.gauge or not figure.labels <= count.labels.items():
        return False
    return not figure.states or count.labels.get("state") in figure.states


def standing(
    values: Mapping[Figure, float], before: tuple[Moment, Mapping[Figure, float]] | None, *, now: Moment
) -> Iterator[tuple[Figure, float]]:
    """Every figure with its value now; one that grows has none at the first look."""
    for figure, value in values.items():
        if figure.grows is None:
            yield figure, value
        elif before is not None and (figure in before[1] or figure.beside) and now > before[0]:
            yield figure, max(0.0, value - before[1].get(figure, 0.0)) * figure.grows / (now - before[0])


def ledger_row(minute: Minute, *, order: int) -> OwnRow:
    """One gateway's minute."""
    count, missing = minute.counts, sum(abs(each) for each in minute.missing)
    names = ("received", "rejected", "stored", "spooled", "replayed", "quarantined", "duplicates")
    fields: dict[str, Value] = {name: float(count[name]) for name in names}
    fields |= {"decoded": float(count["readings"]), "missing": float(missing), "balanced": minute.balanced}
    # A process that was started again within a minute has two rows of it.
    tags, order = {"gateway": minute.gateway or "none"}, (order + minute.run) % LARGEST_ORDER
    return OwnRow("ingest_ledger", tags, fields, minute.at, order)
