"""Real processes on one book: `kill -9` in the middle of a send loses nothing, and two send everything once."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.allowance import Use
from alerts.book import Book, open_book
from alerts.room import Policy
from brain.clock import wall_clock
from tests.alerts.receivers import HttpReceiver, http_receiver
from tests.alerts.small_town import EITHER, TOWN, active, definitions, hook, people
from town.alert import DeliveryState, Notification
from town.ports import AlertFilter

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def book(book_url: str) -> AsyncIterator[Book]:
    """A book that goes by the real time, as the processes do."""
    async with open_book(book_url, TOWN, clock=wall_clock, people=people(hook("fire-room"))) as opened:
        yield opened


@contextmanager
def outbox(book_url: str, receiver: HttpReceiver, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """An outbox in a process of its own, killed at the end."""
    command = [sys.executable, "-m", "tests.alerts.outbox_process", book_url, f"http://127.0.0.1:{receiver.port}", name]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def raise_alerts(book: Book, *numbers: int) -> None:
    now = wall_clock()
    await book.take([active(subject=f"S{number}", at=now) for number in numbers], definitions(), now)


async def delivered(book: Book) -> list[Notification]:
    """The notifications, once all of them have been delivered."""
    changed = AlertFilter(limit=1_000)
    while await book.deliveries() != {DeliveryState.DELIVERED: len(await book.alerts(changed))}:
        await asyncio.sleep(0.05)  # another process writes: there is no event to wait for
    details = [await book.detail(alert.id) for alert in await book.alerts(changed)]
    return [note for detail in details if detail for note in detail.notifications]


@EITHER
async def test_outbox_that_is_killed_while_it_sends_loses_nothing_and_marks_what_may_be_doubled(
    book: Book, book_url: str
) -> None:
    under_way = Policy().most(Use.URGENT)
    await raise_alerts(book, *range(10))
    async with http_receiver() as receiver, asyncio.timeout(60):
        receiver.stall.clear()
        with outbox(book_url, receiver, "one"):
            await receiver.until(under_way)
        receiver.stall.set()
        with outbox(book_url, receiver, "one"):
            notes = await delivered(book)

    sent = Counter(receiver.keys_seen())
    assert sent.keys() == {note.id for note in notes} and sent.total() == 10 + under_way
    assert {note.id for note in notes if note.possibly_doubled} == {key for key, times in sent.items() if times == 2}


@EITHER
async def test_two_processes_send_everything_once(book: Book, book_url: str) -> None:
    async with http_receiver() as receiver, asyncio.timeout(60):
        with outbox(book_url, receiver, "one"), outbox(book_url, receiver, "two"):
            for start in range(0, 80, 20):
                await raise_alerts(book, *range(start, start + 20))
            notes = await delivered(book)

    assert Counter(receiver.keys_seen()) == Counter(note.id for note in notes)
    assert not any(note.possibly_doubled for note in notes)
