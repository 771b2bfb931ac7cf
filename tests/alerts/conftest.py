"""A book of the test's own in a file."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from alerts.book import Book, open_book
from alerts.database import open_database
from tests.alerts.small_town import TOWN, Clock, hook, people
from tests.services import Service, postgresql_database

_numbers = count(1)


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    return Clock()


@pytest.fixture(scope="session")
def empty_book(postgresql: Service) -> Service:
    """A PostgreSQL with a database `book` to copy: an empty alert book in its newest form."""

    async def make() -> None:
        async with open_database(postgresql_database(postgresql, "book")):
            pass

    asyncio.run(make())
    return postgresql


@pytest.fixture
def book_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the test's book is: a file, or a database of PostgreSQL for tests that ask for `EITHER`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path}/book.db"
    server: Service = request.getfixturevalue("empty_book")
    return postgresql_database(server, f"book{next(_numbers)}", template="book")


@pytest.fixture
async def book(book_url: str, clock: Clock) -> AsyncIterator[Book]:
    """An empty book of a town that tells one webhook of everything."""
    async with open_book(book_url, TOWN, clock=clock, people=people(hook("fire-room"))) as opened:
        yield opened
