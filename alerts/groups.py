"""Alerts that are told in one message: which open together, and whether those that were told together are all over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, func, select, update

from alerts import tables
from alerts.content import Content, Note
from alerts.digest import Waiting, digests_of, entries_of
from alerts.digest_text import has_room
from alerts.overflow import write_digest
from alerts.people import People, Way
from alerts.planned import Kind, Planned
from alerts.record import Record, from_row
from alerts.route import Told
from town.alert import Condition
from town.moment import Moment
from town.town import Town

TOLD, OVER = "told", "over"
"""How the plan of an alert ended that was told with others; and when that they are all over was told as well."""
MOST_MESSAGES = 50
_FEWEST = 2


class Together(NamedTuple):
    """Alerts that were told in one message: what they have in common, and when that was."""

    bundle: str
    told_at: Moment
    over: bool = False
    """Whether it was told that they are all over."""


def join(connection: Connection, planned: Planned, new: Iterable[Planned]) -> Planned:
    """The plan with the moment of those that wait already for the same message."""
    table = tables.planned.c
    query = select(func.min(table.due_at)).where(table.bundle == planned.bundle, table.ended.is_(None))
    moments = [connection.execute(query).scalar_one()]
    moments += [one.due_at for one in new if one.bundle == planned.bundle]
    earliest = min((at for at in moments if at is not None), default=planned.due_at)
    return msgspec.structs.replace(planned, due_at=min(planned.due_at, earliest))


def told_together(connection: Connection, alert: str) -> dict[Together, set[Way]]:
    """In which messages an alert was told with others, and who was told in them."""
    table, note = tables.planned.c, tables.notification.c
    query = select(table.bundle, table.ended_at, table.ended).where(
        table.alert == alert, table.kind == Kind.GROUP.value
    )
    found: dict[Together, set[Way]] = {}
    for row in connection.execute(query.where(table.ended.in_([TOLD, OVER]))):
        ways = select(note.target, note.channel).where(note.alert == alert, note.created_at == row.ended_at)
        found[Together(row.bundle, row.ended_at, row.ended == OVER)] = {Way(*each) for each in connection.execute(ways)}
    return found


def all_over(connection: Connection, together: Together) -> list[tuple[Record, Told]]:
    """What to tell of each alert of a message when none of them is active any more; nothing before.

    It is told only once.
    """
    plan, alert = tables.planned, tables.alert
    mine = (plan.c.bundle == together.bundle, plan.c.ended_at == together.told_at, plan.c.ended == TOLD)
    names = select(plan.c.alert).where(*mine)
    query = select(alert).where(alert.c.id.in_(names)).order_by(alert.c.id).with_for_update()
    records = [from_row(row) for row in connection.execute(query).mappings()]
    if any(one.facts.condition is Condition.ACTIVE or one.facts.latched for one in records):
        return []
    connection.execute(update(plan).where(*mine).values(ended=OVER))
    return [(one, Told.RESOLVED if one.facts.closed is not None else Told.CLEARED) for one in records]


def write_together(
    connection: Connection, bundles: Mapping[str, Sequence[Note]], *, people: People, town: Town, now: Moment
) -> None:
    """Let notifications go together: those of one bundle to one person or target in as few messages as hold them."""
    by_way: dict[tuple[str, Way], list[Note]] = defaultdict(list)
    for bundle, notes in bundles.items():
        for note in notes:
            by_way[bundle, Way(note.target, note.channel)].append(note)
    for (_, way), notes in by_way.items():
        recipient = people.recipient(*way)
        if recipient is None or len(notes) < _FEWEST:
            continue
        waiting = (Waiting(one.id, one.number, one.event, Content.model_validate(one.content)) for one in notes)
        entries = entries_of(waiting)
        rows = [msgspec.structs.asdict(note) for note in notes]
        urgent = any(note.urgent for note in notes)
        fits = partial(has_room, recipient=recipient, town=town)
        for digest in digests_of(entries, town, fits=fits, most=MOST_MESSAGES):
            if len(digest.entries) >= _FEWEST:
                write_digest(connection, digest, rows, way, urgent=urgent, now=now)
