"""The figures of alerting, against a slow and obvious computation, and by hand."""

from itertools import accumulate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.book import Book
from alerts.figures import Figures, History
from alerts.marks import COUNTED, Mark, MarkKind, marks_of
from tests.alerts import slow_figures as slow
from tests.alerts.small_town import START, active, definitions, normal
from town.alert import Severity, TimelineEntry
from town.moment import DAY, HOUR, MINUTE, SECOND, Moment
from town.performance import Source

NOW = START + DAY


def call(at: Moment, source: int = 0, severity: Severity = Severity.MINOR) -> History:
    mark = Mark(at, MarkKind.ACTIVATION, severity)
    return History(f"A-{at}-{source}", Source("rule", f"s{source}"), None, [mark])


def figures(*histories: History, now: Moment = NOW, window: int = DAY, operators: int = 1) -> dict[str, float]:
    found = Figures(operators)
    for one in histories:
        found.update(one)
    return {
        f"{one.name}{f' of {one.facility}' if one.facility else ''}": one.value for one in found.at(now, window=window)
    }


minutes = st.lists(
    st.tuples(st.integers(0, 90), st.integers(0, 14), st.sampled_from(list(Severity))), max_size=60
)  # crowded, so that there are floods
steps = st.lists(st.tuples(st.integers(0, 59), st.booleans()), max_size=40)


@given(calls=minutes, operators=st.integers(1, 2), asked=st.lists(st.integers(0, 150), min_size=1, max_size=5))
def test_floods_and_shares_are_those_of_the_slow_way(
    calls: list[tuple[int, int, Severity]], operators: int, asked: list[int]
) -> None:
    found, known = Figures(operators), list[slow.Call]()
    for number, (minute, source, severity) in enumerate(calls):
        at = START + minute * MINUTE + number
        found.update(call(at, source, severity))
        known.append(slow.Call(at, ("rule", f"s{source}"), severity.value))
    for moment in asked:  # in any order: late alerts and clocks that were set back
        now, start = START + moment * MINUTE, START + (moment - 60) * MINUTE
        told = {one.name: one.value for one in found.at(now, window=HOUR)}
        within = slow.calls_within(known, start, now)
        assert told["per_operator_10min"] == len(slow.calls_within(known, now - 10 * MINUTE, now)) / operators
        assert told["flood_share"] == slow.time_in_flood(known, start, now, operators=operators) / HOUR
        assert told.get("top_ten_share") == slow.share_of_top_ten(within)
        assert told.get("share_minor") == slow.share_of("minor", within)


@given(steps=steps)
@example(steps=[(10, False)] * 11 + [(5, True)] * 3)
def test_what_is_taken_back_was_never_there(steps: list[tuple[int, bool]]) -> None:
    """Alerts come in any order, are asked about in between, and some turn out to be drills."""
    found, kept = Figures(), dict[int, History]()
    for number, (minute, drill) in enumerate(steps):
        one = call(START + minute * MINUTE, number)
        found.update(one)
        found.at(START + 30 * MINUTE, window=HOUR)
        found.update(one._replace(drill=drill))
        if not drill:
            kept[number] = one

    now = START + HOUR
    assert {one.name: one.value for one in found.at(now, window=HOUR)} == figures(*kept.values(), now=now, window=HOUR)


@given(values=st.lists(st.integers(0, 5_000), max_size=30))
def test_times_are_the_nearest_rank(values: list[int]) -> None:
    marks = [Mark(NOW - 1, MarkKind.ACKNOWLEDGED, Severity.MAJOR, float(value)) for value in values]

    told = figures(History("A-1", Source("r", "s"), None, marks))

    assert told.get("ack_seconds_p50") == slow.percentile(values, 50)
    assert told.get("ack_seconds_p95") == slow.percentile(values, 95)


def test_a_flood_starts_above_ten_and_ends_below_five() -> None:
    calls = [call(START + i * SECOND) for i in range(11)]

    assert figures(*calls[:10], now=START + MINUTE)["in_flood"] == 0
    assert figures(*calls, now=START + MINUTE)["in_flood"] == 1
    # The seventh call is ten minutes old at 10:06: four are left.
    before, after = START + 10 * MINUTE + 5 * SECOND, START + 10 * MINUTE + 6 * SECOND
    assert (figures(*calls, now=before)["in_flood"], figures(*calls, now=after)["in_flood"]) == (1, 0)
    assert figures(*calls, now=START + HOUR, window=HOUR)["flood_share"] == (10 * MINUTE - 4 * SECOND) / HOUR


def test_an_alert_that_stands_for_a_day_is_stale() -> None:
    old = History("A-1", Source("r", "s"), None, [], active_since=NOW - DAY - 1)
    young = History("A-2", Source("r", "t"), None, [], active_since=NOW - DAY)

    assert figures(old, young, old._replace(alert="A-3", drill=True))["stale"] == 1


