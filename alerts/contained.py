"""What a digest stands for shares its fate: each notification says in which digest it was told, and what came of it."""

from sqlalchemy import Connection, or_, select, update

from alerts import tables
from alerts.mentions import mention, write_attempt
from alerts.people import Way
from town.alert import DeliveryState
from town.moment import Moment

RECEIPT = "receipt"
"""The kind of an attempt's line in the ledger that says whether a message arrived which had been taken."""


def settle_contained(
    connection: Connection, digest: str, *, state: DeliveryState, kind: str, text: str, now: Moment
) -> list[str]:
    """The digest is over, or its receipt came: so are those it stands for. Their ids."""
    table = tables.notification
    doubled = select(table.c.possibly_doubled).where(table.c.id == digest).scalar_subquery()
    ended = (DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.SUPPRESSED)
    held = update(table).where(table.c.digest == digest, table.c.state.not_in(ended))
    held = held.values(
        state=state,
        answered_at=now,
        answer=f"in {digest}: {text}",
        attempts=table.c.attempts + 1,
        possibly_doubled=or_(table.c.possibly_doubled, doubled),
    )
    columns = ("id", "alert", "target", "channel", "event", "attempts")
    rows = connection.execute(held.returning(*(table.c[name] for name in columns))).all()
    for row in sorted(rows, key=lambda one: one.id):
        write_attempt(connection, row.id, row.attempts, at=now, kind=kind, text=f"in {digest}: {text}")
        if kind != RECEIPT or state is DeliveryState.DEAD:
            way = Way(row.target, row.channel)
            mention(connection, row.alert, way, state=state, told=row.event, text=text, now=now, digest=digest)
    return [row.id for row in rows]
