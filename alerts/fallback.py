"""The next channel: what is critical and cannot go one way, or will never be taken there, goes another way as well."""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, RowMapping, Select, and_, bindparam, exists, insert, or_, select, update

from alerts import tables
from alerts.digest import DIGEST
from alerts.people import People, Way
from alerts.rows import NOW, outstanding
from town.alert import DeliveryState
from town.moment import SECOND, Duration, Moment

PATIENCE: Duration = 20 * SECOND
"""What is critical and has not been taken after so long goes on to the next channel, whatever the reason is."""
NOWHERE = ""
"""There is no other channel."""


def pass_on_critical(connection: Connection, people: People, *, now: Moment) -> int:
    """Pass on what is critical and waits for somebody who rests, or has waited too long; how much that was."""
    rows = connection.execute(_stuck(), {"now": now, "since": now - PATIENCE}).mappings().all()
    return sum(_pass_on(connection, row, people, now=now) for row in rows)


def pass_on_refused(connection: Connection, notification: str, people: People, *, now: Moment) -> int:
    """Pass on a notification that will never be taken, or those that a digest stood for; how many that were."""
    table = tables.notification.c
    mine = or_(table.id == notification, table.digest == notification)
    query = select(tables.notification).where(mine, table.event != DIGEST, table.passed_on.is_(None))
    dead = query.where(table.state == DeliveryState.DEAD)
    rows = connection.execute(dead.order_by(table.number, table.id)).mappings().all()
    return sum(_pass_on(connection, row, people, now=now) for row in rows)


@cache
def _stuck() -> Select[Any]:
    """What is critical, not passed on yet, and rests `now` or waits `since` then."""
    table, rest = tables.notification.c, tables.pause.c
    resting = exists().where(rest.target == table.target, rest.channel == table.channel, rest.until > NOW)
    since = bindparam("since", type_=BigInteger)
    waits_long = or_(table.due_at <= since, and_(table.attempts > 0, table.created_at <= since))
    query = select(tables.notification).where(outstanding(table), table.urgent, table.passed_on.is_(None))
    query = query.where(table.event != DIGEST, table.state.in_([DeliveryState.QUEUED, DeliveryState.FAILED]))
    stuck = or_(and_(resting, or_(table.due_at <= NOW, table.attempts > 0)), waits_long)
    return query.where(stuck).order_by(table.due_at, table.number, table.id)


def _pass_on(connection: Connection, row: RowMapping, people: People, *, now: Moment) -> bool:
    """The same to the same target over the next channel, unless it is told over that one already."""
    table = tables.notification
    channel = people.next_channel(Way(row["target"], row["channel"])) or NOWHERE
    mine = update(table).where(table.c.id == row["id"])
    connection.execute(mine.values(passed_on=channel))
    if channel == NOWHERE:
        return False
    name = row["id"].replace(f":{row['channel']}:", f":{channel}:", 1)
    if connection.execute(select(table.c.id).where(table.c.id == name)).scalar_one_or_none() is not None:
        return False
    fresh = {"id": name, "channel": channel, "state": DeliveryState.QUEUED, "created_at": now, "due_at": now}
    kept = {key: row[key] for key in ("number", "alert", "target", "event", "urgent", "content", "decided_at")}
    connection.execute(insert(table).values(**kept, **fresh, attempts=0, possibly_doubled=False))
    return True
