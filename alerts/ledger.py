"""The delivery ledger, as the outbox's rows have it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from alerts import tables
from alerts.questions import notification_of
from town.alert import Category, Severity
from town.delivery import Attempt, Delivery, DeliveryFilter
from town.language import Label

MOST_DELIVERIES = 1_000
"""More than this are never answered at once: ask for the next page."""


def find_deliveries(connection: Connection, wanted: DeliveryFilter) -> list[Delivery]:
    """Notifications with their attempts, the newest first."""
    rows = connection.execute(_query(wanted)).mappings().all()
    attempts = _attempts(connection, [row["id"] for row in rows])
    return [
        Delivery(
            notification=notification_of(row),
            title=Label.model_validate(row["definition"]["title"]),
            category=Category(row["category"]),
            severity=Severity(row["severity"]),
            facility=row["facility"],
            attempts=tuple(attempts.get(row["id"], ())),
            acknowledged_by=row["acknowledged_by"],
            acknowledged_at=row["acknowledged_at"],
        )
        for row in rows
    ]


def _query(wanted: DeliveryFilter) -> Select[Any]:
    note, alert = tables.notification.c, tables.alert.c
    about = (alert.definition, alert.category, alert.severity, alert.facility)
    query = select(tables.notification, *about, alert.acknowledged_by, alert.acknowledged_at)
    query = query.join_from(tables.notification, tables.alert, note.alert == alert.id)
    if wanted.alert is not None:
        query = query.where(note.alert == wanted.alert)
    if wanted.target is not None:
        query = query.where(note.target == wanted.target)
    if wanted.start is not None:
        query = query.where(note.created_at >= wanted.start)
    if wanted.end is not None:
        query = query.where(note.created_at < wanted.end)
    if wanted.before is not None:
        at, name = wanted.before
        query = query.where(or_(note.created_at < at, and_(note.created_at == at, note.id < name)))
    order = (note.created_at.desc(), note.id.desc())
    return query.order_by(*order).limit(max(0, min(wanted.limit, MOST_DELIVERIES)))


def _attempts(connection: Connection, notifications: Sequence[str]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {}
    table = tables.attempt
    for first in range(0, len(notifications), 500):
        query = select(table).where(table.c.notification.in_(notifications[first : first + 500]))
        for row in connection.execute(query.order_by(table.c.notification, table.c.number)):
            attempt = Attempt(number=row.number, at=row.at, kind=row.kind, answer=row.answer)
            found.setdefault(row.notification, []).append(attempt)
    return found
