"""What is remembered of Sparkplug edge nodes and their devices: births, aliases, sequence numbers, what was asked."""

from collections.abc import Iterable

import msgspec

from ingest.decoders.sparkplug_b_wire import Metric
from town.moment import SECOND, Moment

MOST_NODES = 1_000
"""Edge nodes of one gateway."""
MOST_DEVICES = 1_000
MOST_KNOWN = 20_000
"""Metrics that are remembered of one edge node with its devices."""
_REQUESTS = 3
_REQUEST_EVERY = 10 * SECOND


class Known(msgspec.Struct, frozen=True, gc=False):
    """What a birth said of a metric, so that data messages need not."""

    name: str
    datatype: int | None
    unit: str | None


class Owner:
    """A node itself, or one of its devices: the metrics of its birth, by name and by alias."""

    __slots__ = ("aliases", "born", "names")

    def __init__(self) -> None:
        self.born = False
        self.names: dict[str, Known] = {}
        self.aliases: dict[int, Known] = {}

    def learn(self, metrics: Iterable[tuple[Metric, str | None]]) -> None:
        """Take the metrics of a birth with their units; what was known before is void."""
        self.born = True
        self.names, self.aliases = {}, {}
        for metric, unit in metrics:
            if metric.name:
                known = Known(metric.name, metric.datatype, unit)
                self.names[metric.name] = known
                if metric.alias is not None:
                    self.aliases[metric.alias] = known

    def find(self, metric: Metric) -> Known | None:
        """What is known of a metric, by its name or else its alias."""
        if metric.name:
            return self.names.get(metric.name)
        return None if metric.alias is None else self.aliases.get(metric.alias)


class Node:
    """One edge node. Aliases are its own and its devices' together, each once (3.0, chapter 6.4.6)."""

    def __init__(self) -> None:
        self.owner = Owner()
        self.devices: dict[str, Owner] = {}
        self.bd_seq: int | None = None
        self._seq: int | None = None
        self._asked: set[str] = set()
        self._requests, self._counted_at = float(_REQUESTS), 0

    def missing(self, seq: int | None) -> int:
        """Take the number of the next message; how many before it did not come. A repeated number is no gap."""
        if seq is None or seq == self._seq:
            return 0
        expected = seq if self._seq is None else (self._seq + 1) % 256
        self._seq = seq
        return (seq - expected) % 256

    def begin(self, seq: int | None, bd_seq: int | None) -> None:
        """A birth of the node: its devices have to be born anew."""
        self._seq, self.bd_seq = seq, bd_seq
        for device in self.devices.values():
            device.born = False
            device.aliases = {}

    def answered(self) -> None:
        """The birth is a good one: what was asked is answered."""
        self._asked.clear()

    def end(self) -> None:
        """The node is gone and so are its devices."""
        self.owner.born = False
        for device in self.devices.values():
            device.born = False

    def device(self, name: str) -> Owner | None:
        """A device, also one that is new; None when there are too many."""
        if name not in self.devices and len(self.devices) >= MOST_DEVICES:
            return None
        return self.devices.setdefault(name, Owner())

    def has_room(self, owner: Owner, metrics: int) -> bool:
        """Whether a birth of so many metrics can be remembered."""
        others = sum(len(each.names) for each in (self.owner, *self.devices.values()) if each is not owner)
        return others + metrics <= MOST_KNOWN

    def taken(self, owner: Owner, metrics: Iterable[Metric]) -> int | None:
        """The first alias of a birth that is used twice or belongs to another owner; None when all are free."""
        seen: set[int] = set()
        others = [each.aliases for each in (self.owner, *self.devices.values()) if each is not owner]
        for alias in [metric.alias for metric in metrics if metric.alias is not None]:
            if alias in seen or any(alias in aliases for aliases in others):
                return alias
            seen.add(alias)
        return None

    def may_ask(self, why: str, now: Moment) -> bool:
        """Whether to ask for a rebirth: once for a cause until the node is born again, at most every ten seconds.

        A few may follow each other at once, so that the second cause of a bad start does not wait.
        """
        gained = max(0, now - self._counted_at) / _REQUEST_EVERY
        self._requests, self._counted_at = min(float(_REQUESTS), self._requests + gained), now
        if why in self._asked and self._requests < _REQUESTS:
            return False
        if self._requests < 1:
            return False
        if len(self._asked) < MOST_DEVICES:
            self._asked.add(why)
        self._requests -= 1
        return True
