"""The outbox's rows: claiming what is due, and writing down what was answered. Two processes may do it at once."""

from collections import Counter
from collections.abc import Collection, Mapping
from functools import cache
from random import Random
from typing import Any, cast

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    RowMapping,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from alerts import tables
from alerts.budget import Budget
from alerts.record import SENDER
from alerts.route import Address
from alerts.sending import Answer, AnswerKind
from town.alert import DeliveryState
from town.moment import DAY, MINUTE, SECOND, Duration, Moment, format_duration

OUTSTANDING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED)
"""Not over: `failed` means that the last attempt failed and another is due."""

_NOW = bindparam("now", type_=BigInteger)

RECEIPT_DELAY: Duration = 10 * SECOND
"""When it is first asked whether a message arrived that was taken."""


class Policy(msgspec.Struct, frozen=True):
    """How the outbox tries."""

    at_once: int = 32
    """Attempts under way in this process."""
    per_target: int = 4
    """Attempts under way to one target, so that a slow one leaves room for the others."""
    lease: Duration = 60 * SECOND
    """How long an attempt may take before another process takes it for lost."""
    first_delay: Duration = 2 * SECOND
    longest_delay: Duration = 5 * MINUTE
    config_pause: Duration = MINUTE
    """How long a target rests that refuses our configuration."""
    most_attempts: int = 400
    give_up_after: Duration = DAY

    def delay(self, attempts: int, random: Random) -> Duration:
        """How long to wait after so many attempts: doubled each time up to a limit, then between half and all of it."""
        whole = min(self.first_delay * 2 ** min(attempts - 1, 30), self.longest_delay)
        return int(whole * (0.5 + random.random() / 2))


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


def claim_due(
    connection: Connection,
    *,
    name: str,
    now: Moment,
    room: int,
    busy: Mapping[str, int],
    policy: Policy,
    budget: Budget,
) -> list[Claim]:
    """Lease up to `room` due notifications, oldest first, no more to a target than it has room and allowance for."""
    under_way = Counter(busy)
    claims: list[Claim] = []
    while room > len(claims):
        full = [target for target, count in under_way.items() if count >= policy.per_target]
        wanted = room - len(claims)
        asked = {"now": now, "full": [*full, *budget.exhausted()], "room": wanted}
        rows = connection.execute(due_rows(), asked).mappings().all()
        for row in rows:
            if under_way[row["target"]] < policy.per_target and budget.spend(connection, row["target"]):
                claims.append(_lease(connection, row, name=name, now=now, policy=policy))
                under_way[row["target"]] += 1
        if len(rows) < wanted:
            break
    budget.save(connection)
    return claims


@cache
def due_rows() -> Select[Any]:
    """What may be claimed `now`, oldest first, up to `room`, leaving out targets that are `full` or rest.

    Made once, as every statement of an alert's way to its people: making one takes longer than running it.
    """
    table, earlier, rest, now = tables.notification, tables.notification.alias("earlier"), tables.pause, _NOW
    tried = and_(table.c.state.in_([DeliveryState.QUEUED, DeliveryState.FAILED]), table.c.due_at <= now)
    lost = and_(table.c.state == DeliveryState.SENDING, table.c.lease_until <= now)
    # What is told of one alert to one target arrives in its order: "gone" never before "smoke".
    before = (
        select(earlier.c.id)
        .where(earlier.c.alert == table.c.alert, earlier.c.target == table.c.target)
        .where(earlier.c.channel == table.c.channel, earlier.c.number < table.c.number)
        .where(_outstanding(earlier.c))
    )
    resting = select(rest.c.target).where(
        rest.c.target == table.c.target, rest.c.channel == table.c.channel, rest.c.until > now
    )
    columns = (table.c.id, table.c.target, table.c.state, table.c.attempts, table.c.possibly_doubled)
    query = select(*columns).where(_outstanding(table.c), or_(tried, lost), ~before.exists(), ~resting.exists())
    query = query.where(table.c.target.not_in(bindparam("full", expanding=True)))
    ordered = query.order_by(table.c.due_at, table.c.number, table.c.id).limit(bindparam("room", type_=Integer))
    return ordered.with_for_update(skip_locked=True)


def _outstanding(columns: Any) -> ColumnElement[bool]:
    """Not over. The states stand in the statement itself: with parameters the partial index would not be used."""
    states: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in OUTSTANDING]
    return cast("ColumnElement[bool]", columns.state.in_(states))


