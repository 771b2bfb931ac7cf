"""Rule cases with their alert side: a real alert book for each case, with the town's people and routes."""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from alerts.book import Book, open_book
from alerts.escalation import Caller
from alerts.people import People
from alerts.people_file import load_people
from rules.case import CaseAlerts, CaseResult, run_cases
from rules.case_folder import town_folder
from town.alert import AlertDefinition, AlertState, DeliveryState, Subject, Transition
from town.moment import Moment
from town.ports import AlertFilter
from town.town import Town


class BookOfACase:
    """What the transitions of one case come to. It has an event loop of its own, because cases run without one."""

    def __init__(self, town: Town, people: People) -> None:
        self._now: Moment = 0
        self._folder = tempfile.TemporaryDirectory(prefix="town-case-")
        self._runner = asyncio.Runner()
        url = f"sqlite:///{Path(self._folder.name) / 'case.sqlite'}"
        self._opening = open_book(url, town, clock=lambda: self._now, people=people)
        self._book: Book = self._runner.run(self._opening.__aenter__())
        self._caller = Caller(self._book)
        self._people = people
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

    def acknowledge(self, rule: str, subject: str, now: Moment) -> None:
        """A person acknowledges the open alert of a rule about a subject, when there is one."""
        self._now = now
        self._runner.run(self._acknowledge(rule, subject, now))

    async def _acknowledge(self, rule: str, subject: str, now: Moment) -> None:
        for alert in await self._book.alerts(AlertFilter(rule=rule)):
            if alert.subject == subject and alert.state is not AlertState.CLOSED:
                await self._book.acknowledge(alert.id, by="case", at=now)

    def state(self, rule: str, subject: str) -> AlertState:
        """Where the open alert stands; normal when none is open."""
        known = self._subjects.get((rule, subject))
        return self._runner.run(self._book.state(rule, known)) if known else AlertState.NORMAL

    def notifications(self, target: str) -> int | None:
        """How many notifications that target was due by now; None when there is no such person or target."""
        if not self._people.channels_of(target):
            return None
        self._runner.run(self._caller.run_due())
        return self._runner.run(self._count(target))

    async def _count(self, target: str) -> int:
        count = 0
        for alert in await self._book.alerts(AlertFilter(limit=10_000)):
            detail = await self._book.detail(alert.id)
            if detail is not None:
                count += sum(
                    each.target == target and each.due_at <= self._now and each.state is not DeliveryState.SUPPRESSED
                    for each in detail.notifications
                )
        return count


def run_with_book(path: Path) -> list[CaseResult]:
    """Play every case at a path, each with a book of its own; raises ConfigError when there is no such path."""
    with ExitStack() as stack:
        return run_cases(path, _maker(path, stack))


def _maker(path: Path, stack: ExitStack) -> Callable[[Town], CaseAlerts]:
    """Makes the alert side of each case, and ends that of the case before."""
    home = town_folder(path)

    def make(town: Town) -> CaseAlerts:
        stack.close()
        people = load_people(home, town)[0] if home else None
        return stack.enter_context(BookOfACase(town, people or People()))

    return make
