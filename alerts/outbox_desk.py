"""What people see of the outbox and do about it: what waits, what was given up, who rests, and once more please."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, or_, select, update

from alerts import tables
from alerts.book import Book
from alerts.digest import DIGEST
from alerts.questions import notification_of
from alerts.rows import OUTSTANDING
from alerts.sending import AnswerKind
from town.alert import DeliveryState, Notification
from town.moment import Moment
from town.outbox import OutboxFilter, Rest
from town.ports import ActionRefused

MOST = 1_000
RETRY = "retry"
"""The kind of an attempt's line in the ledger that says who asked for another."""


class OutboxDesk:
    """The answers and actions of `town.outbox.OutboxKeeper` on a book."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def notifications(self, wanted: OutboxFilter) -> Sequence[Notification]:
        """Those that fit, digests among them and not what they hold; the oldest first."""
        return await self._book.database.read(lambda link: _find(link, wanted))

    async def held(self, digest: str) -> Sequence[Notification]:
        """What the digests of that number, or the one with that key, stand for."""
        table = tables.notification
        mine = or_(table.c.digest == digest, table.c.digest.startswith(f"{digest}:", autoescape=True))
        query = select(table).where(mine).order_by(table.c.alert, table.c.number, table.c.id).limit(MOST)
        return await self._book.database.read(
            lambda link: [notification_of(row) for row in link.execute(query).mappings()]
        )

    async def resting(self) -> Sequence[Rest]:
        """Who rests now."""
        table, now = tables.pause, self._book.clock()
        query = select(table).where(table.c.until > now).order_by(table.c.channel, table.c.target)
        return await self._book.database.read(lambda link: [Rest(**row) for row in link.execute(query).mappings()])

    async def retry(self, notifications: Sequence[str], *, by: str) -> Sequence[Notification]:
        """Try again at once what was given up or waits for its next attempt."""
        now = self._book.clock()
        tried = await self._book.database.write(
            lambda link: [_retry(link, name, by=by, now=now) for name in dict.fromkeys(notifications)]
        )
        self._book.announce({one.alert for one in tried})
        return tried


def _find(connection: Connection, wanted: OutboxFilter) -> list[Notification]:
    table = tables.notification
    query = select(table).where(table.c.state.in_(wanted.states))
    if not wanted.states - set(OUTSTANDING):  # what a digest holds waits for nothing but the digest
        query = query.where(table.c.digest.is_(None))
    if wanted.target is not None:
        query = query.where(table.c.target == wanted.target)
    if wanted.channel is not None:
        query = query.where(table.c.channel == wanted.channel)
    query = query.order_by(table.c.due_at, table.c.id).limit(max(0, min(wanted.limit, MOST)))
    return [notification_of(row) for row in connection.execute(query).mappings()]


def _retry(connection: Connection, name: str, *, by: str, now: Moment) -> Notification:
    table = tables.notification
    row = connection.execute(select(table).where(table.c.id == name).with_for_update()).mappings().one_or_none()
    if row is None:
        raise ActionRefused("unknown_notification", f"there is no notification {name[:80]}")
    if row["event"] == DIGEST and row["state"] == DeliveryState.DEAD:
        raise ActionRefused("digest", f"{name} is a digest: try again what it holds")
    if row["state"] not in (DeliveryState.DEAD, DeliveryState.FAILED):
        raise ActionRefused("not_failed", f"{name} is {row['state']}")
    again = {"state": DeliveryState.FAILED, "due_at": now, "attempts": row["attempts"] + 1, "digest": None}
    changed = update(table).where(table.c.id == name).values(again).returning(table)
    said = {"notification": name, "number": row["attempts"] + 1, "at": now, "kind": RETRY}
    connection.execute(insert(tables.attempt).values(**said, answer=f"asked for by {by}"))
    rest = tables.pause.c
    mine = (rest.target == row["target"], rest.channel == row["channel"], rest.kind == AnswerKind.REFUSED_CONFIG.value)
    connection.execute(delete(tables.pause).where(*mine))
    return notification_of(connection.execute(changed).mappings().one())
