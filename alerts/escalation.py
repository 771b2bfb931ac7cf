"""Calls whoever comes next: waits that are over, escalations, reminders, and what quiet hours held back.

Everything that is due stands in the book as a moment. So nothing is forgotten over a restart, and what came due while
the brain was down is told at once. Several processes may run it on one book: who works on an alert holds it.
"""

import asyncio
import logging

from sqlalchemy import Connection

from alerts.book import Book
from alerts.desk import Desk
from alerts.plans import alerts_due, next_plan_at
from town.errors import Unavailable
from town.moment import SECOND, Duration, Moment

logger = logging.getLogger(__name__)

POLL: Duration = 5 * SECOND
"""How often it is looked for what another process planned."""
GATHERS: Duration = SECOND // 20
"""How long it waits after a change: who is told at once goes first, and whoever is next is minutes away."""
_AT_ONCE = 200


class Caller:
    """Runs on a book; `run_due` tells what is due now."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._wake = asyncio.Event()
        self._away = False

    async def run(self) -> None:
        """Tell what is due until cancelled; a book that is away is asked again."""
        unlisten = self._book.listen(lambda _alerts: self._wake.set())
        try:
            while True:
                self._wake.clear()
                await self._rest(await self._next())
        finally:
            unlisten()

    async def run_due(self) -> list[str]:
        """Tell everything that is due now, one transaction after the other; the alerts that it was about."""
        found: list[str] = []
        while told := await self._book.database.write(self._tell_due):
            self._book.announce(told)
            found += told
        return found

    async def _next(self) -> Moment | None:
        """Tell what is due; when the next is."""
        try:
            due_at = await self._book.database.read(next_plan_at)
            if due_at is not None and due_at <= self._book.clock():
                await self.run_due()
                due_at = await self._book.database.read(next_plan_at)
        except Unavailable as error:
            if not self._away:
                logger.warning("nobody else is called: %s", error)
            self._away = True
            return None
        if self._away:
            logger.info("the book is back: who is next is called again")
        self._away = False
        return due_at

    def _tell_due(self, connection: Connection) -> list[str]:
        now = self._book.clock()
        alerts = alerts_due(connection, now=now, limit=_AT_ONCE)
        if alerts:
            desk = Desk(connection, town=self._book.town, people=self._book.people, now=now)
            desk.load(alerts)
            desk.run_due()
            desk.flush()
        return alerts

    async def _rest(self, due_at: Moment | None) -> None:
        wait = POLL if due_at is None else min(POLL, max(SECOND // 100, due_at - self._book.clock()))
        try:
            async with asyncio.timeout(wait / 1000):
                await self._wake.wait()
                await asyncio.sleep(GATHERS / SECOND)
        except TimeoutError:
            pass
