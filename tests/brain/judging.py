"""A judge on a small town, with a clock that is set by hand and a book that remembers what it was given."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from brain.journal import JOURNAL_FILE, Line, plain, read_journal
from brain.judge import Judge
from brain.state import SNAPSHOT_FILE
from rules.ruleset import RuleSet
from tests.rules.places import START
from town.alert import Alert, AlertDefinition, Transition
from town.moment import DAY, Moment
from town.reading import Reading
from town.town import Town


class Hand:
    """A clock that stands where it was set."""

    def __init__(self) -> None:
        self.now: Moment = START

    def __call__(self) -> Moment:
        return self.now


class Memo:
    """Keeps every transition it was given; it may stand for an alert book over a restart."""

    def __init__(self) -> None:
        self.taken: list[Transition] = []

    async def take(
        self, transitions: Sequence[Transition], definitions: dict[str, AlertDefinition], now: Moment
    ) -> list[Alert]:
        assert all(one.rule in definitions for one in transitions)
        self.taken += transitions
        return []


class Past:
    """A store that answers with readings it was handed, by their arrival."""

    def __init__(self, readings: Sequence[Reading] = ()) -> None:
        self.stored = sorted(readings, key=lambda one: (one.received_at, one.measured_at, one.sensor))

    async def readings(
        self, *, start: Moment, end: Moment, order: str = "measured", **_: object
    ) -> AsyncIterator[list[Reading]]:
        assert order == "arrival"
        yield [one for one in self.stored if start <= one.received_at < end]


def open_judge(state: Path, rules: RuleSet, town: Town, *, clock: Hand, book: Memo) -> Judge:
    """A judge that goes on with what stands in the folder."""
    state.mkdir(exist_ok=True)
    file = state / SNAPSHOT_FILE
    saved = file.read_bytes() if file.exists() else None
    return Judge(rules, town, book=book, clock=clock, snapshot=file, saved=saved)


@contextlib.asynccontextmanager
async def running(judge: Judge) -> AsyncIterator[None]:
    """It runs until the block ends, then stops as an operator would have it."""
    task = asyncio.create_task(judge.run())
    try:
        async with asyncio.timeout(30):
            while not judge.live:
                await asyncio.sleep(0)
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def judged(judge: Judge, clock: Hand, until: Moment) -> None:
    """It is that moment, and everything that was delivered before it is judged."""
    clock.now = max(clock.now, until)
    await judge.deliver([])
    async with asyncio.timeout(30):
        while not (judge.idle and judge.reached >= until - 1):
            await asyncio.sleep(0)


def killed(state: Path, into: Path) -> Path:
    """What a `kill -9` at this moment leaves on the disk."""
    while True:
        try:
            shutil.copytree(state, into)
            return into
        except shutil.Error:  # the state was just being saved, in a thread that ends by itself
            shutil.rmtree(into)


def journal(state: Path) -> list[Line]:
    return list(read_journal(state / JOURNAL_FILE, start=START - DAY, end=START + 9 * DAY))


def decided(state: Path) -> list[bytes]:
    """The transitions of the journal as bytes, in order."""
    return [plain(line.transition) for line in journal(state) if line.transition is not None]
