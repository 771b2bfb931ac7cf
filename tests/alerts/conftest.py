"""A book of the test's own in a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.book import Book, open_book
from tests.alerts.small_town import TOWN, Clock, hook, people


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    return Clock()


@pytest.fixture
def book_url(tmp_path: Path) -> str:
    """Where the test's book is."""
    return f"sqlite:///{tmp_path}/book.db"


@pytest.fixture
async def book(book_url: str, clock: Clock) -> AsyncIterator[Book]:
    """An empty book of a town that tells one webhook of everything."""
    async with open_book(book_url, TOWN, clock=clock, people=people(hook("fire-room"))) as opened:
        yield opened
