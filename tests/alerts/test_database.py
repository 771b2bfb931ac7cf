"""The tables are what the migrations make, and what both databases understand."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex

from alerts import tables
from alerts.allowance import Use
from alerts.book import open_book
from alerts.claims import due_rows
from alerts.database import Database, open_database
from tests.alerts.small_town import TOWN, Clock, people
from town.errors import ConfigError, Unavailable


async def test_migrations_make_the_tables_that_the_code_knows(book_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), tables.metadata))

    async with open_database(book_url) as database:
        assert await database.read(differences) == []


async def test_database_is_opened_by_several_at_once(book_url: str) -> None:
    async def open_and_close() -> None:
        async with open_database(book_url):
            pass

    await asyncio.gather(*(open_and_close() for _ in range(4)))


async def test_sqlite_survives_a_power_cut(book_url: str) -> None:
    def pragma(link: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [link.execute(text(f"PRAGMA {name}")).scalar_one() for name in names]

    async with open_database(book_url) as database:
        assert await database.read(pragma) == ["wal", 2, 1]


async def test_write_is_tried_again_when_another_writer_was_first(book_url: str) -> None:
    attempts = 0

    def meets_another(_link: Connection) -> int:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise IntegrityError("INSERT", {}, Exception("UNIQUE"))
        return attempts

    async with open_database(book_url) as database:
        assert await database.write(meets_another) == 3


async def test_failed_write_leaves_nothing(book_url: str) -> None:
    def half(link: Connection) -> None:
        link.execute(text("INSERT INTO day VALUES ('20260921', 7)"))
        raise LookupError

    def rows(link: Connection) -> int:
        return len(link.execute(text("SELECT * FROM day")).all())

    async with open_database(book_url) as database:
        with pytest.raises(LookupError):
            await database.write(half)
        assert await database.read(rows) == 0


async def test_broken_statement_says_nothing_of_its_values(book_url: str) -> None:
    def broken(link: Connection) -> None:
        link.execute(text("SELECT * FROM nowhere WHERE secret = :secret"), {"secret": "hunter2"})

    async with open_database(book_url) as database:
        assert isinstance(database, Database)
        with pytest.raises(Unavailable) as said:
            await database.read(broken)
    assert "hunter2" not in str(said.value)


def test_postgresql_has_the_partial_unique_index_and_skips_locked_rows() -> None:
    [unique] = [index for index in tables.alert.indexes if index.unique]
    dialect = postgresql.dialect()

    assert str(CreateIndex(unique).compile(dialect=dialect)).endswith("WHERE closed IS NULL")
    claim = due_rows().compile(dialect=dialect)
    assert str(claim).endswith("FOR UPDATE SKIP LOCKED")


async def test_what_is_due_is_found_without_reading_the_past(book_url: str) -> None:
    query = (
        due_rows()
        .params(now=0, room=1, urgent_only=False, **{use.value: [] for use in Use})
        .compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    )

    def plan(link: Connection) -> str:
        return " | ".join(row[3] for row in link.execute(text(f"EXPLAIN QUERY PLAN {query}")))

    async with open_database(book_url) as database:
        steps = await database.read(plan)
    assert "notification_outstanding" in steps and "SCAN notification |" not in f"{steps} |"


async def test_folder_of_the_book_is_made(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/state/huangjiu/book.db"):
        assert (tmp_path / "state" / "huangjiu" / "book.db").is_file()


@pytest.mark.parametrize("url", ["sqlite://", "mysql://h/db", "nonsense", "sqlite:////proc/no/book.db"])
async def test_book_that_cannot_be_opened_is_refused(url: str, clock: Clock) -> None:
    with pytest.raises(ConfigError):
        async with open_book(url, TOWN, clock=clock, people=people()):
            pass
