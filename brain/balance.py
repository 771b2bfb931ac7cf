"""The balance of a play: what was sent against what became of it, message by message and reading by reading."""

from collections import Counter
from typing import Any

import msgspec

from alerts.questions import Timing
from brain.latency import Latency
from brain.receiver import LocalReceiver
from brain.wiring import Brain
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


async def strike(brain: Brain, sent: Sent, receiver: LocalReceiver, *, since: Moment, now: Moment) -> Balance:
    """Strike the balance of everything since then; `now` says which notifications were due."""
    ledger = brain.intake.ledger.balance()
    timings = await _due(brain, since=since, now=now)
    states = Counter(each.state for each in timings)
    delivered = sum(states[state] for state in OVER)
    failed = states[DeliveryState.DEAD] + states[DeliveryState.FAILED]
    to_notification = Latency()
    for timing in timings:
        by_reading, at_once = timing.decided_at in brain.judge.raised_on, timing.due_at <= timing.created_at
        if timing.answered_at is not None and by_reading and at_once:
            to_notification.add(timing.answered_at - timing.decided_at)
    alerts = Counter(each.category for each in await brain.book.alerts(AlertFilter(limit=10_000)) if each.raised_at)
    # What the broker kept from before, and what it sent twice, was not sent by this play.
    received = ledger.received - ledger.retained - ledger.redelivered
    return Balance(
        messages={"sent": sent.messages, "received": received, "rejected": ledger.rejected},
        readings={"decoded": ledger.readings, "stored": ledger.stored, "quarantined": ledger.quarantined},
        alerts={category.value: alerts[category] for category in Category},
        notifications={"queued": len(timings), "delivered": delivered, "failed": failed},
        latency_ms={
            "reading_to_alert": brain.judge.reading_to_alert.summary(),
            "reading_to_notification": to_notification.summary(),
        },
        balanced=(
            ledger.balanced
            and ledger.settled
            and sent.messages == received
            and sent.dropped == 0
            and ledger.readings == ledger.stored + ledger.quarantined
            and delivered == len(timings) <= len(receiver.keys)
        ),
    )


async def outstanding(brain: Brain, *, since: Moment, now: Moment) -> bool:
    """Whether anybody who was due by `now` is still to be told."""
    over = OVER | {DeliveryState.DEAD}
    return any(each.state not in over for each in await _due(brain, since=since, now=now))


async def _due(brain: Brain, *, since: Moment, now: Moment) -> list[Timing]:
    """Notifications that were due, tried or not; those withdrawn before their time were not."""
    return [
        each
        for each in await brain.book.timings(since)
        if each.state is not DeliveryState.SUPPRESSED and (each.due_at <= now or each.answered_at is not None)
    ]
