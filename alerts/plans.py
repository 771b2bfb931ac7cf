"""The planned rows of the alerts that one transaction holds: loaded, added, ended, written together."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from alerts import tables
from alerts.groups import join
from alerts.planned import Kind, Planned
from alerts.prepared import Prepared
from alerts.route import Told
from alerts.rows import Row
from town.moment import Moment


class Plans:
    """What is still to be told of the alerts that are held."""

    def __init__(self, connection: Connection, *, now: Moment) -> None:
        self._connection, self._now = connection, now
        self._waiting: dict[str, dict[str, Planned]] = defaultdict(dict)
        self._new: dict[str, Planned] = {}
        self._ended: dict[str, str] = {}
        self._hastened: set[str] = set()

    def load(self, alerts: Collection[str]) -> None:
        """What waits for these alerts."""
        for row in self._connection.execute(_waiting(), {"alerts": list(alerts)}).mappings():
            self._waiting[row["alert"]][row["id"]] = planned_of(row)

    def waiting(self, alert: str) -> list[Planned]:
        """What waits for one alert, in no order."""
        return list(self._waiting[alert].values())

    def due(self) -> list[Planned]:
        """Everything that is due, the oldest first."""
        due = (one for alert in self._waiting.values() for one in alert.values() if one.due_at <= self._now)
        return sorted(due, key=lambda one: (one.due_at, one.id))

    def add(self, planned: Planned) -> None:
        """Plan something more."""
        self._new[planned.id] = planned
        self._waiting[planned.alert][planned.id] = planned

    def together(self, planned: Planned) -> Planned:
        """The plan with the moment of those that wait for the same message."""
        return join(self._connection, planned, self._new.values())

    def end(self, planned: Planned, how: str) -> None:
        """It was told, or need not be told any more."""
        self._waiting[planned.alert].pop(planned.id, None)
        self._ended[planned.id] = how

    def hasten(self, planned: Planned) -> None:
        """It is due now."""
        sooner = msgspec.structs.replace(planned, due_at=min(planned.due_at, self._now))
        self._waiting[planned.alert][planned.id] = sooner
        if planned.id in self._new:
            self._new[planned.id] = sooner
        else:
            self._hastened.add(planned.id)

    def flush(self) -> None:
        """Write everything."""
        table = tables.planned
        if self._new:
            rows = [{**_row(one), **self._end_of(one.id)} for one in self._new.values()]
            self._connection.execute(insert(table), rows)
        ended = [{"of": name, **self._end_of(name)} for name in self._ended if name not in self._new]
        if ended:
            values: dict[str, Any] = {"ended": bindparam("ended"), "ended_at": bindparam("ended_at")}
            self._connection.execute(update(table).where(table.c.id == bindparam("of")).values(values), ended)
        if self._hastened:
            sooner = update(table).where(table.c.id.in_(self._hastened), table.c.due_at > self._now)
            self._connection.execute(sooner.values(due_at=self._now))

    def _end_of(self, name: str) -> dict[str, Any]:
        how = self._ended.get(name)
        return {"ended": how, "ended_at": None if how is None else self._now}


@cache
def _waiting() -> Select[Any]:
    """What waits for `alerts`, in order."""
    table = tables.planned
    query = select(table).where(table.c.alert.in_(bindparam("alerts", expanding=True)), table.c.ended.is_(None))
    return query.order_by(table.c.due_at, table.c.id)


def alerts_due(connection: Connection, *, now: Moment, limit: int) -> list[str]:
    """The alerts of which something is due, the oldest first.

    Nothing is held: who works on an alert holds the alert first, and looks then at what is still planned.
    """
    table = tables.planned.c
    query = select(table.alert).where(table.ended.is_(None), table.due_at <= now).group_by(table.alert)
    return list(connection.execute(query.order_by(func.min(table.due_at)).limit(limit)).scalars())


def next_plan_at(connection: Connection) -> Moment | None:
    """When the first of everything that waits is due."""
    found: Moment | None = _NEXT.rows(connection)[0]["at"]
    return found


_NEXT = Prepared(lambda: select(func.min(tables.planned.c.due_at).label("at")).where(tables.planned.c.ended.is_(None)))


def waiting_plans(connection: Connection, alert: str) -> Sequence[Planned]:
    """What is still to be told of one alert, in order."""
    table = tables.planned
    query = select(table).where(table.c.alert == alert, table.c.ended.is_(None))
    return [planned_of(row) for row in connection.execute(query.order_by(table.c.due_at, table.c.id)).mappings()]


def planned_of(row: Row) -> Planned:
    """The plan of a row."""
    kept = {name: row[name] for name in Planned.__struct_fields__}
    words = {"kind": Kind(row["kind"]), "told": Told(row["told"])}
    return Planned(**{**kept, **words, "to": tuple(row["to"]), "channels": tuple(row["channels"])})


def _row(planned: Planned) -> dict[str, Any]:
    row = msgspec.structs.asdict(planned)
    words = {"kind": planned.kind.value, "told": planned.told.value}
    return {**row, **words, "to": list(planned.to), "channels": list(planned.channels)}
