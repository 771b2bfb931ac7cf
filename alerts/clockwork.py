"""What moments do to alerts: shelf times end, deadlines pass, windows begin and end.

Everything that is due stands in the book as a moment, so nothing is forgotten over a restart, and what came due
meanwhile is done at once. Several processes may run it on one book: each due row is taken by one of them.
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, literal, or_, select

from alerts import tables
from alerts.book import Book
from alerts.desk import CHUNK, Desk
from alerts.events import Drill, Event, Maintain, Overdue, Unshelve
from alerts.record import Record, overdue
from alerts.step import Cover, by_clock
from alerts.windows import cover_of, due_windows, open_windows, settle_window
from town.errors import Unavailable
from town.moment import SECOND, Duration, Moment
from town.window import Window

logger = logging.getLogger(__name__)

EVERY: Duration = SECOND
"""How often the book is asked whether something is due."""


class Clockwork:
    """Runs on a book; `run_due` does what is due at one moment."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._away = False

    async def run(self) -> None:
        """Do what is due, until cancelled; a book that is away is asked again."""
        while True:
            try:
                await self.run_due(self._book.clock())
                self._is_away("")
            except Unavailable as error:
                self._is_away(str(error))
            await asyncio.sleep(EVERY / 1000)

    def _is_away(self, why: str) -> None:
        if bool(why) is not self._away:
            logger.warning("nothing comes due: %s", why) if why else logger.info("the clockwork runs again")
        self._away = bool(why)

    async def run_due(self, now: Moment) -> list[str]:
        """Do everything that is due at that moment; the alerts that changed because of it."""
        found: list[str] = []
        while changed := await self._some(now):
            found += changed
        return found

    async def _some(self, now: Moment) -> list[str]:
        if not await self._book.database.read(lambda link: _is_anything_due(link, now)):
            return []
        changed = await self._book.database.write(lambda link: self._work(link, now))
        self._book.announce(changed)
        return changed

    def _work(self, connection: Connection, now: Moment) -> list[str]:
        desk = Desk(connection, town=self._book.town, people=self._book.people, now=now)
        self._turn_windows(connection, desk, now)
        for record in desk.load_open(tables.alert.c.due_at <= now, limit=CHUNK):
            self._apply(desk, record, now)
        return [record.id for record in desk.flush()]

    def _turn_windows(self, connection: Connection, desk: Desk, now: Moment) -> None:
        """Let open alerts know which windows are over them, where one began or ended."""
        due = due_windows(connection, now)
        windows = open_windows(connection, now) if due else []
        for record in desk.load_open(or_(*map(_in_scope, due))) if due else []:
            for event in _covering(record, cover_of(windows, record.facility, record.zone)):
                step = by_clock(desk.newest(record), event, at=now, deadlines=self._book.people.deadlines)
                desk.put(step, decided_at=now)
        for window in due:
            settle_window(connection, window, now)

    def _apply(self, desk: Desk, record: Record, now: Moment) -> None:
        """What is due of one alert, one after the other: what ends may begin something else."""
        record = desk.newest(record)
        while (event := _due(record, now)) is not None:
            detail = _detail(record, event)
            step = by_clock(record, event, at=now, deadlines=self._book.people.deadlines, detail=detail)
            desk.put(step, decided_at=now)
            record = desk.newest(step.record)  # telling of it may have written on its timeline


def _is_anything_due(connection: Connection, now: Moment) -> bool:
    alert, window = tables.alert.c, tables.window.c
    due = [
        select(literal(1)).where(alert.due_at <= now, alert.closed.is_(None)),
        select(literal(1)).where(window.due_at <= now),
    ]
    return any(connection.execute(query.limit(1)).first() for query in due)


def _in_scope(window: Window) -> ColumnElement[bool]:
    column = tables.alert.c.facility if window.scope_kind == "facility" else tables.alert.c.zone
    return column == window.scope


def _covering(record: Record, cover: Cover) -> Iterator[Event]:
    if record.facts.maintenance != cover.maintenance:
        yield Maintain(cover.maintenance)
    if record.facts.drill is not None and record.facts.drill != cover.drill:
        yield Drill(cover.drill)


def _due(record: Record, now: Moment) -> Event | None:
    """What happens next to an alert by itself, if that is due."""
    if record.facts.closed is not None:
        return None
    if record.facts.shelved_until is not None and record.facts.shelved_until <= now:
        return Unshelve(expired=True)
    late = overdue(record, now)
    return Overdue(late[0]) if late else None


def _detail(record: Record, event: Event) -> dict[str, Any]:
    if isinstance(event, Overdue):
        return {"due_at": getattr(record, f"{event.deadline}_due_at")}
    return {"because": "expired", "by": record.shelved_by}
