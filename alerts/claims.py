"""Claiming what is due in the outbox: in what order, and how much at once. Two processes may do it."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from alerts import tables
from alerts.allowance import Use
from alerts.budget import Budget
from alerts.digest import DIGEST
from alerts.mentions import write_attempt
from alerts.overflow import PATIENCE, Gathering, gather
from alerts.people import Way
from alerts.prepared import Prepared
from alerts.room import Policy, Room
from alerts.rows import NOW, Row, outstanding, waiting
from town.alert import DeliveryState
from town.moment import Moment


class Claim(msgspec.Struct, frozen=True):
    """A notification that this process holds the lease of; `attempts` counts the one under way."""

    id: str
    alert: str
    target: str
    channel: str
    event: str
    content: dict[str, Any]
    created_at: Moment
    attempts: int
    lease_by: str
    claimed_at: Moment
    shortened: bool = False
    """It was too long for its provider: only the brief words of it are sent."""

    @property
    def way(self) -> Way:
        """To whom it goes, over which channel."""
        return Way(self.target, self.channel)


def claim_due(
    connection: Connection,
    *,
    name: str,
    now: Moment,
    room: int,
    busy: Mapping[Way, int],
    policy: Policy,
    budget: Budget,
    gathering: Gathering,
) -> list[Claim]:
    """Lease up to `room` due notifications, no more to anybody than there is room and allowance for.

    What is urgent goes first, in room of its own; then the oldest. What may not go alone is made into digests.
    """
    taken = Room(policy, gathering.people, busy=busy)
    claims: list[Claim] = []
    while _claim(connection, claims, taken, name=name, now=now, room=room, policy=policy, budget=budget) or _gather(
        connection, gathering=gathering, budget=budget, now=now
    ):
        pass
    budget.save(connection)
    return claims


def _claim(
    connection: Connection,
    claims: list[Claim],
    taken: Room,
    *,
    name: str,
    now: Moment,
    room: int,
    policy: Policy,
    budget: Budget,
) -> bool:
    """Lease what one look at the rows finds; whether there may be more."""
    left, urgent_left = room - len(claims), room + policy.urgent_at_once - len(claims)
    if urgent_left <= 0:
        return False
    blocked = {use.value: [*map(_key, {*budget.exhausted(use), *taken.full(use)})] for use in Use}
    asked = {"now": now, "urgent_only": left <= 0, "room": left if left > 0 else urgent_left}
    rows = _due(connection, asked, blocked)
    for row in rows:
        way, use = Way(row["target"], row["channel"]), use_of(row)
        if use is Use.ALONE and row["due_at"] <= now - PATIENCE[use] and budget.hold_back(way):
            continue  # there may be so many that a digest tells them better
        if taken.has(way, use) and budget.spend(connection, way, use):
            claims.append(_lease(connection, row, name=name, now=now, policy=policy))
            taken.take(way)
    return len(rows) == asked["room"]


def _gather(connection: Connection, *, gathering: Gathering, budget: Budget, now: Moment) -> bool:
    """Make digests for every way that has nothing left for messages alone; whether there is something new to claim."""
    found = False
    for use in (Use.URGENT, Use.ALONE):
        for way in budget.exhausted(use):
            found = gather(connection, way, use, gathering=gathering, budget=budget, now=now) or found
    return found


def use_of(row: Row) -> Use:
    """What a notification uses up an allowance for."""
    use = Use.URGENT if row["urgent"] else Use.ALONE
    return use.gathered if row["event"] == DIGEST else use


def _due(connection: Connection, asked: Mapping[str, Any], blocked: Mapping[str, Sequence[str]]) -> Sequence[Row]:
    """What may be claimed; most of the time nobody is in anybody's way."""
    if not any(blocked.values()):
        return _DUE.rows(connection, **asked)
    return connection.execute(due_rows(), {**asked, **blocked}).mappings().all()


