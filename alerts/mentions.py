"""What stands in the ledger of attempts and on an alert's timeline of a notification."""

from typing import Any

from sqlalchemy import Connection, bindparam, update
from sqlalchemy.sql.dml import ReturningUpdate

from alerts import tables
from alerts.people import Way
from alerts.prepared import Prepared, insert_rows
from alerts.record import SENDER
from town.alert import DeliveryState
from town.moment import Moment


def write_attempt(connection: Connection, notification: str, number: int, *, at: Moment, kind: str, text: str) -> None:
    """One attempt and what came of it."""
    row = {"notification": notification, "number": number, "at": at, "kind": kind, "answer": text}
    insert_rows(connection, tables.attempt, [row])


def mention(
    connection: Connection,
    alert: str,
    whom: Way,
    *,
    state: DeliveryState,
    told: str,
    text: str,
    now: Moment,
    **more: str,
) -> None:
    """The end of a notification stands on its alert's timeline."""
    number = _COUNTED.rows(connection, of=alert)[0]["entries"]
    event = "not_notified" if state is DeliveryState.DEAD else "notified"
    detail = {"target": whom.target, "channel": whom.channel, "told": told, "answer": text, **more}
    entry = {"alert": alert, "number": number, "at": now, "event": event, "by": SENDER, "detail": detail}
    insert_rows(connection, tables.timeline, [entry])


def _counted() -> ReturningUpdate[Any]:
    """The number of the next timeline entry `of` an alert."""
    table = tables.alert
    counted = update(table).where(table.c.id == bindparam("of")).values(entries=table.c.entries + 1)
    return counted.returning(table.c.entries)


_COUNTED = Prepared(_counted)
