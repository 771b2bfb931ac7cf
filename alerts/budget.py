"""What each credential has sent lately, kept in the book: so it holds over restarts and between processes."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from alerts import tables
from alerts.allowance import Allowance, Use
from alerts.people import Way
from town.moment import Moment


class Budget:
    """What may be sent within one transaction; `allowances` are those of the ways that have a limit.

    Make a new one for each transaction: it holds what that has read and not yet written.
    """

    def __init__(self, allowances: Mapping[Way, Allowance], *, now: Moment) -> None:
        self._allowances, self._now = allowances, now
        self._spent: dict[str, list[Moment]] = {}
        self._changed: dict[str, Allowance] = {}
        self._empty: dict[Use, set[str]] = {use: set() for use in Use}
        self._few: set[tuple[Way, Use]] = set()
        self.free_at: Moment | None = None
        """When the first credential that has nothing left may send again; None when none has run out."""

    def spend(self, connection: Connection, way: Way, use: Use) -> bool:
        """Whether one message may go that way now; if so, it counts."""
        allowance = self._allowances.get(way)
        if allowance is None:
            return True
        spent = self._load(connection, allowance)
        free_at = allowance.free_at(spent, self._now, use.gathered if (way, use) in self._few else use)
        if free_at > self._now:
            self._empty[use].add(allowance.key)
            self.wake_at(free_at)
            return False
        spent.append(self._now)
        self._changed[allowance.key] = allowance
        return True

    def left(self, connection: Connection, way: Way, use: Use) -> int:
        """How many messages may go that way now, for that use."""
        allowance = self._allowances[way]
        spent = self._load(connection, allowance)
        if not (left := allowance.left(spent, self._now, use)):
            self.wake_at(allowance.free_at(spent, self._now, use))
        return left

    def wake_at(self, moment: Moment) -> None:
        """There will be something to do at that moment."""
        self.free_at = moment if self.free_at is None else min(self.free_at, moment)

    def exhausted(self, use: Use) -> list[Way]:
        """Every way whose credential turned out to have nothing left for that use."""
        return [way for way, allowance in self._allowances.items() if allowance.key in self._empty[use]]

    def hold_back(self, way: Way) -> bool:
        """Whether what has waited too long to be told alone is to be looked at first; once a transaction."""
        if way not in self._allowances or (way, Use.ALONE) in self._few:
            return False
        self._empty[Use.ALONE].add(self._allowances[way].key)
        return True

    def let_few_go(self, connection: Connection, way: Way, use: Use) -> bool:
        """What waits there is too little for a digest: it may go alone on what digests may use. False if it may not."""
        allowance = self._allowances[way]
        if (way, use) in self._few or not allowance.left(self._load(connection, allowance), self._now, use.gathered):
            return False
        self._few.add((way, use))
        self._empty[use].discard(allowance.key)
        return True

    def save(self, connection: Connection) -> None:
        """Write down what was spent; what no longer counts is forgotten."""
        table = tables.allowance
        for key, allowance in self._changed.items():
            spent = allowance.remembered(self._spent[key], self._now)
            connection.execute(update(table).where(table.c.credential == key).values(spent=spent))

    def _load(self, connection: Connection, allowance: Allowance) -> list[Moment]:
        """What was spent, held against other processes until this transaction ends."""
        key, table = allowance.key, tables.allowance
        if key not in self._spent:
            query = select(table.c.spent).where(table.c.credential == key).with_for_update()
            found = connection.execute(query).scalar_one_or_none()
            if found is None:  # two processes may meet here: one of them does its transaction again
                connection.execute(insert(table).values(credential=key, spent=[]))
            self._spent[key] = allowance.remembered(found or [], self._now)
        return self._spent[key]
