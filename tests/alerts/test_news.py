"""What happens to alerts reaches the store whole, in order, over restarts and while it is away."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import func, select

from alerts import tables
from alerts.book import Book, open_book
from alerts.event_words import WORDS
from alerts.happening import Happening
from alerts.news import News, Reader, count_unread, mark_read, unread
from alerts.own_rows import news_rows
from alerts.telling import Teller, to_store
from alerts.topics import event_payload
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definitions, normal, people
from town.alert import Severity
from town.errors import Unavailable
from town.moment import DAY, HOUR, MINUTE
from town.own import OwnRow
from town.store.duckdb import DuckStore
from town.window import WindowKind

ALWAYS = {"start": 0, "end": START + 99 * DAY}


async def numbers(book: Book, reader: str = "store") -> list[int]:
    return [one.number for one in await book.database.read(lambda link: unread(link, reader))]  # type: ignore[arg-type]


@EITHER
async def test_every_timeline_entry_is_news_for_both_readers(book: Book) -> None:
    [alert] = await book.take([active()], definitions(), START)
    await book.acknowledge(alert.id, by="li.wei", at=START + 5, comment="on my way")

    for reader in ("store", "broker"):
        news = await book.database.read(lambda link, reader=reader: unread(link, reader))
        assert [(one.entry.event, one.entry.by) for one in news] == [
            ("opened", "rule"), ("raised", "rule"), ("acknowledged", "li.wei"),
        ]  # fmt: skip
        assert {one.alert.acknowledged_by for one in news} == {"li.wei"}


@EITHER
async def test_what_one_reader_has_waits_for_the_other_and_then_is_forgotten(book: Book) -> None:
    await book.take([active()], definitions(), START)
    first = await numbers(book)
    await book.database.write(lambda link: mark_read(link, "store", first))
    assert (await numbers(book), await numbers(book, "broker")) == ([], first)

    await book.database.write(lambda link: mark_read(link, "broker", first))
    await book.take([normal()], definitions(), START)

    rows = await book.database.read(lambda link: link.execute(select(func.count()).select_from(tables.news)).scalar())
    assert rows == 1
    assert await numbers(book) == [first[-1] + 1]  # numbers are never given again


async def test_events_and_alerts_are_rows_of_the_store(book: Book) -> None:
    [alert] = await book.take([active()], definitions(), START)
    await book.acknowledge(alert.id, by="li.wei", at=START + 5, comment="on my way")
    async with DuckStore(None, TOWN) as store:
        await to_store(book, store).tell()

        events = await store.own_rows("alert_event", **ALWAYS)
        [row] = [one for one in await store.own_rows("alert", **ALWAYS) if one.at == START + 5]

    said = {one.fields["event"]: one.fields["text_en"] for one in events}
    assert said["acknowledged"] == "■ Smoke <high> · Cellar 2: acknowledged (li.wei): on my way"
    assert {one.fields["text_zh"] for one in events} >= {"■ 烟雾过高 · 二号酒窖：报警"}
    assert row.tags == {
        "alert_rule": "fire.smoke.high", "facility": "cellar-2", "zone": "cellars", "category": "fire",
        "severity": "critical", "subject": "CE2-S01",
    }  # fmt: skip
    assert (row.fields["mark"], row.fields["place_zh"], row.fields["place_en"]) == (1.5, "二号酒窖", "Cellar 2")
    assert (row.fields["state"], row.fields["acknowledged"], row.fields["acknowledged_by"]) == (
        "acknowledged", True, "li.wei",
    )  # fmt: skip


async def test_a_drill_is_marked_in_the_store_and_for_whoever_listens(book: Book) -> None:
    await book.windows.make_window(
        WindowKind.DRILL, "facility", "cellar-2", starts_at=START, ends_at=START + HOUR, why="yearly", by="wang"
    )
    await book.take([active()], definitions(), START)
    news = await book.database.read(lambda link: unread(link, "broker"))

    [row] = [row for row in news_rows(news[1], TOWN) if row.family == "alert_event"]
    event = msgspec.json.decode(event_payload(news[1], TOWN))
    assert (row.fields["drill"], event["drill"]) == (True, True)
    assert row.fields["text_zh"] == event["text"]["zh"] == "■ 【演练】烟雾过高 · 二号酒窖：报警"


async def test_another_severity_ends_the_series_of_the_one_before(book: Book) -> None:
    await book.take([active()], definitions(), START)
    await book.take([active(severity=Severity.MINOR, previous=active().condition)], definitions(), START + MINUTE)
    async with DuckStore(None, TOWN) as store:
        await to_store(book, store).tell()
        rows = await store.own_rows("alert", **ALWAYS)

    last = {row.tags["severity"]: row.fields["state"] for row in rows}
    assert last == {"critical": "closed", "minor": "active"}


class Away:
    """A store that is away, then is not."""

    def __init__(self) -> None:
        self.away, self.rows = True, list[OwnRow]()

    async def write_own(self, rows: Sequence[OwnRow]) -> list[OwnRow]:
        if self.away:
            raise Unavailable("gone")
        self.rows += rows
        return []


async def test_a_store_that_was_away_over_a_restart_misses_nothing(book: Book, book_url: str, clock: Clock) -> None:
    store = Away()
    [alert] = await book.take([active()], definitions(), START)
    with pytest.raises(Unavailable):
        await to_store(book, store).tell()

    store.away = False
    async with open_book(book_url, TOWN, clock=clock, people=people()) as again:
        await again.acknowledge(alert.id, by="li.wei", at=START)
        teller = to_store(again, store)
        while await teller.tell():
            pass
        await teller.mark()

        assert await again.database.read(lambda link: count_unread(link, "store")) == 0
    events = [row.fields["event"] for row in store.rows if row.family == "alert_event"]
    assert events == ["opened", "raised", "acknowledged"]


async def test_what_was_told_and_not_written_down_is_told_again(book: Book) -> None:
    told: list[int] = []

    async def pass_on(news: Sequence[News]) -> None:
        told.extend(one.number for one in news)
        if len(told) == 2:
            raise Unavailable("the power went")

    await book.take([active()], definitions(), START)
    teller = Teller(book, "broker", pass_on, part="test")
    with pytest.raises(Unavailable):
        await teller.tell()
    await teller.tell()

    assert told == [1, 2, 1, 2]


async def test_more_than_fit_into_one_look_are_told_in_order(book: Book) -> None:
    told: list[int] = []

    async def pass_on(news: Sequence[News]) -> None:
        told.extend(one.number for one in news)

    steps = [one for _ in range(300) for one in (active(), normal())]
    await book.take(steps, definitions(), START)
    teller = Teller(book, "broker", pass_on, part="test")
    while await teller.tell():
        pass

    assert told == list(range(1, len(told) + 1))
    assert len(told) > 600


@EITHER
async def test_both_readers_at_once_do_not_wait_for_each_other_for_ever(book: Book) -> None:
    await book.take([active(subject=f"s{number}") for number in range(200)], definitions(), START)
    heard: dict[str, list[int]] = {"store": [], "broker": []}

    async def tell(reader: Reader) -> None:
        async def pass_on(news: Sequence[News]) -> None:
            heard[reader].extend(one.number for one in news)

        teller = Teller(book, reader, pass_on, part=reader)
        while await teller.tell():
            await teller.mark()

    await asyncio.gather(tell("store"), tell("broker"), tell("store"))

    assert set(heard["store"]) == set(heard["broker"]) and len(heard["broker"]) == 400
    count = select(func.count()).select_from(tables.news)
    assert await book.database.read(lambda link: link.execute(count).scalar()) == 0


def test_everything_that_can_happen_has_its_words() -> None:
    others = {"assigned", "escalated", "comment", "notified", "not_notified"}

    assert {*Happening, *others} <= set(WORDS)