def test_false_alarms_are_a_share_of_what_was_looked_at_by_facility() -> None:
    def looked(number: int, facility: str | None, false: float) -> History:
        mark = Mark(NOW - number, MarkKind.VERIFIED, Severity.CRITICAL, false)
        return History(f"A-{number}", Source("r", "s"), facility, [mark])

    told = figures(looked(1, "WH1", 1.0), looked(2, "WH1", 0.0), looked(3, "WH2", 1.0), looked(4, None, 0.0))

    rates = {name: value for name, value in told.items() if name.startswith("false")}
    assert rates == {"false_alarm_rate": 0.5, "false_alarm_rate of WH1": 0.5, "false_alarm_rate of WH2": 1.0}


def test_old_marks_are_forgotten_and_the_rest_stands() -> None:
    found = Figures()
    for at in (NOW - 40 * DAY, NOW - 29 * DAY, NOW - MINUTE):
        found.update(call(at))
    found.forget(NOW)

    told = {one.name: one.value for one in found.at(NOW, window=30 * DAY)}
    assert told["activations"] == 2
    found.update(call(NOW - 40 * DAY)._replace(drill=True))
    assert {one.name: one.value for one in found.at(NOW, window=30 * DAY)} == told


async def test_a_life_leaves_its_marks(book: Book) -> None:
    [alert] = await book.take([active(at=START)], definitions(latch=True), START)
    await book.acknowledge(alert.id, by="li.wei", at=START + 90 * SECOND)
    await book.take([normal(at=START + 100 * SECOND)], definitions(latch=True), START)
    await book.reset(alert.id, by="li.wei", at=START + 600 * SECOND)

    detail = await book.detail(alert.id)
    assert detail is not None
    found = [(mark.kind.value, mark.value) for mark in marks_of(detail.timeline)]
    assert found == [("activation", 0.0), ("acknowledged", 90.0), ("resolved", 600.0)]


def line(*entries: tuple[int, str, dict[str, Any]]) -> list[TimelineEntry]:
    """Entries at so many seconds."""
    return [
        TimelineEntry(number=number, at=START + at * SECOND, event=event, by="x", detail=detail)
        for number, (at, event, detail) in enumerate(entries)
    ]


LIVES = {
    "suppressed from the start": ([(0, "raised", {}), (0, "suppressed", {}), (9, "cleared", {})], []),
    "told when it is suppressed no longer": (
        [(0, "raised", {}), (0, "suppressed", {}), (5, "unsuppressed", {}), (9, "acknowledged", {})],
        ["activation 0", "acknowledged 4"],
    ),
    "back from the shelf": (
        [(0, "raised", {}), (5, "shelved", {}), (9, "unshelved", {})],
        ["activation 0", "activation 0"],
    ),
    "raised on the shelf": ([(0, "shelved", {}), (5, "raised", {}), (9, "unshelved", {})], ["activation 0"]),
    "somebody had it before the shelf": (
        [(0, "raised", {}), (4, "acknowledged", {}), (5, "shelved", {}), (9, "unshelved", {})],
        ["activation 0", "acknowledged 4"],
    ),
    "gone before anybody could come": ([(0, "raised", {}), (59, "cleared", {})], ["activation 0", "fleeting 0"]),
    "gone after a minute": ([(0, "raised", {}), (60, "cleared", {})], ["activation 0"]),
    "three within a minute": (
        [(0, "raised", {}), (30, "raised_again", {}), (60, "raised_again", {})],
        ["activation 0", "activation 0", "activation 0", "chattering 0"],
    ),
    "a false alarm": ([(0, "verified", {"verdict": "false"})], ["verified 1"]),
    "a true one": ([(0, "verified", {"verdict": "true"})], ["verified 0"]),
    "nobody was reached": ([(0, "verified", {"verdict": "unreachable"})], []),
    "its rule was deleted": ([(0, "raised", {}), (9, "closed", {"because": "rule_deleted"})], ["activation 0"]),
    "over": ([(0, "raised", {}), (9, "closed", {"because": "returned"})], ["activation 0", "resolved 9"]),
}


@pytest.mark.parametrize("life", LIVES)
def test_marks_of_a_timeline(life: str) -> None:
    entries, expected = LIVES[life]

    assert [f"{mark.kind} {mark.value:g}" for mark in marks_of(line(*entries))] == expected


severities = st.sampled_from([one.value for one in Severity])
changes = st.builds(lambda a, b: {"from": a, "severity": b}, severities, severities)
timelines = st.lists(st.tuples(st.sampled_from([0, 1, 20, 40, 70]), st.sampled_from(COUNTED), changes), max_size=25)


@given(steps=timelines)
def test_marks_are_those_of_the_slow_way(steps: list[tuple[int, str, dict[str, str]]]) -> None:
    ends = accumulate(pause for pause, _, _ in steps)
    entries = line(*((at, event, detail) for at, (_, event, detail) in zip(ends, steps, strict=True)))
    plain = [slow.Entry(entry.at, entry.event, entry.detail) for entry in entries]

    found = marks_of(entries)

    def of(kind: MarkKind) -> list[Mark]:
        return [mark for mark in found if mark.kind is kind]

    assert [mark.at for mark in of(MarkKind.ACTIVATION)] == [plain[place].at for place in slow.calls_of(plain)]
    assert [mark.value for mark in of(MarkKind.ACKNOWLEDGED)] == slow.answers_of(plain)
    assert [mark.at for mark in of(MarkKind.FLEETING)] == slow.fleeting_of(plain)
