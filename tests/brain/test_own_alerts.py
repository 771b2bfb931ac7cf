"""What goes wrong with the brain itself, as alerts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from alerts.book import Book, open_book
from brain.own_alerts import WATCHED, OwnAlerts
from tests.alerts.small_town import START, TOWN, Clock, people
from town.alert import Severity
from town.moment import MINUTE, SECOND
from town.ports import AlertFilter, PartHealth

State = Literal["ok", "degraded", "down"]


class Line:
    """Parts that a test breaks and mends."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self.book, self.clock, self.states = book, clock, dict[str, State]()
        self.watch = OwnAlerts(self.parts, book, clock=clock)

    def parts(self) -> list[PartHealth]:
        return [PartHealth(name, state, START, "as a test has it") for name, state in self.states.items()]

    async def after(self, wait: int, **states: State) -> list[tuple[str, Severity]]:
        """The alerts that are open when parts have been so from now on, for that long."""
        self.states.update({name.replace("_", " "): state for name, state in states.items()})
        await self.watch.look()
        self.clock.now += wait
        await self.watch.look()
        found = await self.book.alerts(AlertFilter())
        return [(alert.rule, alert.severity) for alert in found if alert.cleared_at is None and not alert.closed_at]


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    clock = Clock()
    async with open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=clock, people=people()) as book:
        yield Line(book, clock)


async def test_an_imbalance_of_the_ledger_is_an_alert_until_it_balances(line: Line) -> None:
    assert await line.after(9 * SECOND, ledger="down") == []
    assert await line.after(2 * SECOND) == [("brain.ledger", Severity.MAJOR)]
    assert await line.after(SECOND, ledger="ok") == [("brain.ledger", Severity.MAJOR)]
    assert await line.after(10 * SECOND) == []


async def test_a_spool_is_told_before_it_is_full_and_again_when_it_is(line: Line) -> None:
    assert await line.after(0, spool="degraded") == [("brain.spool", Severity.MINOR)]
    assert await line.after(0, spool="down") == [("brain.spool", Severity.MAJOR)]


async def test_a_store_that_is_away_for_a_moment_calls_nobody(line: Line) -> None:
    assert await line.after(MINUTE - SECOND, store="down") == []
    assert await line.after(MINUTE, store="ok") == []
    assert await line.after(MINUTE, store="down") == [("brain.store", Severity.MAJOR)]


async def test_after_a_restart_an_alert_goes_on_and_ends_once(line: Line) -> None:
    await line.after(MINUTE, broker="down")
    line.watch = OwnAlerts(line.parts, line.book, clock=line.clock)

    assert await line.after(MINUTE) == [("brain.broker", Severity.MAJOR)]
    assert await line.after(MINUTE, broker="ok") == []
    assert [alert.activations for alert in await line.book.alerts(AlertFilter())] == [1]


async def test_one_of_several_processes_is_enough(line: Line) -> None:
    assert await line.after(MINUTE, process_one="down", process_two="ok") == [("brain.process", Severity.MAJOR)]


def test_every_part_that_is_watched_has_words_in_both_languages() -> None:
    for watched in WATCHED.values():
        assert watched.title.zh != watched.title.en and watched.response.zh != watched.response.en