def _lease(connection: Connection, row: RowMapping, *, name: str, now: Moment, policy: Policy) -> Claim:
    lost = row["state"] == DeliveryState.SENDING
    if lost:
        # The process that held it ended, or hung, between sending and writing down: nobody knows what was answered.
        _ledger(connection, row["id"], row["attempts"], at=now, kind="lost", text="the answer was never seen")
    values = {
        "attempts": row["attempts"] + 1,
        "lease_by": name,
        "lease_until": now + policy.lease,
        "possibly_doubled": row["possibly_doubled"] or lost,
    }
    told = connection.execute(_leased(), {"held": row["id"], **values}).mappings().one()
    return Claim(**told, attempts=row["attempts"] + 1, lease_by=name, claimed_at=now)


@cache
def _leased() -> ReturningUpdate[Any]:
    """Lease the row that is `held`; what is kept of it."""
    table = tables.notification
    kept = [table.c[name] for name in ("id", "alert", "target", "channel", "event", "content", "created_at")]
    given: dict[str, Any] = {
        name: bindparam(name) for name in ("attempts", "lease_by", "lease_until", "possibly_doubled")
    }
    leased = update(table).where(table.c.id == bindparam("held")).values(state=DeliveryState.SENDING, **given)
    return leased.returning(*kept)


def release(connection: Connection, *, name: str, now: Moment) -> None:
    """Let the leases of an earlier process of that name run out: it is gone, and nobody else will answer for them."""
    table = tables.notification
    held = (
        _outstanding(table.c),
        table.c.state == DeliveryState.SENDING,
        table.c.lease_by == name,
        table.c.lease_until > now,
    )
    connection.execute(update(table).where(*held).values(lease_until=now))


def _ledger(connection: Connection, notification: str, number: int, *, at: Moment, kind: str, text: str) -> None:
    row = {"notification": notification, "number": number, "at": at, "kind": kind, "answer": text}
    connection.execute(insert(tables.attempt), row)


def write_answer(
    connection: Connection,
    claim: Claim,
    answer: Answer,
    *,
    now: Moment,
    policy: Policy,
    random: Random,
    sharing: Collection[Address] = (),
) -> DeliveryState | None:
    """Keep what was answered to an attempt, and decide what comes next; None when the lease was lost meanwhile.

    Those `sharing` the credential rest together with the target.
    """
    state, due_at, text = _next(claim, answer, now=now, policy=policy, random=random)
    if not _settle(connection, claim, answer, state=state, due_at=due_at, text=text, now=now):
        return None
    _ledger(connection, claim.id, claim.attempts, at=now, kind=answer.kind.value, text=answer.text)
    if answer.kind in (AnswerKind.THROTTLED, AnswerKind.REFUSED_CONFIG):
        for address in {Address(claim.target, claim.channel), *sharing}:
            _pause(connection, address, answer, until=due_at, now=now)
    if state is not DeliveryState.FAILED:
        whom = Address(claim.target, claim.channel)
        mention(connection, claim.alert, whom, state=state, told=claim.event, text=text, now=now)
    if state is DeliveryState.ACCEPTED and answer.receipt:
        _keep_receipt(connection, claim, answer.receipt, now=now)
    return state


def _settle(
    connection: Connection,
    claim: Claim,
    answer: Answer,
    *,
    state: DeliveryState,
    due_at: Moment,
    text: str,
    now: Moment,
) -> bool:
    """Write the answer into the row, if this attempt still holds its lease."""
    given = {"to": state, "answered": now, "answer": text}
    given["doubled"] = answer.kind is AnswerKind.UNKNOWN and answer.handed_over
    given["again_at"] = due_at if state is DeliveryState.FAILED else None
    held = {"held": claim.id, "by": claim.lease_by, "attempt": claim.attempts}
    return connection.execute(_settled(), {**held, **given}).rowcount == 1


@cache
def _settled() -> Update:
    """Write the answer to the `attempt` into the row that is `held` for it."""
    column = tables.notification.c
    return (
        update(tables.notification)
        .where(column.id == bindparam("held"), column.lease_by == bindparam("by"))
        .where(column.attempts == bindparam("attempt"), column.state == DeliveryState.SENDING)
        .values(state=bindparam("to"), answered_at=bindparam("answered"), answer=bindparam("answer"))
        .values(lease_by=None, lease_until=None)
        .values(due_at=func.coalesce(bindparam("again_at", type_=BigInteger), column.due_at))
        .values(possibly_doubled=or_(column.possibly_doubled, bindparam("doubled", type_=Boolean)))
    )


