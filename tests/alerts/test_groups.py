"""Alerts that open together are told in one message, and that they are over in one as well."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from alerts import tables
from alerts.book import Book, open_book
from alerts.contact import Person
from alerts.digest import DIGEST
from alerts.escalation import Caller
from alerts.people import People
from alerts.plan import Route
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definition, normal
from town.alert import Condition, DeliveryState
from town.moment import MINUTE, SECOND, Moment

ANN, BOB = (Person(id=name, name=name, channels={"email": f"{name}@x.example"}) for name in ("ann", "bob"))
TOGETHER = Route(to=("ann",), wait=30 * SECOND, group_by=("category", "zone"))
PEOPLE = People(people={"ann": ANN, "bob": BOB}, routes=(TOGETHER,))
RULE = {"fire.smoke.high": definition()}


class Town:
    """Raises and clears alerts by subject; `messages` are those that go out, each with the alerts that it holds."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self.book, self.clock = book, clock
        self.names: dict[str, str] = {}

    async def raised(self, *subjects: str) -> None:
        for one in subjects:
            [alert] = await self.book.take([active(at=self.clock.now, subject=one)], RULE, self.clock.now)
            self.names.setdefault(alert.id, one)
            self.clock.now += SECOND

    async def cleared(self, *subjects: str) -> None:
        gone = [normal(at=self.clock.now, subject=one, previous=Condition.ACTIVE) for one in subjects]
        await self.book.take(gone, RULE, self.clock.now)
        self.clock.now += SECOND

    async def until(self, at: Moment) -> None:
        self.clock.now = START + at
        await Caller(self.book).run_due()

    async def messages(self, who: str = "ann") -> list[tuple[str, list[str]]]:
        rows = [row for row in await self.book.database.read(_rows) if row["target"] == who]
        held: dict[str, list[Any]] = {}
        for row in rows:
            if row["event"] != DIGEST:
                held.setdefault(row["digest"] or row["id"], []).append(row)
        assert {row["id"] for row in rows if row["event"] == DIGEST} == {key for key in held if key.startswith("D")}
        return [(rows[0]["event"], sorted(self.names[row["alert"]] for row in rows)) for rows in held.values()]


def _rows(connection: Any) -> list[Any]:
    table = tables.notification
    query = select(table).where(table.c.state == DeliveryState.QUEUED).order_by(table.c.created_at, table.c.id)
    return list(connection.execute(query).mappings())


@pytest.fixture
async def town(book_url: str, clock: Clock) -> AsyncIterator[Town]:
    """A town that tells Ann of alerts together."""
    async with open_book(book_url, TOWN, clock=clock, people=PEOPLE) as book:
        yield Town(book, clock)


@EITHER
async def test_alerts_that_open_within_the_wait_are_told_in_one_message(town: Town) -> None:
    await town.raised("S1", "S2", "S3")
    assert await town.messages() == []
    await town.until(30 * SECOND)
    await town.raised("S4")
    await town.until(MINUTE)

    assert await town.messages() == [("raised", ["S1", "S2", "S3"]), ("raised", ["S4"])]


@EITHER
async def test_that_all_are_over_is_told_at_once_and_once(town: Town) -> None:
    await town.raised("S1", "S2", "S3")
    await town.until(30 * SECOND)
    await town.cleared("S1")
    await town.cleared("S2")
    assert len(await town.messages()) == 1, "one of them is still there"
    await town.cleared("S3")
    await town.raised("S1")
    await town.cleared("S1")

    assert (await town.messages())[1:] == [("cleared", ["S1", "S2", "S3"])]


async def test_those_that_are_over_in_one_batch_are_told_together(town: Town) -> None:
    await town.raised("S1", "S2")
    await town.until(30 * SECOND)
    await town.cleared("S1", "S2")

    assert (await town.messages())[1:] == [("cleared", ["S1", "S2"])]


async def test_what_is_over_before_the_message_is_not_in_it(town: Town) -> None:
    await town.raised("S1", "S2")
    await town.cleared("S1")
    await town.until(MINUTE)

    assert await town.messages() == [("raised", ["S2"])]


async def test_who_is_told_alone_hears_of_each_end_alone(town: Town) -> None:
    town.book.reload(TOWN, PEOPLE.model_copy(update={"routes": (TOGETHER, Route(to=("bob",)))}))
    await town.raised("S1", "S2")
    await town.until(30 * SECOND)
    await town.cleared("S1")

    assert await town.messages() == [("raised", ["S1", "S2"])]
    assert await town.messages("bob") == [("raised", ["S1"]), ("raised", ["S2"]), ("cleared", ["S1"])]


async def test_other_categories_and_zones_are_told_apart(town: Town) -> None:
    await town.raised("CE2-S01", "CE2-S02", "somewhere")
    await town.until(MINUTE)

    assert await town.messages() == [("raised", ["CE2-S01", "CE2-S02"]), ("raised", ["somewhere"])]
