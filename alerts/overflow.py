"""What may not be sent alone, because a credential has sent enough: it is made into digests, which go instead."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Connection, RowMapping, Select, bindparam, func, insert, select, update

from alerts import tables
from alerts.allowance import Use
from alerts.budget import Budget
from alerts.content import Content
from alerts.digest import DIGEST, FEW, Digest, Waiting, digests_of, entries_of
from alerts.digest_text import NO_LIST
from alerts.people import People, Recipient, Way
from alerts.rows import NOW, outstanding
from town.alert import DeliveryState
from town.moment import SECOND, Duration, Moment
from town.town import Town

PATIENCE: dict[Use, Duration] = {Use.ALONE: 5 * SECOND, Use.URGENT: 2 * SECOND}
"""How long the oldest may wait for its turn before a digest is made: what comes meanwhile is told in the same one."""
MOST_ROWS = 5_000
"""So many notifications are looked at for one digest; what is beyond has its turn in the next."""
MOST_LISTS = 20
"""So many messages at most list what a short message or a call only counted."""
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
    if recipient.channel in NO_LIST:
        _list_elsewhere(connection, made, rows, way, gathering=gathering, urgent=use is Use.URGENT, now=now)
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


def _list_elsewhere(
    connection: Connection,
    made: Sequence[Digest],
    rows: Sequence[RowMapping],
    way: Way,
    *,
    gathering: Gathering,
    urgent: bool,
    now: Moment,
) -> None:
    """What only said how many there are is listed, every single one, over the next channel that has room for it."""
    ways = [one for one in gathering.people.channels_of(way.target) if one.channel not in NO_LIST]
    told = [entry for digest in made for entry in digest.entries]
    if not ways or not told:
        return
    for digest in digests_of(told, gathering.town, fits=lambda one: gathering.fits(one, ways[0]), most=MOST_LISTS):
        row = _digest_row(digest, {row["id"]: row for row in rows}, ways[0].way, urgent=urgent, now=now)
        row["id"] = row["id"].replace(f":{way.channel}:", f":{ways[0].channel}:", 1)
        table = tables.notification
        if connection.execute(select(table.c.id).where(table.c.id == row["id"])).scalar_one_or_none() is None:
            connection.execute(insert(table).values(row))


def write_digest(
    connection: Connection, digest: Digest, rows: Iterable[Any], way: Way, *, urgent: bool, now: Moment
) -> None:
    """The digest as a notification of its own, named after its first alert's, and what it stands for."""
    by_id = {row["id"]: row for row in rows}
    row = _digest_row(digest, by_id, way, urgent=urgent, now=now)
    connection.execute(insert(tables.notification).values(row))
    held = [note for entry in digest.entries for note in entry.notes]
    table = tables.notification
    for start in range(0, len(held), _CHUNK):
        ids = held[start : start + _CHUNK]
        connection.execute(update(table).where(table.c.id.in_(ids)).values(digest=row["id"]))


def _digest_row(digest: Digest, by_id: Mapping[str, Any], way: Way, *, urgent: bool, now: Moment) -> dict[str, Any]:
    """The notification that a digest is."""
    held = [by_id[note] for entry in digest.entries for note in entry.notes]
    first = by_id[digest.entries[0].notes[-1]]
    return {
        "id": digest_id(first["id"]),
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


def digest_id(notification: str) -> str:
    """The key of a digest, from that of the notification it begins with: no other digest ever holds that one."""
    return "D" + notification.removeprefix("A")