@cache
def due_rows(*, blocking: bool = True) -> Select[Any]:
    """What may be claimed `now`, urgent ones first and then the oldest, up to `room`, leaving out ways that rest.

    Those of each use are left out as well that are named under it, if any are, and all that are not urgent when
    `urgent_only`. Made once, as every statement of an alert's way to its people: making one is slower than running it.
    """
    table, earlier, rest, now = tables.notification, tables.notification.alias("earlier"), tables.pause, NOW
    tried = and_(waiting(table.c), table.c.due_at <= now)
    lost = and_(table.c.state == DeliveryState.SENDING, table.c.lease_until <= now)
    # What is told of one alert to one target arrives in its order: "gone" never before "smoke".
    before = (
        select(earlier.c.id)
        .where(earlier.c.alert == table.c.alert, earlier.c.target == table.c.target)
        .where(earlier.c.channel == table.c.channel, earlier.c.number < table.c.number)
        .where(outstanding(earlier.c), or_(earlier.c.digest.is_(None), earlier.c.digest != table.c.id))
    )
    resting = select(rest.c.target).where(
        rest.c.target == table.c.target, rest.c.channel == table.c.channel, rest.c.until > now
    )
    columns = [table.c[name] for name in ("id", "target", "channel", "event", "urgent", "state", "due_at", "attempts")]
    query = select(*columns, table.c.possibly_doubled).where(
        outstanding(table.c), table.c.digest.is_(None), or_(tried, lost), ~before.exists(), ~resting.exists()
    )
    if blocking:
        key = table.c.channel + _SLASH + table.c.target
        blocked = [and_(_is_of(use), key.in_(bindparam(use.value, expanding=True))) for use in Use]
        query = query.where(not_(or_(*blocked)))
    query = query.where(or_(table.c.urgent, not_(bindparam("urgent_only", type_=Boolean))))
    ordered = query.order_by(table.c.urgent.desc(), table.c.due_at, table.c.number, table.c.id)
    return ordered.limit(bindparam("room", type_=Integer)).with_for_update(skip_locked=True)


_DUE = Prepared(lambda: due_rows(blocking=False))
_SLASH = "/"


def _key(way: Way) -> str:
    return way.channel + _SLASH + way.target


def _is_of(use: Use) -> ColumnElement[bool]:
    table = tables.notification.c
    urgent = use in (Use.URGENT, Use.URGENT_GATHERED)
    digest = table.event == DIGEST if use is use.gathered else table.event != DIGEST
    return and_(table.urgent if urgent else not_(table.urgent), digest)


def _lease(connection: Connection, row: Row, *, name: str, now: Moment, policy: Policy) -> Claim:
    lost = row["state"] == DeliveryState.SENDING
    if lost:
        # The process that held it ended, or hung, between sending and writing down: nobody knows what was answered.
        write_attempt(connection, row["id"], row["attempts"], at=now, kind="lost", text="the answer was never seen")
    values = {
        "attempts": row["attempts"] + 1,
        "lease_by": name,
        "lease_until": now + policy.lease,
        "possibly_doubled": row["possibly_doubled"] or lost,
    }
    told = _LEASED.rows(connection, held=row["id"], **values)[0]
    return Claim(**told, attempts=row["attempts"] + 1, lease_by=name, claimed_at=now)


def _leased() -> ReturningUpdate[Any]:
    """Lease the row that is `held`; what is kept of it."""
    table = tables.notification
    kept = [
        table.c[name] for name in ("id", "alert", "target", "channel", "event", "content", "created_at", "shortened")
    ]
    given: dict[str, Any] = {
        name: bindparam(name) for name in ("attempts", "lease_by", "lease_until", "possibly_doubled")
    }
    leased = update(table).where(table.c.id == bindparam("held")).values(state=DeliveryState.SENDING, **given)
    return leased.returning(*kept)


_LEASED = Prepared(_leased)


def release(connection: Connection, *, name: str, now: Moment) -> None:
    """Let the leases of an earlier process of that name run out: it is gone, and nobody else will answer for them."""
    table = tables.notification
    held = (
        outstanding(table.c),
        table.c.state == DeliveryState.SENDING,
        table.c.lease_by == name,
        table.c.lease_until > now,
    )
    connection.execute(update(table).where(*held).values(lease_until=now))
