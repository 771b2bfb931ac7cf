"""The key of the links in messages, which rules and console must have in common."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from alerts.book import Book, open_book
from brain.alerting import links_of
from tests.alerts.small_town import START, TOWN, Clock, people
from town.settings import Settings

KEY = SecretStr("k" * 40)


async def made_by(book: Book, state: Path, **settings: Any) -> str:
    """The link in a message of a process with that state folder."""
    state.mkdir()
    links = await links_of(book, Settings(**settings), state)
    return links.address("A-20260921-0001", episode=1, person="li.wei", created_at=START)


async def test_processes_that_keep_their_state_apart_share_a_key_of_the_settings(tmp_path: Path) -> None:
    async with open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=Clock(), people=people()) as book:
        told = [await made_by(book, tmp_path / name, link_key=KEY) for name in ("rules", "console")]
        own = [await made_by(book, tmp_path / name) for name in ("one", "two")]

    assert told[0] == told[1] and own[0] != own[1]
    assert not list(tmp_path.glob("rules/*")) and [path.name for path in tmp_path.glob("one/*")] == ["links.key"]
