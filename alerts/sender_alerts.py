"""A way of telling people that is refused is an alert itself: raised by the outbox's pauses, over when it works again.

The alert about a credential is not sent with that credential: who has another channel is told over that one.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, or_, select

from alerts import tables
from alerts.book import Book
from alerts.people import People, Way
from alerts.plan import SENDER_RULE
from alerts.sending import AnswerKind
from town.alert import (
    AlertDefinition,
    Category,
    Cause,
    Condition,
    DeliveryState,
    Reason,
    Response,
    Severity,
    Subject,
    Transition,
)
from town.errors import Unavailable
from town.language import Label
from town.moment import SECOND, Duration, Moment

logger = logging.getLogger(__name__)

EVERY: Duration = 5 * SECOND
_VERSION = "1"
_RESPONSE = Response(
    text=Label(
        zh="检查该通道的密钥、地址和权限（town notify test）。改正后无需重启，会自动恢复。",
        en="Check its secret, address and permission (town notify test). Once mended it goes on without a restart.",
    )
)

Refused = dict[str, tuple[Moment, str]]
"""By what is refused: since when, and what the provider said."""
REFUSED_AGAIN = 2
"""It is an alert when the same message is refused again: after a minute, in which a slip may have been mended."""


class SenderWatch:
    """Keeps one alert open for each credential or recipient that is refused by configuration."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def run(self) -> None:
        """Look every few seconds until cancelled; a book that is away is looked at later."""
        while True:
            with contextlib.suppress(Unavailable):  # the outbox says so, on the same book
                await self.look()
            await asyncio.sleep(EVERY / 1000)

    async def look(self) -> None:
        """Raise what is refused and has no alert, and end the alerts of what works again or is no longer there."""
        people, now = self._book.people, self._book.clock()
        refused, known = await self._book.database.read(lambda link: (refusing(link, people), _open(link)))
        fresh = [_transition(name, refused[name], now, active=True) for name in refused.keys() - known]
        there = {name for ways in sources(people).values() for name in ways}
        over = [_transition(name, (now, ""), now, active=False, there=name in there) for name in known - refused.keys()]
        for transition in (*fresh, *over):
            logger.info("%s: %s", transition.subject.id, transition.reason.condition)
            definition = _definition(transition.subject.id, transition.reason.condition)
            await self._book.take([transition], {SENDER_RULE: definition}, now)


def sources(people: People) -> Mapping[Way, tuple[str, ...]]:
    """What may be refused of each way of telling somebody: its credential, if others share it, and it alone."""
    found = (one for name in (*people.people, *people.targets) for one in people.channels_of(name))
    return {one.way: one.known_as for one in found}


def refusing(connection: Connection, people: People) -> Refused:
    """What is refused by configuration and has not worked since."""
    table = tables.pause
    query = select(table).where(table.c.kind == AnswerKind.REFUSED_CONFIG.value).order_by(table.c.since)
    rows = {Way(row["target"], row["channel"]): row for row in connection.execute(query).mappings()}
    ways = sources(people)
    sharing: dict[str, list[Way]] = defaultdict(list)
    for way, names in ways.items():
        sharing[names[0]].append(way)
    found: Refused = {}
    for way, row in rows.items():
        if way not in ways:
            continue
        together = sharing[ways[way][0]]
        # Who alone is refused has a pause of their own; a credential that is refused lets everybody who uses it rest.
        name, meant = (ways[way][0], together) if all(one in rows for one in together) else (ways[way][-1], [way])
        if (since := _refused_since(connection, meant)) is not None:
            found[name] = (since, row["reason"])
    return found


def _refused_since(connection: Connection, ways: Sequence[Way]) -> Moment | None:
    """When a message was refused again one of these ways; None when none was, or one was taken since."""
    note, attempt = tables.notification, tables.attempt
    mine = or_(*((note.c.target == one.target) & (note.c.channel == one.channel) for one in ways))
    taken = note.c.state.in_([DeliveryState.ACCEPTED.value, DeliveryState.DELIVERED.value])
    worked = connection.execute(select(func.max(note.c.answered_at)).where(mine, taken)).scalar_one()
    refused = select(func.min(attempt.c.at)).select_from(attempt.join(note)).where(mine, attempt.c.at > (worked or 0))
    again = refused.where(attempt.c.kind == AnswerKind.REFUSED_CONFIG.value, attempt.c.number >= REFUSED_AGAIN)
    found: Moment | None = connection.execute(again).scalar_one()
    return found


def _open(connection: Connection) -> set[str]:
    table = tables.alert.c
    query = select(table.subject).where(table.rule == SENDER_RULE, table.closed.is_(None))
    return set(connection.execute(query.where(table.condition == Condition.ACTIVE.value)).scalars())


def _transition(name: str, refused: tuple[Moment, str], now: Moment, *, active: bool, there: bool = True) -> Transition:
    since, said = refused
    return Transition(
        rule=SENDER_RULE,
        subject=Subject("sender", name),
        condition=Condition.ACTIVE if active else Condition.NORMAL,
        previous=Condition.NORMAL if active else Condition.ACTIVE,
        severity=Severity.MAJOR,
        at=now,
        since=since,
        decided_at=now,
        cause=Cause.CONDITION if active else Cause.MENDED if there else Cause.SUBJECT_DELETED,
        reason=Reason((), said or "it works again", _VERSION),
    )


def _definition(name: str, said: str) -> AlertDefinition:
    return AlertDefinition(
        rule=SENDER_RULE,
        title=Label(zh=f"通知通道被拒：{name}", en=f"Messages are refused: {name}"),
        category=Category.DEVICE,
        severity=Severity.MAJOR,
        response=_RESPONSE,
        cause=Label(zh=said, en=said),
        consequence=Label(zh="经此通道的通知发不出去", en="Nobody is told this way"),
        version=_VERSION,
    )
