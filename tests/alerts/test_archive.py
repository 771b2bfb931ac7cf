"""The whole book as files, and back."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select

from alerts import tables
from alerts.archive import read_book, write_book
from alerts.book import Book, open_book
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definitions, people
from town.errors import ConfigError
from town.ports import AlertFilter

pytestmark = EITHER


def rows(connection: Connection) -> dict[str, list[Any]]:
    every = tables.metadata.sorted_tables
    return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in every}


async def lived(book: Book) -> dict[str, list[Any]]:
    """A book with an alert that somebody has, and what is in it."""
    await book.take([active()], definitions(), START)
    [alert] = await book.alerts(AlertFilter())
    await book.acknowledge(alert.id, by="li.wei", at=START + 1, comment="我去看 ✓")
    return await book.database.read(rows)


async def test_what_was_written_comes_back_as_it_was(book: Book, tmp_path: Path) -> None:
    before = await lived(book)
    counts = await write_book(book.database, tmp_path)

    async with open_book(f"sqlite:///{tmp_path}/other.db", TOWN, clock=Clock(), people=people()) as other:
        assert await read_book(other.database, tmp_path) == counts
        assert await other.database.read(rows) == before
    assert counts["alert"] == 1 and counts["timeline"] >= 2 and counts["notification"] >= 1


async def test_a_book_of_sqlite_moves_to_the_other_and_goes_on(book: Book, tmp_path: Path) -> None:
    async with open_book(f"sqlite:///{tmp_path}/first.db", TOWN, clock=Clock(), people=people()) as first:
        before = await lived(first)
        await write_book(first.database, tmp_path)
    await read_book(book.database, tmp_path)
    after = await book.database.read(rows)
    [alert] = await book.alerts(AlertFilter())
    await book.comment(alert.id, by="li.wei", at=START + 2, text="again")

    assert after == before
    numbers = [row[0] for row in (await book.database.read(rows))["news"]]
    assert len(numbers) == len(set(numbers)) == len(before["news"]) + 1


async def test_a_book_that_has_alerts_is_not_mixed_with_another(book: Book, tmp_path: Path) -> None:
    before = await lived(book)
    await write_book(book.database, tmp_path)

    with pytest.raises(ConfigError, match="has 1 alerts already"):
        await read_book(book.database, tmp_path)
    assert await book.database.read(rows) == before


async def test_half_a_backup_changes_nothing(book: Book, tmp_path: Path) -> None:
    await write_book(book.database, tmp_path)
    (tmp_path / "timeline.jsonl.gz").write_bytes(b"spoilt")
    await book.database.write(lambda link: link.execute(insert(tables.day), [{"day": "20260101", "last": 7}]))

    with pytest.raises(OSError):
        await read_book(book.database, tmp_path)
    assert (await book.database.read(rows))["day"] == [("20260101", 7)]


async def test_a_new_store_hears_of_every_event_once(book: Book, tmp_path: Path) -> None:
    entries = len((await lived(book))["timeline"])
    await book.database.write(lambda link: link.execute(delete(tables.news)))
    await write_book(book.database, tmp_path)

    async with open_book(f"sqlite:///{tmp_path}/other.db", TOWN, clock=Clock(), people=people()) as other:
        await read_book(other.database, tmp_path, tell_store=True)
        told = (await other.database.read(rows))["news"]
    assert [(for_store, for_broker) for *_, for_store, for_broker in told] == [(True, False)] * entries
