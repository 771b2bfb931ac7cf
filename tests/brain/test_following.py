"""The rules follow ingest over a real broker, and ask a real store for what they did not hear."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from brain.clock import wall_clock
from brain.following import Following
from brain.judge import Judge
from brain.numbered import VERSION, Numbered, encode, readings_topic, rows_of
from console.live import LiveReadings
from ingest.session import Session, SessionSettings
from tests.brain.judging import Memo, open_judge
from tests.rules.places import rules, town
from tests.services import Service
from town.moment import Moment
from town.reading import Reading
from town.store.influx import InfluxStore
from town.town import Town

PLACE = town("S1:smoke_detector@W1", "S2:smoke_detector@W1")
SMOKE = "id: smoke.high\nwhen: smoke >= 0.15\nclear: smoke < 0.05"


def smoke(sensor: str, value: float) -> Reading:
    """It is measured and received at this moment."""
    at = wall_clock()
    return Reading(sensor, at, at, {"smoke": value})


class Source:
    """An ingest process, as far as it tells what it decoded."""

    def __init__(self, session: Session) -> None:
        self.epoch, self.number, self._session = wall_clock(), 0, session

    async def tell(self, number: int, *readings: Reading) -> None:
        """Publish a batch; everything before it is in the store."""
        self.number = number
        at, now = min(one.received_at for one in readings), wall_clock()
        batch = Numbered(VERSION, self.epoch, number, at, now, now, rows_of(readings))
        await self._session.publish(readings_topic(PLACE.id, "one"), encode(batch))

    async def beat(self) -> None:
        """Go on to say that nothing more came, as ingest does."""
        while True:
            now = wall_clock()
            beat = Numbered(VERSION, self.epoch, self.number, now, now, now)
            self._session.say(readings_topic(PLACE.id, "one"), encode(beat))
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def source(broker: Service) -> AsyncIterator[Source]:
    session = Session(SessionSettings("127.0.0.1", broker.port, "source"), (), take=lambda *_: None, clock=wall_clock)
    telling = Source(session)
    async with running(session.run, telling.beat):
        yield telling


@contextlib.asynccontextmanager
async def running(*loops: Callable[[], object]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop()) for loop in loops]  # type: ignore[arg-type]  # each is a coroutine function
        yield
        for task in tasks:
            task.cancel()


@contextlib.asynccontextmanager
async def following(state: Path, broker: Service, store: InfluxStore, book: Memo) -> AsyncIterator[Judge]:
    """The rules process as far as it judges."""
    judge = open_judge(state, rules(state.parent, PLACE, SMOKE), PLACE, clock=wall_clock, book=book)  # type: ignore[arg-type]
    await judge.recover()
    session = SessionSettings("127.0.0.1", broker.port, "rules")
    follow = Following(PLACE, session, judge=judge, live=LiveReadings(), store=store, clock=wall_clock)
    judge.heard_until, judge.unsure_from = lambda: follow.heard_until, follow.unsure_from

    async def judging() -> None:
        await follow.ready()
        await judge.run()

    async with running(follow.run, judging):
        await until(lambda: judge.live)
        yield judge


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not true():
            await asyncio.sleep(0.02)  # other processes do it: there is nothing to wait on


@contextlib.asynccontextmanager
async def stored(influxd: Service, place: Town, database: str) -> AsyncIterator[InfluxStore]:
    async with InfluxStore(f"http://127.0.0.1:{influxd.port}", place, database=database) as store:
        await store.prepare()
        yield store


def raised(book: Memo) -> list[tuple[str, Moment]]:
    return [(one.subject.id, one.at) for one in book.taken if one.rule == "smoke.high" and one.condition == "active"]


async def test_a_number_that_is_missing_is_filled_from_the_store(
    tmp_path: Path, mosquitto: Service, influxd: Service
) -> None:
    book = Memo()
    async with (
        stored(influxd, PLACE, "gap") as store,
        source(mosquitto) as ingest,
        following(tmp_path / "state", mosquitto, store, book) as judge,
    ):
        await ingest.tell(1, smoke("S1", 0.01))
        await until(lambda: judge.judged == 1)
        missed = smoke("S2", 0.9)  # the only one in number 2, which nobody was told
        await store.write([missed])
        await ingest.tell(3, smoke("S1", 0.02))
        await until(lambda: "one" in judge.marks and judge.marks["one"].number == 3)
        await until(lambda: judge.idle)

    assert raised(book) == [("S2", missed.received_at)]


async def test_what_came_while_the_rules_were_away_is_judged_when_they_are_back(
    tmp_path: Path, mosquitto: Service, influxd: Service
) -> None:
    state, book = tmp_path / "state", Memo()
    async with stored(influxd, PLACE, "away") as store, source(mosquitto) as ingest:
        async with following(state, mosquitto, store, book) as judge:
            await ingest.tell(1, smoke("S1", 0.01))
            await until(lambda: judge.judged == 1)
        late = smoke("S1", 0.9)
        await ingest.tell(2, late)
        assert raised(book) == []

        async with following(state, mosquitto, store, book):
            await until(lambda: bool(raised(book)))

    assert raised(book) == [("S1", late.received_at)]


async def test_a_broker_that_forgot_the_rules_costs_no_alert(
    tmp_path: Path, mosquitto: Service, influxd: Service
) -> None:
    state, book = tmp_path / "state", Memo()
    async with stored(influxd, PLACE, "forgot") as store:
        async with source(mosquitto) as ingest, following(state, mosquitto, store, book) as judge:
            await ingest.tell(1, smoke("S1", 0.01))
            await until(lambda: judge.judged == 1)
        mosquitto.kill()
        (mosquitto.folder / "mosquitto.db").unlink(missing_ok=True)
        mosquitto.start()
        missed = smoke("S2", 0.9)
        await store.write([missed])

        async with following(state, mosquitto, store, book):
            await until(lambda: bool(raised(book)))

    assert raised(book) == [("S2", missed.received_at)]