def _next(
    claim: Claim, answer: Answer, *, now: Moment, policy: Policy, random: Random
) -> tuple[DeliveryState, Moment, str]:
    """The next state, when to try again, and the answer as people read it."""
    match answer.kind:
        case AnswerKind.ACCEPTED:
            return (DeliveryState.DELIVERED if answer.delivered else DeliveryState.ACCEPTED), now, answer.text
        case AnswerKind.REFUSED_MESSAGE:
            return DeliveryState.DEAD, now, answer.text
    wait = policy.config_pause if answer.kind is AnswerKind.REFUSED_CONFIG else policy.delay(claim.attempts, random)
    due_at = now + max(wait, min(answer.retry_after or 0, policy.give_up_after))
    if claim.attempts >= policy.most_attempts:
        return DeliveryState.DEAD, due_at, f"given up after {claim.attempts} attempts: {answer.text}"
    if due_at - claim.created_at > policy.give_up_after:
        spent = format_duration(policy.give_up_after)
        return DeliveryState.DEAD, due_at, f"given up after {spent}: {answer.text}"
    return DeliveryState.FAILED, due_at, answer.text


def _pause(connection: Connection, address: Address, answer: Answer, *, until: Moment, now: Moment) -> None:
    """A target that is throttled or refuses our configuration rests until then."""
    table = tables.pause
    where = (table.c.target == address.target, table.c.channel == address.channel)
    connection.execute(delete(table).where(*where))
    row = {"target": address.target, "channel": address.channel, "since": now, "until": until}
    connection.execute(insert(table).values(**row, kind=answer.kind.value, reason=answer.text))


def mention(
    connection: Connection, alert: str, whom: Address, *, state: DeliveryState, told: str, text: str, now: Moment
) -> None:
    """The end of a notification stands on its alert's timeline."""
    number = connection.execute(_counted(), {"of": alert}).scalar_one()
    event = "not_notified" if state is DeliveryState.DEAD else "notified"
    detail = {"target": whom.target, "channel": whom.channel, "told": told, "answer": text}
    entry = {"alert": alert, "number": number, "at": now, "event": event, "by": SENDER, "detail": detail}
    connection.execute(insert(tables.timeline), entry)


@cache
def _counted() -> ReturningUpdate[Any]:
    """The number of the next timeline entry `of` an alert."""
    table = tables.alert
    counted = update(table).where(table.c.id == bindparam("of")).values(entries=table.c.entries + 1)
    return counted.returning(table.c.entries)


def _keep_receipt(connection: Connection, claim: Claim, reference: str, *, now: Moment) -> None:
    """Remember that it is to be learnt whether this message arrived."""
    row = {"notification": claim.id, "target": claim.target, "channel": claim.channel, "reference": reference}
    times = {"sent_at": now, "due_at": now + RECEIPT_DELAY, "asked": 0}
    connection.execute(insert(tables.receipt).values(**row, **times))


def next_due(connection: Connection, *, now: Moment) -> Moment | None:
    """When there is something to do next after `now`, as far as is written down."""
    found = connection.execute(_next_moments(), {"now": now}).one()
    return min((at for at in found if at is not None), default=None)


@cache
def _next_moments() -> Select[Any]:
    """After `now`: when the first waiting one is due, when the first lease ends, when the first target has rested."""
    table, rest = tables.notification.c, tables.pause.c
    waiting = select(func.min(table.due_at)).where(
        _outstanding(table), table.state.in_([DeliveryState.QUEUED, DeliveryState.FAILED]), table.due_at > _NOW
    )
    leased = select(func.min(table.lease_until)).where(_outstanding(table), table.state == DeliveryState.SENDING)
    resting = select(func.min(rest.until)).where(rest.until > _NOW)
    return select(waiting.scalar_subquery(), leased.scalar_subquery(), resting.scalar_subquery())


class Backlog(msgspec.Struct, frozen=True):
    """What is outstanding: notifications by channel and state, the oldest that is due, targets that rest and why."""

    outstanding: dict[tuple[str, str], int] = {}
    oldest_due_at: Moment | None = None
    resting: dict[str, str] = {}


def backlog(connection: Connection, *, now: Moment) -> Backlog:
    """What is outstanding now."""
    table, rest = tables.notification.c, tables.pause.c
    count = select(table.channel, table.state, func.count()).where(_outstanding(table))
    rows = connection.execute(count.group_by(table.channel, table.state))
    outstanding = {(row[0], row[1]): row[2] for row in rows}
    oldest = select(func.min(table.due_at)).where(_outstanding(table), table.due_at <= now)
    rows = connection.execute(select(rest.target, rest.reason).where(rest.until > now))
    resting = {row[0]: row[1] for row in rows}
    return Backlog(outstanding, connection.execute(oldest).scalar_one_or_none(), resting)
