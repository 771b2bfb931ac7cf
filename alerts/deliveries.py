"""What was answered to the outbox's notifications: written down, and what follows from it."""

from collections.abc import Collection
from random import Random
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Select,
    Update,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from alerts import tables
from alerts.claims import Claim
from alerts.contained import settle_contained
from alerts.digest import DIGEST
from alerts.mentions import mention, write_attempt
from alerts.people import Way
from alerts.prepared import Prepared
from alerts.room import Policy
from alerts.rows import NOW, outstanding, waiting
from alerts.sending import Answer, AnswerKind
from town.alert import DeliveryState
from town.moment import SECOND, Duration, Moment, format_duration

RECEIPT_DELAY: Duration = 10 * SECOND
"""When it is first asked whether a message arrived that was taken."""


def write_answer(
    connection: Connection,
    claim: Claim,
    answer: Answer,
    *,
    now: Moment,
    policy: Policy,
    random: Random,
    sharing: Collection[Way] = (),
) -> DeliveryState | None:
    """Keep what was answered to an attempt, and decide what comes next; None when the lease was lost meanwhile.

    Those `sharing` the credential rest together with the target.
    """
    state, due_at, text = _next(claim, answer, now=now, policy=policy, random=random)
    if not _settle(connection, claim, answer, state=state, due_at=due_at, text=text, now=now):
        return None
    write_attempt(connection, claim.id, claim.attempts, at=now, kind=answer.kind.value, text=answer.text)
    if answer.kind in (AnswerKind.THROTTLED, AnswerKind.REFUSED_CONFIG):
        for way in {claim.way, *sharing}:
            _pause(connection, way, answer, until=due_at, now=now)
    if state is not DeliveryState.FAILED and claim.event == DIGEST:
        settle_contained(connection, claim.id, state=state, kind=answer.kind.value, text=text, now=now)
    elif state is not DeliveryState.FAILED:
        mention(connection, claim.alert, claim.way, state=state, told=claim.event, text=text, now=now)
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
    given["doubled"] = answer.maybe_twice or (answer.kind is AnswerKind.UNKNOWN and answer.handed_over)
    given["again_at"] = due_at if state is DeliveryState.FAILED else None
    given["shorter"] = _may_be_shorter(claim, answer)
    held = {"held": claim.id, "by": claim.lease_by, "attempt": claim.attempts}
    return _SETTLED.change(connection, **held, **given) == 1


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
        .values(shortened=or_(column.shortened, bindparam("shorter", type_=Boolean)))
    )


_SETTLED = Prepared(_settled)


def _next(
    claim: Claim, answer: Answer, *, now: Moment, policy: Policy, random: Random
) -> tuple[DeliveryState, Moment, str]:
    """The next state, when to try again, and the answer as people read it."""
    match answer.kind:
        case AnswerKind.ACCEPTED:
            return (DeliveryState.DELIVERED if answer.delivered else DeliveryState.ACCEPTED), now, answer.text
        case AnswerKind.REFUSED_MESSAGE if _may_be_shorter(claim, answer):
            return DeliveryState.FAILED, now, answer.text
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


def _may_be_shorter(claim: Claim, answer: Answer) -> bool:
    """Whether the same is sent again in fewer words; a digest is not, because it would leave alerts out."""
    return answer.too_long and not claim.shortened and claim.event != DIGEST


def _pause(connection: Connection, way: Way, answer: Answer, *, until: Moment, now: Moment) -> None:
    """A target that is throttled or refuses our configuration rests until then."""
    table = tables.pause
    connection.execute(delete(table).where(table.c.target == way.target, table.c.channel == way.channel))
    row = {"target": way.target, "channel": way.channel, "since": now, "until": until}
    connection.execute(insert(table).values(**row, kind=answer.kind.value, reason=answer.text))


def _keep_receipt(connection: Connection, claim: Claim, reference: str, *, now: Moment) -> None:
    """Remember that it is to be learnt whether this message arrived."""
    row = {"notification": claim.id, "target": claim.target, "channel": claim.channel, "reference": reference}
    times = {"sent_at": now, "due_at": now + RECEIPT_DELAY, "asked": 0}
    connection.execute(insert(tables.receipt).values(**row, **times))


def next_due(connection: Connection, *, now: Moment) -> Moment | None:
    """When there is something to do next after `now`, as far as is written down."""
    found = _NEXT_MOMENTS.rows(connection, now=now)[0].values()
    return min((at for at in found if at is not None), default=None)


def _next_moments() -> Select[Any]:
    """After `now`: when the first waiting one is due, when the first lease ends, when the first target has rested."""
    table, rest = tables.notification.c, tables.pause.c
    next_one = select(func.min(table.due_at)).where(outstanding(table), waiting(table), table.due_at > NOW)
    leased = select(func.min(table.lease_until)).where(outstanding(table), table.state == DeliveryState.SENDING)
    resting = select(func.min(rest.until)).where(rest.until > NOW)
    moments = {"waiting": next_one, "leased": leased, "resting": resting}
    return select(*(query.scalar_subquery().label(name) for name, query in moments.items()))


_NEXT_MOMENTS = Prepared(_next_moments)


class Backlog(msgspec.Struct, frozen=True):
    """What is outstanding: notifications by channel and state, the oldest that is due, targets that rest and why."""

    outstanding: dict[tuple[str, str], int] = {}
    oldest_due_at: Moment | None = None
    resting: dict[str, str] = {}


def backlog(connection: Connection, *, now: Moment) -> Backlog:
    """What is outstanding now."""
    table, rest = tables.notification.c, tables.pause.c
    count = select(table.channel, table.state, func.count()).where(outstanding(table))
    rows = connection.execute(count.group_by(table.channel, table.state))
    counts = {(row[0], row[1]): row[2] for row in rows}
    oldest = select(func.min(table.due_at)).where(outstanding(table), table.due_at <= now)
    rows = connection.execute(select(rest.target, rest.reason).where(rest.until > now))
    resting = {row[0]: row[1] for row in rows}
    return Backlog(counts, connection.execute(oldest).scalar_one_or_none(), resting)
