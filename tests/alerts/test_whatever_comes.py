"""Whatever a provider answers and whatever happens meanwhile: nothing is lost, and no limit is broken."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.book import Book, open_book
from tests.alerts.receivers import Request, http_receiver, says
from tests.alerts.small_town import START, Clock
from tests.alerts.storm_town import RULES, SENSORS, SILENT, SMOKE, STORM_TOWN, change, told
from tests.alerts.strict_servers import Credential
from tests.alerts.test_overflow import ROOM, outbox_of
from town.alert import Condition, DeliveryState
from town.moment import MINUTE, SECOND

Mood = Literal["takes", "too fast", "breaks", "cuts", "refuses"]
MOODS: tuple[Mood, ...] = ("takes", "too fast", "breaks", "cuts", "refuses")
Step = tuple[str, int] | tuple[str, Mood]

STEPS = st.lists(
    st.tuples(st.just("silent"), st.integers(1, 60))
    | st.tuples(st.just("fire"), st.integers(1, 20))
    | st.tuples(st.just("gone"), st.integers(1, 40))
    | st.tuples(st.just("wait"), st.sampled_from([SECOND, 5 * SECOND, 30 * SECOND, 70 * SECOND]))
    | st.tuples(st.just("provider"), st.sampled_from(MOODS)),
    min_size=3,
    max_size=14,
)


class Town:
    """A book, a robot with moods, and a clock."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book, self.clock = book, clock
        self.robot = Credential(((20, MINUTE),), silence=10 * MINUTE)
        self.raised: list[tuple[str, bool]] = []
        self._gone = 0
        self._mood: Mood = "takes"

    def answer(self, request: Request) -> bytes | None:
        text = json.loads(request.body)["markdown"]["text"]
        codes = {"too fast": 130101, "refuses": 310000}
        if self._mood == "takes":
            code = 0 if self.robot.takes(self.clock(), text) else 130101
        elif self._mood in codes:
            code = codes[self._mood]
        else:
            return says("502 Bad")(request) if self._mood == "breaks" else None
        return says("200 OK", json.dumps({"errcode": code}).encode())(request)

    async def do(self, what: str, given: int | Mood) -> None:
        self.clock.now += SECOND // 10
        if isinstance(given, str):
            self._mood = given
        elif what == "wait":
            self.clock.now += given
        elif what == "gone":
            over = self.raised[self._gone : self._gone + given]
            self._gone += len(over)
            await self._tell(over, Condition.NORMAL)
        else:
            fresh = SENSORS[len(self.raised) : len(self.raised) + given]
            self.raised += [(name, what == "fire") for name in fresh]
            await self._tell(self.raised[len(self.raised) - len(fresh) :], Condition.ACTIVE)

    async def _tell(self, about: list[tuple[str, bool]], condition: Condition) -> None:
        rules = [(name, SMOKE if fire else SILENT) for name, fire in about]
        now = self.clock.now
        await self._book.take([change(n, rule=rule, at=now, condition=condition) for n, rule in rules], RULES, now)


@pytest.fixture(scope="module")
def empty_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty book in a file, to copy."""
    file = tmp_path_factory.mktemp("book") / "book.db"

    async def make() -> None:
        async with open_book(f"sqlite:///{file}", STORM_TOWN, clock=Clock(), people=told(ROOM)):
            pass

    asyncio.run(make())
    return file


async def live(file: Path, steps: list[Step]) -> tuple[Town, dict[DeliveryState, int]]:
    """Do the steps, then let the provider take everything for two hours."""
    clock = Clock()
    async with open_book(f"sqlite:///{file}", STORM_TOWN, clock=clock, people=told(ROOM)) as book:
        town = Town(book, clock)
        async with http_receiver(town.answer) as receiver:
            outbox = outbox_of(book, receiver)
            for step in steps:
                await town.do(*step)
                await outbox.run_due()
            await town.do("provider", "takes")
            for _ in range(12):
                clock.now += 11 * MINUTE
                await outbox.run_due()
                clock.now += 6 * SECOND
                await outbox.run_due()
        return town, await book.deliveries()


@settings(max_examples=15)
@given(STEPS)
def test_nothing_is_lost_and_no_limit_is_broken_whatever_comes(empty_book: Path, steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(shutil.copy(empty_book, folder))
        town, deliveries = asyncio.run(live(file, steps))

    assert set(deliveries) <= {DeliveryState.DELIVERED} and town.robot.broken == []
    heard = set(re.findall(r"\bS\d{3}\b", "\n".join(text for _, text in town.robot.texts)))
    assert heard == {name for name, _ in town.raised}
    assert town.clock() > START
