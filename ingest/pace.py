"""When the next write is due: each costs as much as a hundred readings, however few are in it."""

from ingest.connection import Connection

GAP, GAP_SHARED = 0.1, 0.25
"""Seconds from the beginning of a write to that of the next; where several processes share messages, each has fewer."""
MUCH = 4_000
"""Readings that are worth a write at any time, also beside one that is under way."""
_NEARLY = 0.75


class Pace:
    """Spaces writes while messages keep coming; a lone reading is written at once.

    A broker sends only so many messages ahead of our acknowledgements, and does not say how many. The most that were
    ever under way on a connection are taken for that; once nearly as many are, the broker may wait for us, and the next
    write is due. While it sends on during a write the most grows, and writes with it.
    """

    def __init__(self, *, gap: float = GAP) -> None:
        self._gap = gap
        self._connection: Connection | None = None
        self._under_way = self._most = 0
        self.next_at = float("-inf")
        """When the next write is due at the latest, on the loop's clock."""

    def came(self, connection: Connection, messages: int) -> None:
        """So many messages that are to be acknowledged wait for a write."""
        if connection is not self._connection:
            self._connection, self._under_way, self._most = connection, 0, 0
        self._under_way += messages
        self._most = max(self._most, self._under_way)

    def acknowledged(self, connection: Connection, messages: int) -> None:
        """The broker may send so many more."""
        if connection is self._connection:
            self._under_way -= messages

    def begun(self, now: float) -> None:
        """A write begins."""
        self.next_at = now + self._gap

    def due(self, readings: int, now: float) -> bool:
        """Whether the write that would bring so many readings into the store should begin, if none is under way."""
        return readings >= MUCH or now >= self.next_at or 0 < _NEARLY * self._most <= self._under_way
