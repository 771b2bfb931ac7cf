"""The loss ledger: counters that balance, so that nothing can go missing without being seen."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ingest.reason import Reason, Scope
from town.ports import Gauge

NO_GATEWAY = ""
"""What is counted under it came on a topic of no gateway."""


class Account:
    """Counters of one gateway since the start.

    Messages: received = decoded + rejected.
    Readings: decoded + carried = stored + quarantined + waiting + in the spool.
    """

    __slots__ = (
        "bytes",
        "carried",
        "clocks",
        "decoded",
        "extras",
        "gaps",
        "quarantined",
        "readings",
        "received",
        "redelivered",
        "refused",
        "rejected",
        "replayed",
        "retained",
        "spooled",
        "stored",
    )

    def __init__(self) -> None:
        self.received = self.bytes = self.decoded = self.readings = self.stored = 0
        self.carried = 0
        """Readings that were in the spool at the start."""
        self.spooled = self.replayed = 0
        """Readings that went into the spool, and those of the stored that came out of it."""
        self.gaps = 0
        """Messages that a format's own numbering says are missing."""
        self.retained = 0
        """Of the received: kept by the broker for new subscribers, so no news."""
        self.redelivered = 0
        """Of the received: sent again by the broker because an acknowledgement did not reach it."""
        self.extras = 0
        """Values of a quantity that the sensor's kind does not have, where the format is known to be chatty."""
        self.rejected: Counter[Reason] = Counter()
        """Messages."""
        self.quarantined: Counter[Reason] = Counter()
        """Readings."""
        self.refused: Counter[Reason] = Counter()
        """Values of readings that were stored without them."""
        self.clocks: Counter[Reason] = Counter()
        """Readings that were stored with the moment of receipt."""

    @property
    def duplicates(self) -> int:
        """Messages and readings that had come before."""
        return self.rejected[Reason.DUPLICATE] + self.quarantined[Reason.DUPLICATE]

    def count(self, scope: Scope, reason: Reason) -> None:
        """Count one refusal."""
        match scope:
            case Scope.MESSAGE:
                self.rejected[reason] += 1
            case Scope.READING:
                self.quarantined[reason] += 1
            case Scope.VALUE:
                self.refused[reason] += 1
            case Scope.CLOCK:
                self.clocks[reason] += 1


class Balance(NamedTuple):
    """The sums of all accounts; `balanced` when nothing is missing, `settled` when nothing is under way either."""

    received: int
    retained: int
    redelivered: int
    decoded: int
    rejected: int
    messages_waiting: int
    readings: int
    carried: int
    stored: int
    quarantined: int
    readings_waiting: int
    in_spool: int

    @property
    def balanced(self) -> bool:
        """Every message and every reading is accounted for."""
        return (
            self.received == self.decoded + self.rejected + self.messages_waiting
            and self.readings + self.carried == self.stored + self.quarantined + self.readings_waiting + self.in_spool
        )

    @property
    def settled(self) -> bool:
        """Nothing waits to be decoded or stored, in memory or on disk."""
        return self.messages_waiting == 0 and self.readings_waiting == 0 and self.in_spool == 0


class Imbalance(NamedTuple):
    """What does not add up for a gateway: `what` is `messages` or `readings`, `missing` how many too few (or many)."""

    gateway: str
    what: str
    missing: int


