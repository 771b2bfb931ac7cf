"""The alert side of a rule case: a real alert book in memory, with the town's people and routes."""

import asyncio
import tempfile
from pathlib import Path
from typing import Self

from alerts.book import Book, open_book
from alerts.people import People
from town.alert import AlertDefinition, AlertState, Subject, Transition
from town.moment import Moment
from town.ports import AlertFilter
from town.town import Town


class BookOfACase:
    """What the transitions of one case come to. It has an event loop of its own, because cases run without one."""

    def __init__(self, town: Town, people: People) -> None:
        self._now: Moment = 0
        self._folder = tempfile.TemporaryDirectory(prefix="town-case-")
        self._runner = asyncio.Runner()
        url = f"sqlite+aiosqlite:///{Path(self._folder.name) / 'case.sqlite'}"
        self._opening = open_book(url, town, clock=lambda: self._now, people=people)
        self._book: Book = self._runner.run(self._opening.__aenter__())
        self._subjects: dict[tuple[str, str], Subject] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._opening.__aexit__(None, None, None))
        self._runner.close()
        self._folder.cleanup()

    def take(self, transitions: list[Transition], definitions: dict[str, AlertDefinition], now: Moment) -> None:
        """Apply what the rules decided."""
        self._now = now
        self._subjects.update({(each.rule, each.subject.id): each.subject for each in transitions})
        self._runner.run(self._book.take(transitions, definitions, now))

    def state(self, rule: str, subject: str) -> AlertState:
        """Where the open alert stands; normal when none is open."""
        known = self._subjects.get((rule, subject))
        return self._runner.run(self._book.state(rule, known)) if known else AlertState.NORMAL

    def notifications(self, target: str) -> int:
        """How many notifications that target was due by now."""
        return self._runner.run(self._count(target))

    async def _count(self, target: str) -> int:
        count = 0
        for alert in await self._book.alerts(AlertFilter(limit=10_000)):
            detail = await self._book.detail(alert.id)
            if detail is not None:
                count += sum(each.target == target and each.due_at <= self._now for each in detail.notifications)
        return count
