"""Statements that the driver runs by itself find, write and fail as those that SQLAlchemy runs."""

import pytest
from sqlalchemy import Connection, bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from alerts import tables
from alerts.database import open_database
from alerts.prepared import Prepared, insert_rows
from tests.alerts.small_town import EITHER
from town.errors import Unavailable

NEWS = tables.news
ROWS = [
    {"number": 1, "alert": "A-1", "entry": 1, "for_store": True, "for_broker": False},
    {"number": 2, "alert": "A-1", "entry": 2, "for_store": False, "for_broker": True},
]
OF_ALERT = Prepared(lambda: select(NEWS).where(NEWS.c.alert == bindparam("alert")).order_by(NEWS.c.number))
TOLD = Prepared(
    lambda: (
        update(NEWS).where(NEWS.c.alert == bindparam("of")).values(for_store=bindparam("is")).returning(NEWS.c.number)
    )
)
SPENT = Prepared(lambda: select(tables.allowance.c.spent))


@EITHER
@pytest.mark.parametrize("count", [0, 1, 2])
async def test_rows_are_written_and_found_as_by_sqlalchemy(book_url: str, count: int) -> None:
    def both(link: Connection) -> tuple[list[object], list[object]]:
        insert_rows(link, NEWS, ROWS[:count])
        return [*OF_ALERT.rows(link, alert="A-1")], [dict(row) for row in link.execute(select(NEWS)).mappings()]

    async with open_database(book_url) as database:
        found, expected = await database.write(both)
    assert found == expected == ROWS[:count]


@EITHER
async def test_json_is_what_it_was(book_url: str) -> None:
    def there_and_back(link: Connection) -> object:
        link.execute(insert(tables.allowance), {"credential": "by SQLAlchemy", "spent": [1, None, "量"]})
        insert_rows(link, tables.allowance, [{"credential": "by the driver", "spent": [1, None, "量"]}])
        return [row["spent"] for row in SPENT.rows(link)], list(
            link.execute(select(tables.allowance.c.spent)).scalars()
        )

    async with open_database(book_url) as database:
        assert await database.write(there_and_back) == ([[1, None, "量"]] * 2,) * 2


@EITHER
async def test_change_says_how_many_and_which_rows(book_url: str) -> None:
    def changes(link: Connection) -> tuple[int, list[int], int]:
        insert_rows(link, NEWS, ROWS)
        found = [row["number"] for row in TOLD.rows(link, of="A-1", **{"is": False})]
        return TOLD.change(link, of="A-2", **{"is": False}), found, len(OF_ALERT.rows(link, alert="A-2"))

    async with open_database(book_url) as database:
        assert await database.write(changes) == (0, [1, 2], 0)


@EITHER
async def test_reading_is_one_snapshot(book_url: str) -> None:
    async with open_database(book_url) as database:
        assert await database.read(lambda link: (SPENT.rows(link), link.in_transaction())) == ([], True)


@EITHER
async def test_row_that_is_there_already_is_an_integrity_error_and_leaves_nothing(book_url: str) -> None:
    async with open_database(book_url) as database:
        with pytest.raises(IntegrityError):
            await database.write(lambda link: insert_rows(link, NEWS, [ROWS[0], ROWS[0]]))
        assert await database.read(lambda link: OF_ALERT.rows(link, alert="A-1")) == []


@EITHER
async def test_book_that_cannot_answer_is_away_and_says_no_values(book_url: str) -> None:
    broken = Prepared(lambda: select(tables.pause.c.reason).where(tables.pause.c.target == bindparam("whom")))

    def without_table(link: Connection) -> object:
        link.execute(text("DROP TABLE pause"))
        return broken.rows(link, whom="hunter2")

    async with open_database(book_url) as database:
        with pytest.raises(Exception, match="pause") as said:
            await database.write(without_table)
        assert "hunter2" not in str(said.value)
        assert isinstance(said.value, Unavailable) or "postgresql" in book_url
        assert await database.read(lambda link: broken.rows(link, whom="hunter2")) == []


@pytest.mark.postgresql
@pytest.mark.xdist_group("postgresql")
@pytest.mark.parametrize("book_url", ["postgresql"], indirect=True)
async def test_lost_connection_is_given_up(book_url: str) -> None:
    def ended(link: Connection) -> object:
        mine = link.execute(text("SELECT pg_backend_pid()")).scalar_one()
        link.execute(text(f"SELECT pg_terminate_backend({mine})"))
        return SPENT.rows(link)

    async with open_database(book_url) as database:
        with pytest.raises(Unavailable):
            await database.write(ended)
        assert await database.read(SPENT.rows) == []