class Ledger:
    """All accounts, by gateway, and what is counted of the line as a whole."""

    def __init__(self, gateways: Iterable[str]) -> None:
        self.accounts = {gateway: Account() for gateway in (*gateways, NO_GATEWAY)}
        self.received = 0
        """Messages taken off the wire, decoded or not yet."""
        self.messages_waiting = 0
        """Counted by the inbox, not derived: the balance is a check of it."""
        self.readings_waiting = 0
        self.in_spool: Mapping[str, int] = {}
        """Readings in the spool by gateway, as the spool itself counts them."""
        self.batches = self.store_writes = self.store_failures = self.connections = self.quarantine_failures = 0

    def account(self, gateway: str) -> Account:
        """The account of a gateway, also of one that is no longer in the town but has readings in the spool."""
        return self.accounts.setdefault(gateway, Account())

    def carry(self, in_spool: Mapping[str, int]) -> None:
        """Begin with what is in the spool."""
        self.in_spool = in_spool
        for gateway, readings in in_spool.items():
            self.account(gateway).carried = readings

    def imbalances(self, waiting: Mapping[str, int]) -> list[Imbalance]:
        """What does not add up; `waiting` are the readings in memory by gateway, counted one by one."""
        found = []
        for gateway, account in self.accounts.items():
            messages = account.received - account.decoded - account.rejected.total()
            there = (
                account.stored + account.quarantined.total() + waiting.get(gateway, 0) + self.in_spool.get(gateway, 0)
            )
            for what, missing in (("messages", messages), ("readings", account.readings + account.carried - there)):
                if missing:
                    found.append(Imbalance(gateway, what, missing))
        return found

    def balance(self) -> Balance:
        """The sums as they are now."""
        accounts = self.accounts.values()
        return Balance(
            received=self.received,
            retained=sum(each.retained for each in accounts),
            redelivered=sum(each.redelivered for each in accounts),
            decoded=sum(each.decoded for each in accounts),
            rejected=sum(each.rejected.total() for each in accounts),
            messages_waiting=self.messages_waiting,
            readings=sum(each.readings for each in accounts),
            carried=sum(each.carried for each in accounts),
            stored=sum(each.stored for each in accounts),
            quarantined=sum(each.quarantined.total() for each in accounts),
            readings_waiting=self.readings_waiting,
            in_spool=sum(self.in_spool.values()),
        )

    def figures(self) -> list[Gauge]:
        """Everything counted, for /metrics."""
        found = [
            _counter("connections", self.connections, "Connections made to the broker."),
            _counter("batches", self.batches, "Batches that went to the rules and the store."),
            _counter("store_writes", self.store_writes, "Writes the store took."),
            _counter("store_failures", self.store_failures, "Writes the store did not take; each is tried again."),
            _counter("quarantine_failures", self.quarantine_failures, "Refusals counted but not kept for looking at."),
            Gauge("town_ingest_messages_waiting", self.messages_waiting, help="Messages received, not decoded yet."),
            Gauge("town_ingest_readings_waiting", self.readings_waiting, help="Readings decoded, not stored yet."),
        ]
        for gateway, account in self.accounts.items():
            found += _of_account({"gateway": gateway}, account)
        return found


def _counter(name: str, value: int, explanation: str, labels: dict[str, str] | None = None) -> Gauge:
    return Gauge(f"town_ingest_{name}", value, labels or {}, "counter", explanation)


def _of_account(gateway: dict[str, str], account: Account) -> list[Gauge]:
    found = [
        _counter("messages_received", account.received, "Messages taken for decoding.", gateway),
        _counter("messages_retained", account.retained, "Of these, kept by the broker for us.", gateway),
        _counter("messages_redelivered", account.redelivered, "Of these, sent again by the broker.", gateway),
        _counter("messages_decoded", account.decoded, "Messages that could be read.", gateway),
        _counter("received_bytes", account.bytes, "Bytes of payload.", gateway),
        _counter("readings_decoded", account.readings, "Readings found in messages.", gateway),
        _counter("readings_stored", account.stored, "Readings the store has.", gateway),
        _counter("readings_spooled", account.spooled, "Readings that went into the spool.", gateway),
        _counter("readings_replayed", account.replayed, "Of the stored, those that came out of the spool.", gateway),
        _counter("messages_missing", account.gaps, "Messages that the format's own numbering misses.", gateway),
        _counter("duplicates", account.duplicates, "Messages and readings that had come before.", gateway),
        _counter("values_extra", account.extras, "Values the sensor's kind has no place for.", gateway),
    ]
    for name, counts, explanation in (
        ("messages_rejected", account.rejected, "Messages that could not be read, by reason."),
        ("readings_quarantined", account.quarantined, "Readings that were not stored, by reason."),
        ("values_refused", account.refused, "Values left out of stored readings, by reason."),
        ("clocks_replaced", account.clocks, "Readings stored with the moment of receipt, by reason."),
    ):
        found += [_counter(name, n, explanation, {**gateway, "reason": reason}) for reason, n in counts.items()]
    return found
