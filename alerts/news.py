"""What happened to alerts and the store or the broker has not been told yet.

The database itself notes every timeline entry, in the transaction that wrote it, and forgets it when both have it. So a
restart, or a store that was away, misses none; what was told and not yet forgotten when the power went is told again.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Column, Connection, Select, bindparam, delete, false, func, select, true, update

from alerts import tables
from alerts.record import Record, alert_of, from_row
from town.alert import Alert, TimelineEntry

Reader = Literal["store", "broker"]

MOST_KEPT = 1_000_000
"""So many are remembered for a reader that is away, the newest."""
AT_ONCE = 500
"""So many are told at a time."""
_PRUNED_EVERY = 10_000


class News(NamedTuple):
    """One thing that happened, and the alert as it is now. `number` grows from one to the next, for ever."""

    number: int
    alert: Alert
    entry: TimelineEntry


def unread(connection: Connection, reader: Reader, *, told: Collection[int] = ()) -> list[News]:
    """The oldest that a reader does not have, in their order; a few hundred at most.

    Those it was `told` are left out: the book does not know of them yet.
    """
    rows = connection.execute(_unread(reader), {"told": list(told)}).all()
    if not rows:
        return []
    records = _records(connection, {row.alert for row in rows})
    alerts = {name: alert_of(record) for name, record in records.items()}
    entries = [
        TimelineEntry(number=row.entry, at=row.at, event=row.event, by=row.by, detail=row.detail) for row in rows
    ]
    return [News(row.number, alerts[row.alert], entry) for row, entry in zip(rows, entries, strict=True)]


@cache
def _unread(reader: Reader) -> Select[Any]:
    """Made once: making a statement takes longer than running it."""
    news, line = tables.news.c, tables.timeline.c
    columns = (news.number, line.alert, line.number.label("entry"), line.at, line.event, line.by, line.detail)
    joined = tables.news.join(tables.timeline, (news.alert == line.alert) & (news.entry == line.number))
    untold = news.number.not_in(bindparam("told", expanding=True))
    return select(*columns).select_from(joined).where(_wanted(reader), untold).order_by(news.number).limit(AT_ONCE)


def _wanted(reader: Reader) -> Column[bool]:
    return tables.news.c.for_store if reader == "store" else tables.news.c.for_broker


def _records(connection: Connection, names: set[str]) -> dict[str, Record]:
    rows = connection.execute(_alerts(), {"names": list(names)}).mappings()
    return {row["id"]: from_row(row) for row in rows}


@cache
def _alerts() -> Select[Any]:
    return select(tables.alert).where(tables.alert.c.id.in_(bindparam("names", expanding=True)))


def mark_read(connection: Connection, reader: Reader, numbers: Sequence[int]) -> None:
    """Note that a reader has these, and forget what all have, and what is beyond MOST_KEPT."""
    if not numbers:
        return
    news = tables.news
    mine = "for_store" if reader == "store" else "for_broker"
    these = news.c.number.in_(numbers)
    # Locked in their order, and nothing else is touched: two readers wait for each other, and never for ever.
    connection.execute(select(news.c.number).where(these).order_by(news.c.number).with_for_update())
    connection.execute(update(news).where(these).values({mine: false()}))
    connection.execute(delete(news).where(these, news.c.for_store == false(), news.c.for_broker == false()))
    newest = max(numbers)
    if newest % _PRUNED_EVERY < len(numbers):
        connection.execute(delete(news).where(news.c.number <= newest - MOST_KEPT))


def count_unread(connection: Connection, reader: Reader) -> int:
    """How many a reader does not have."""
    query = select(func.count()).select_from(tables.news).where(_wanted(reader) == true())
    return int(connection.execute(query).scalar_one())
