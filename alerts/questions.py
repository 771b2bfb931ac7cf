"""What can be asked of the alert book. Each function asks on the connection of one read transaction."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, RowMapping, Select, case, func, select

from alerts import tables
from alerts.deadlines import Deadlines
from alerts.desk import key_of
from alerts.digest import DIGEST
from alerts.facts import Facts
from alerts.record import alert_of, from_row, new_record
from town.alert import (
    Alert,
    AlertDefinition,
    AlertState,
    Condition,
    DeliveryState,
    Notification,
    Severity,
    Subject,
    TimelineEntry,
    Transition,
)
from town.moment import Moment
from town.ports import AlertDetail, AlertFilter
from town.town import Town

MOST_ALERTS = 10_000
"""More than this are never answered at once."""


class Timing(NamedTuple):
    """How long one notification took: the engine's decision, the book's, when it was due, and the last answer."""

    notification: str
    event: str
    decided_at: Moment
    created_at: Moment
    due_at: Moment
    answered_at: Moment | None
    state: DeliveryState


def find_alerts(connection: Connection, wanted: AlertFilter, town: Town) -> list[Alert]:
    """Alerts, open ones first, then by severity, then the newest first; pending ones only when asked for."""
    rows = connection.execute(_query(wanted)).mappings()
    alerts = [alert_of(from_row(row)) for row in rows]
    if wanted.states and AlertState.PENDING in wanted.states:
        waiting = select(tables.pending.c.transition, tables.pending.c.definition)
        found = [_pending_alert(row[0], row[1], town) for row in connection.execute(waiting)]
        alerts += [alert for alert in found if _fits(alert, wanted)]
    return alerts


def _query(wanted: AlertFilter) -> Select[Any]:
    table = tables.alert.c
    query = select(tables.alert)
    if wanted.states is not None:
        query = query.where(table.state.in_([one.value for one in wanted.states]))
    if wanted.categories is not None:
        query = query.where(table.category.in_([one.value for one in wanted.categories]))
    if wanted.facility is not None:
        query = query.where(table.facility == wanted.facility)
    if wanted.rule is not None:
        query = query.where(table.rule == wanted.rule)
    if wanted.opened_after is not None:
        query = query.where(table.opened_at > wanted.opened_after)
    is_over = case((table.closed.is_(None), 0), else_=1)
    worst = case({one.value: one.digit for one in Severity}, value=table.severity)
    order = (is_over, worst, table.opened_at.desc(), table.id.desc())
    return query.order_by(*order).limit(max(0, min(wanted.limit, MOST_ALERTS)))


def _pending_alert(transition: Any, definition: Any, town: Town) -> Alert:
    known = msgspec.convert(transition, Transition)
    rule = AlertDefinition.model_validate(definition)
    record = new_record(
        known, rule, town=town, deadlines=Deadlines(), name="pending:" + "/".join(key_of(known)), now=known.decided_at
    )
    facts = Facts(severity=known.severity, condition=Condition.PENDING)
    return alert_of(msgspec.structs.replace(record, facts=facts))


def _fits(alert: Alert, wanted: AlertFilter) -> bool:
    return (
        (wanted.categories is None or alert.category in wanted.categories)
        and (wanted.facility is None or alert.facility == wanted.facility)
        and (wanted.rule is None or alert.rule == wanted.rule)
        and (wanted.opened_after is None or alert.opened_at > wanted.opened_after)
    )


def find_detail(connection: Connection, alert: str) -> AlertDetail | None:
    """One alert with its timeline and everyone who was told, oldest first; None if there is none of that id."""
    found = connection.execute(select(tables.alert).where(tables.alert.c.id == alert))
    row = found.mappings().one_or_none()
    if row is None:
        return None
    table, outbox = tables.timeline, tables.notification
    written = connection.execute(select(table).where(table.c.alert == alert).order_by(table.c.number))
    entries = [TimelineEntry(**{k: v for k, v in one.items() if k != "alert"}) for one in written.mappings()]
    told = (
        select(outbox).where(outbox.c.alert == alert, outbox.c.event != DIGEST).order_by(outbox.c.number, outbox.c.id)
    )
    notes = [notification_of(one) for one in connection.execute(told).mappings()]
    return AlertDetail(alert_of(from_row(row)), entries, notes)


def notification_of(row: RowMapping) -> Notification:
    """The notification of a row of the outbox."""
    names = [name for name in Notification.model_fields if name not in ("state", "passed_on")]
    kept = {name: row[name] for name in names}
    return Notification(state=DeliveryState(row["state"]), passed_on=row["passed_on"] or None, **kept)


def find_state(connection: Connection, rule: str, subject: Subject) -> AlertState:
    """Where the open alert of a rule and subject stands; `pending` or `normal` without one."""
    table, waiting = tables.alert.c, tables.pending.c
    query = select(table.state).where(table.rule == rule, table.subject_kind == subject.kind)
    found = connection.execute(query.where(table.subject == subject.id, table.closed.is_(None)))
    if (known := found.scalar_one_or_none()) is not None:
        return AlertState(known)
    running = select(waiting.rule).where(waiting.rule == rule, waiting.subject_kind == subject.kind)
    found = connection.execute(running.where(waiting.subject == subject.id))
    return AlertState.PENDING if found.scalar_one_or_none() else AlertState.NORMAL


def count_open(connection: Connection) -> dict[tuple[str, str, str], int]:
    """How many alerts are open, by category, severity and state."""
    table = tables.alert.c
    columns = (table.category, table.severity, table.state)
    query = select(*columns, func.count()).where(table.closed.is_(None)).group_by(*columns)
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(query)}


def count_notifications(connection: Connection) -> dict[DeliveryState, int]:
    """How many notifications there are in each state."""
    table = tables.notification.c
    query = select(table.state, func.count()).group_by(table.state)
    return {DeliveryState(row[0]): row[1] for row in connection.execute(query)}


def find_timings(connection: Connection, since: Moment) -> list[Timing]:
    """How long the notifications took that were created since then, oldest first; of those in a digest, the digest."""
    table = tables.notification.c
    columns = (table.id, table.event, table.decided_at, table.created_at, table.due_at, table.answered_at, table.state)
    query = select(*columns).where(table.created_at >= since, table.digest.is_(None))
    query = query.order_by(table.created_at, table.id)
    return [Timing(*row[:6], DeliveryState(row[6])) for row in connection.execute(query)]
