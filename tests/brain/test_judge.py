"""The live loop of the rules: what it decides follows from the readings, whatever happens to the process."""

import asyncio
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.judge import SAVE_EVERY, Judge
from brain.snapshot import Snapshot, write_snapshot
from brain.state import SNAPSHOT_FILE
from ingest.receipt_clock import ReceiptClock
from rules.ruleset import RuleSet
from tests.brain.judging import Hand, Memo, Past, decided, journal, judged, killed, open_judge, running
from tests.rules.places import START, reading, rules, town
from town.alert import Alert, AlertDefinition, Condition, Transition
from town.errors import Unavailable
from town.moment import HOUR, MINUTE, SECOND
from town.reading import Reading
from town.town import Town

RULES = (
    "id: smoke.high\nwhen: smoke >= 0.15\nclear: smoke < 0.05\nfor: 20s\nkeep_active_for: 20s",
    "id: heat\nwhen: rate(temperature, 1m) > 5 Cel or mean(temperature, 5m) > 60 Cel",
    "id: both\nfor_each: {facility: any}\nwhen: count_of(smoke >= 0.1) >= 2",
    "id: often\nwhen: smoke >= 0.1\ncount: {at_least: 2, within: 90s}",
    "id: gone\nwhen: smoke >= 0.3\non_missing: raise\nmissing_after: 50s",
    "id: silent\nfor_each: {sensor_kind: any}\nabsent: {for: 3 x interval}\nkeep_active_for: 15s",
)
DRAWN = st.lists(
    st.tuples(
        st.integers(1, 30_000),  # what came in one millisecond is never judged apart, so it cannot be delivered apart
        st.integers(-60_000, 5_000),
        st.sampled_from(["S1", "S2"]),
        st.sampled_from([0.01, 0.06, 0.12, 0.2, 0.4]),
        st.sampled_from([15.0, 40.0, 70.0]),
    ),
    min_size=1,
    max_size=25,
)


class Place(NamedTuple):
    """A town with its rules."""

    rules: RuleSet
    town: Town

    def __repr__(self) -> str:
        return "place"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    around = town("S1:smoke_detector@W1", "S2:smoke_detector@W1")
    return Place(rules(tmp_path_factory.mktemp("rules"), around, *RULES), around)


def arrivals(drawn: list[tuple[int, int, str, float, float]]) -> list[Reading]:
    now, found = START, []
    for step, lag, sensor, smoke, temperature in drawn:
        now += step
        found.append(Reading(sensor, now + lag, now, {"smoke": smoke, "temperature": temperature}))
    return found


async def test_a_reading_is_judged_in_the_millisecond_in_which_it_came(place: Place, tmp_path: Path) -> None:
    clock, book = Hand(), Memo()
    judge = open_judge(tmp_path / "state", *place, clock=clock, book=book)
    receipt = ReceiptClock(clock)
    judge.heard_until = receipt.close

    async with running(judge), asyncio.timeout(30):
        clock.now += SECOND
        await judge.deliver([Reading("S1", clock.now, receipt(), {"smoke": 0.4})])
        while "gone" not in [one.rule for one in book.taken]:
            await asyncio.sleep(0)

    assert receipt() == clock.now + 1  # what comes now is received later than what was judged


