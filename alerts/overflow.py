"""What may not be sent alone, because a credential has sent enough: it is made into digests, which go instead."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Connection, RowMapping, Select, bindparam, func, insert, select, update

from alerts import tables
from alerts.allowance import Use
from alerts.budget import Budget
from alerts.content import Content
from alerts.digest import DIGEST, FEW, Digest, Waiting, digests_of, entries_of
from alerts.people import People, Recipient, Way
from alerts.rows import NOW, outstanding
from town.alert import DeliveryState
from town.moment import SECOND, Duration, Moment
from town.town import Town

PATIENCE: dict[Use, Duration] = {Use.ALONE: 5 * SECOND, Use.URGENT: 2 * SECOND}
"""How long the oldest may wait for its turn before a digest is made: what comes meanwhile is told in the same one."""
MOST_ROWS = 5_000
"""So many notifications are looked at for one digest; what is beyond has its turn in the next."""
_CHUNK = 500

Fits = Callable[[Digest, Recipient], bool]
"""Whether a digest has room in one message to somebody."""


class Gathering(NamedTuple):
    """What digests are made with."""

    people: People
    town: Town
    fits: Fits


def gather(connection: Connection, way: Way, use: Use, *, gathering: Gathering, budget: Budget, now: Moment) -> bool:
    """Make digests of what waits for a way that has nothing left for messages alone; whether something may go now.

    Nothing is made while the oldest has not waited long enough, and while no digest could go.
    """
    count, oldest = connection.execute(_queue(), {"now": now, "urgent": use is Use.URGENT, **way._asdict()}).one()
    recipient = gathering.people.recipient(*way)
    if recipient is None or not count:
        return False
    if oldest + PATIENCE[use] > now:
        budget.wake_at(oldest + PATIENCE[use])
        return False
    if count < FEW or count <= budget.left(connection, way, use):
        return budget.let_few_go(connection, way, use)
    if not (left := budget.left(connection, way, use.gathered)):
        return False
    rows = _waiting(connection, way, use, now=now)
    entries = entries_of(_read(row) for row in rows)
    if len(entries) < FEW:  # the others follow something that is under way
        return budget.let_few_go(connection, way, use)
    made = digests_of(entries, gathering.town, fits=lambda one: gathering.fits(one, recipient), most=left)
    for digest in made:
        write_digest(connection, digest, rows, way, urgent=use is Use.URGENT, now=now)
    return bool(made)


@cache
def _queue() -> Select[Any]:
    """How many alerts wait for a `target` over a `channel`, and since when the oldest is due."""
    table = tables.notification.c
    columns: list[Any] = [func.count(table.alert.distinct()), func.min(table.due_at)]
    query = select(*columns).where(
        outstanding(table), table.target == bindparam("target"), table.channel == bindparam("channel")
    )
    tried = table.state.in_([DeliveryState.QUEUED, DeliveryState.FAILED])
    query = query.where(tried, table.due_at <= NOW, table.digest.is_(None), table.event != DIGEST)
    return query.where(table.urgent == bindparam("urgent", type_=Boolean))


def _waiting(connection: Connection, way: Way, use: Use, *, now: Moment) -> list[RowMapping]:
    """What is due that way and may be told now; what follows something that is still under way is not."""
    table = tables.notification.c
    columns = (table.id, table.alert, table.number, table.event, table.content, table.state, table.due_at)
    query = select(*columns, table.digest, table.decided_at, table.created_at, table.urgent).where(
        outstanding(table), table.target == way.target, table.channel == way.channel, table.event != DIGEST
    )
    query = query.order_by(table.due_at, table.number).limit(MOST_ROWS).with_for_update(skip_locked=True)
    rows = connection.execute(query).mappings().all()
    tried = (DeliveryState.QUEUED, DeliveryState.FAILED)
    free = [row for row in rows if row["digest"] is None and row["state"] in tried and row["due_at"] <= now]
    free = [row for row in free if row["urgent"] == (use is Use.URGENT)]
    mine = {row["id"] for row in free}
    held: dict[str, int] = {}
    for row in rows:
        if row["id"] not in mine:
            held[row["alert"]] = min(row["number"], held.get(row["alert"], row["number"]))
    return [row for row in free if row["number"] < held.get(row["alert"], row["number"] + 1)]


def _read(row: RowMapping) -> Waiting:
    return Waiting(row["id"], row["number"], row["event"], Content.model_validate(row["content"]))


def write_digest(
    connection: Connection, digest: Digest, rows: Iterable[Any], way: Way, *, urgent: bool, now: Moment
) -> None:
    """The digest as a notification of its own, named after its first alert's, and what it stands for."""
    by_id = {row["id"]: row for row in rows}
    held = [by_id[note] for entry in digest.entries for note in entry.notes]
    first = by_id[digest.entries[0].notes[-1]]
    name = digest_id(first["id"])
    row = {
        "id": name,
        "number": first["number"],
        "alert": first["alert"],
        "target": way.target,
        "channel": way.channel,
        "event": DIGEST,
        "urgent": urgent,
        "state": DeliveryState.QUEUED,
        "content": digest.model_dump(mode="json"),
        "decided_at": min(one["decided_at"] for one in held),
        "created_at": now,
        "due_at": min(one["due_at"] for one in held),
        "attempts": 0,
        "possibly_doubled": False,
    }
    connection.execute(insert(tables.notification).values(row))
    table = tables.notification
    for start in range(0, len(held), _CHUNK):
        ids = [one["id"] for one in held[start : start + _CHUNK]]
        connection.execute(update(table).where(table.c.id.in_(ids)).values(digest=name))


def digest_id(notification: str) -> str:
    """The key of a digest, from that of the notification it begins with: no other digest ever holds that one."""
    return "D" + notification.removeprefix("A")
