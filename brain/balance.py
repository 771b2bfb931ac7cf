"""The balance of a play: what was sent against what became of it, message by message and reading by reading."""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import msgspec

from alerts.book import Book
from alerts.questions import Timing
from brain.latency import Latency
from brain.receiver import LocalReceiver
from brain.wiring import Brain
from ingest import ledger
from simulators.play import Sent
from town.alert import Category, DeliveryState
from town.moment import Moment
from town.ports import AlertFilter

OVER = frozenset({DeliveryState.ACCEPTED, DeliveryState.DELIVERED})
"""What counts as delivered: the receiver has said that it has it."""


class Balance(msgspec.Struct, frozen=True):
    """What `town demo` prints. `balanced` is true only when nothing is missing anywhere."""

    messages: dict[str, int]
    readings: dict[str, int]
    alerts: dict[str, int]
    notifications: dict[str, int]
    latency_ms: dict[str, dict[str, int | None]]
    balanced: bool

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


class Seen(NamedTuple):
    """A line at one moment: its ledger, whether all is judged, how long alerts took, what reached our receivers."""

    ledger: ledger.Balance
    judged: bool
    reading_to_alert: dict[str, int | None]
    received: int
    by_reading: Callable[[Moment], bool] = lambda _: True
    """Whether a decision of that moment was made on a reading, and not on silence, as far as that is known."""


class Line(Protocol):
    """A running line whose balance can be struck."""

    @property
    def book(self) -> Book:
        """Its alert book."""

    async def look(self) -> Seen:
        """How it is now."""


class OneProcess(NamedTuple):
    """The line of a brain in this process."""

    brain: Brain
    receiver: LocalReceiver

    @property
    def book(self) -> Book:
        """Its alert book."""
        return self.brain.book

    async def look(self) -> Seen:
        """How it is now."""
        judge, raised_on = self.brain.judge, self.brain.judge.raised_on
        counted, to_alert = self.brain.intake.ledger.balance(), judge.reading_to_alert.summary()
        return Seen(counted, judge.idle, to_alert, len(self.receiver.keys), raised_on.__contains__)


async def strike(line: Line, sent: Sent, *, since: Moment, now: Moment) -> Balance:
    """Strike the balance of everything since then; `now` says which notifications were due."""
    seen, timings = await line.look(), await _due(line.book, since=since, now=now)
    counted, states = seen.ledger, Counter(each.state for each in timings)
    delivered = sum(states[state] for state in OVER)
    failed = states[DeliveryState.DEAD] + states[DeliveryState.FAILED]
    to_notification = Latency()
    for timing in timings:
        by_reading, at_once = seen.by_reading(timing.decided_at), timing.due_at <= timing.created_at
        if timing.answered_at is not None and by_reading and at_once:
            to_notification.add(timing.answered_at - timing.decided_at)
    alerts = Counter(each.category for each in await line.book.alerts(AlertFilter(limit=10_000)) if each.raised_at)
    received = _sent_now(counted)
    return Balance(
        messages={"sent": sent.messages + sent.wills, "received": received, "rejected": counted.rejected},
        readings={"decoded": counted.readings, "stored": counted.stored, "quarantined": counted.quarantined},
        alerts={category.value: alerts[category] for category in Category},
        notifications={"queued": len(timings), "delivered": delivered, "failed": failed},
        latency_ms={"reading_to_alert": seen.reading_to_alert, "reading_to_notification": to_notification.summary()},
        balanced=(
            counted.balanced
            and counted.settled
            and sent.messages + sent.wills == received
            and sent.dropped == 0
            and counted.readings == counted.stored + counted.quarantined
            and delivered == len(timings) <= seen.received
        ),
    )


async def settled(line: Line, sent: Sent, *, since: Moment, now: Moment) -> bool:
    """Whether all that was sent has arrived, is judged and stored, and who was due by `now` was told."""
    seen = await line.look()
    if _sent_now(seen.ledger) < sent.messages + sent.wills or not seen.ledger.settled or not seen.judged:
        return False
    over = OVER | {DeliveryState.DEAD}
    return all(each.state in over for each in await _due(line.book, since=since, now=now))


def _sent_now(counted: ledger.Balance) -> int:
    """What the broker kept from before, and what it sent twice, was not sent by this play."""
    return counted.received - counted.retained - counted.redelivered


async def _due(book: Book, *, since: Moment, now: Moment) -> list[Timing]:
    """Notifications that were due, tried or not; those withdrawn before their time were not."""
    return [
        each
        for each in await book.timings(since)
        if each.state is not DeliveryState.SUPPRESSED and (each.due_at <= now or each.answered_at is not None)
    ]