async def test_a_disk_that_is_slow_to_save_the_state_holds_up_no_alert(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, book, asked, free = Hand(), Memo(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    judge = open_judge(tmp_path / "state", *place, clock=clock, book=book)

    def stall(path: Path, snapshot: Snapshot) -> None:
        loop.call_soon_threadsafe(asked.set)
        assert free.wait(30)
        write_snapshot(path, snapshot)

    async with running(judge):
        monkeypatch.setattr("brain.snapshot.write_snapshot", stall)
        clock.now += SAVE_EVERY
        judge.save_soon()
        await asked.wait()
        await judge.deliver([Reading("S1", clock.now, clock.now, {"smoke": 0.4})])
        await judged(judge, clock, clock.now + 1)
        free.set()

    assert "gone" in [one.rule for one in book.taken]


async def run_whole(place: Place, state: Path, readings: list[Reading], *, batch: int = 1) -> list[bytes]:
    """Judge readings in batches, without any interruption; what the journal says."""
    clock = Hand()
    judge = open_judge(state, *place, clock=clock, book=Memo())
    async with running(judge):
        await judged(judge, clock, START + 1)
        for first in range(0, len(readings), batch):
            part = readings[first : first + batch]
            await judge.deliver(part)
            await judged(judge, clock, part[-1].received_at + 1)
        await judged(judge, clock, readings[-1].received_at + 5 * MINUTE)
    return decided(state)


@given(drawn=DRAWN, batch=st.integers(2, 9))
@settings(max_examples=8)
def test_batches_change_nothing(place: Place, drawn: list[tuple[int, int, str, float, float]], batch: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = asyncio.run(run_whole(place, Path(folder) / "one", arrivals(drawn)))
        batched = asyncio.run(run_whole(place, Path(folder) / "many", arrivals(drawn), batch=batch))

    assert batched == whole


@given(drawn=DRAWN, kills=st.sets(st.integers(0, 24), min_size=1, max_size=4), early=st.booleans(), lost=st.booleans())
@settings(max_examples=15)
def test_a_kill_at_any_moment_changes_nothing(
    place: Place,
    drawn: list[tuple[int, int, str, float, float]],
    kills: set[int],
    early: bool,
    lost: bool,
) -> None:
    """`early`: before what was delivered is judged; `lost`: with it, what was kept of it, as in a power cut."""

    async def killed_often(folder: Path) -> list[bytes]:
        clock, book, state, readings = Hand(), Memo(), folder / "0", arrivals(drawn)
        judge = open_judge(state, *place, clock=clock, book=book)
        ends = [*sorted(kill + 1 for kill in kills if kill < len(readings) - 1), len(readings)]
        for number, (first, end) in enumerate(zip([0, *ends], ends, strict=False)):
            async with running(judge):
                await judged(judge, clock, START + 1 if first == 0 else clock.now)
                for one in readings[first:end]:
                    await judge.deliver([one])
                    if one is not readings[end - 1] or not early or end == len(readings):
                        await judged(judge, clock, one.received_at + 1)
                if end == len(readings):
                    await judged(judge, clock, readings[-1].received_at + 5 * MINUTE)
                else:
                    state = killed(state, folder / str(number + 1))
            if end < len(readings):
                judge = await again(state, book, clock, readings[:end])
        return decided(state)

    async def again(state: Path, book: Memo, clock: Hand, before: list[Reading]) -> Judge:
        for path in state.glob("*arrivals*") if lost else ():
            path.unlink()
        clock.now = before[-1].received_at
        judge = open_judge(state, *place, clock=clock, book=book)
        await judge.catch_up(Past(before if lost else ()))
        return judge

    with tempfile.TemporaryDirectory() as folder:
        whole = asyncio.run(run_whole(place, Path(folder) / "whole", arrivals(drawn)))
        found = asyncio.run(killed_often(Path(folder)))

    assert found == whole


async def test_what_was_stored_and_not_judged_is_judged_however_old(place: Place, tmp_path: Path) -> None:
    clock, book = Hand(), Memo()
    judge = open_judge(tmp_path / "state", *place, clock=clock, book=book)
    async with running(judge):
        await judged(judge, clock, START + 1)
    clock.now = START + HOUR
    backlog = [reading(-3 * 3600 + i, received=40, smoke=0.5, temperature=20.0) for i in range(0, 60, 10)]

    again = open_judge(tmp_path / "state", *place, clock=clock, book=book)
    looked_at = await again.catch_up(Past(backlog))

    assert looked_at == 6
    raised = [one for one in book.taken if one.rule == "smoke.high" and one.condition is Condition.ACTIVE]
    assert [one.at for one in raised] == [START - 3 * HOUR + 20 * SECOND]


async def test_down_time_is_no_silence(place: Place, tmp_path: Path) -> None:
    clock, book = Hand(), Memo()
    judge = open_judge(tmp_path / "state", *place, clock=clock, book=book)
    async with running(judge):
        await judge.deliver([reading(1, sensor, smoke=0.01, temperature=20.0) for sensor in ("S1", "S2")])
        await judged(judge, clock, START + 10 * SECOND)
    clock.now = START + HOUR

    again = open_judge(tmp_path / "state", *place, clock=clock, book=book)
    async with running(again):
        await judged(again, clock, START + HOUR + 15 * SECOND)
        assert book.taken == []
        await judged(again, clock, START + HOUR + 25 * SECOND)

    assert [one.rule for one in book.taken] == ["silent", "silent"]
    marks = [line.mark for line in journal(tmp_path / "state") if line.mark]
    assert [(mark.what, mark.at) for mark in marks] == [("started", START), ("resumed", START + HOUR)]


class Away(Memo):
    """A book that is away."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def take(
        self, transitions: Sequence[Transition], definitions: dict[str, AlertDefinition], now: int
    ) -> list[Alert]:
        self.asked.set()
        raise Unavailable("away")


async def test_stopping_while_the_book_is_away_loses_no_alert(place: Place, tmp_path: Path) -> None:
    clock, away, book = Hand(), Away(), Memo()
    judge = open_judge(tmp_path / "state", *place, clock=clock, book=away)
    async with running(judge):
        await judged(judge, clock, START + 1)
        await judge.deliver([reading(1, smoke=0.5, temperature=20.0), reading(40, smoke=0.5, temperature=90.0)])
        clock.now = START + 41 * SECOND
        await judge.deliver([])
        async with asyncio.timeout(10):
            await away.asked.wait()

    again = open_judge(tmp_path / "state", *place, clock=clock, book=book)
    await again.catch_up(Past())

    assert ("heat", Condition.ACTIVE) in [(one.rule, one.condition) for one in book.taken]


async def test_a_saved_state_that_cannot_be_read_is_said_and_begun_anew(
    place: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, state = Hand(), tmp_path / "state"
    state.mkdir()
    (state / SNAPSHOT_FILE).write_bytes(b"\x93nonsense")

    judge = open_judge(state, *place, clock=clock, book=Memo())
    async with running(judge):
        await judged(judge, clock, START + 1)

    assert "cannot be read" in caplog.text
    assert [line.mark.what for line in journal(state) if line.mark] == ["started"]
