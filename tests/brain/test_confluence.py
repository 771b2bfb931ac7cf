"""Streams of several ingest processes become one, whatever comes late, twice or not at all."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from brain.confluence import Confluence
from brain.numbered import VERSION, Numbered, rows_of
from brain.snapshot import SourceMark
from brain.stream import GRACE, LONGEST_HOLD
from tests.rules.places import START
from town.moment import SECOND, Moment
from town.reading import Reading

BEGUN = START - 10 * SECOND
DRAWN = st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.integers(0, 300), min_size=1, max_size=4)), max_size=30)


def reading(at: Moment) -> Reading:
    return Reading("S1", at, at, {"smoke": 0.1})


def batch(number: int, *received: Moment, epoch: Moment = BEGUN, until: Moment, stored: Moment = 0) -> Numbered:
    """A batch, or a beat when nothing was received."""
    begun = min(received, default=until)
    return Numbered(VERSION, epoch, number, begun, until, stored, rows_of([reading(at) for at in received]))


def taken(**numbers: int) -> Confluence:
    """So many batches of each source are taken already, up to the start."""
    marks = {name: SourceMark(BEGUN, number, START) for name, number in numbers.items()}
    return Confluence(marks, reached=START, now=START)


def out(confluence: Confluence, now: Moment) -> list[Moment]:
    return [one.received_at for one in confluence.release(now).readings]


@given(DRAWN)
def test_readings_come_out_once_in_the_order_of_their_receipt(drawn: Sequence[tuple[str, list[int]]]) -> None:
    confluence, now, told = taken(a=0, b=0), {"a": START, "b": START}, dict.fromkeys("ab", 0)
    given_out: list[Moment] = []
    expected: list[Moment] = []
    for name, steps in drawn:
        received = [now[name] + sum(steps[: place + 1]) for place in range(len(steps))]
        now[name], told[name] = received[-1] + 1, told[name] + 1
        expected += received
        confluence.take(name, batch(told[name], *received, until=now[name]), None, START)
        given_out += out(confluence, START)
    for name in "ab":
        confluence.take(name, batch(told[name], until=max(now.values()) + 1), None, START)
    given_out += out(confluence, START)

    assert given_out == sorted(expected)
    assert confluence.waiting == 0 and not confluence.gaps


def test_what_follows_a_missing_number_waits_for_the_store() -> None:
    confluence = taken(a=7)
    confluence.take("a", batch(9, START + 500, until=START + 510), "ticket", START + 510)
    (gap,) = confluence.gaps

    assert (gap.start, gap.end) == (START, START + 500)
    assert confluence.release(START + 520).tickets == []
    confluence.pour(gap, [reading(START + 200)])
    gap.closed = True
    released = confluence.release(START + 530)
    assert [one.received_at for one in released.readings] == [START + 200, START + 500]
    assert released.tickets == ["ticket"] and released.marks["a"].number == 9


def test_another_run_of_a_process_leaves_a_gap_from_the_last_that_was_heard() -> None:
    confluence = taken(a=7)
    confluence.take("a", batch(1, START + 900, epoch=START + 800, until=START + 910), None, START + 910)

    assert [(gap.start, gap.end) for gap in confluence.gaps] == [(START, START + 900)]


def test_a_gap_that_cannot_be_filled_holds_up_for_a_while_and_is_filled_later() -> None:
    confluence = taken(a=7)
    confluence.take("a", batch(9, START + 500, until=START + 510), None, START + 510)
    (gap,) = confluence.gaps
    late = START + 510 + LONGEST_HOLD + 1

    assert out(confluence, late - 1) == []
    assert out(confluence, late) == [START + 500]
    assert confluence.unsure_from == START
    confluence.pour(gap, [reading(START + 200)])
    gap.closed = True
    assert out(confluence, late + 1) == [START + 200]
    assert confluence.unsure_from is None


def test_a_beat_that_speaks_of_a_batch_on_its_way_is_no_gap_until_it_takes_too_long() -> None:
    confluence = taken(a=7)
    for after in (100, 2_900, 3_050):
        confluence.take("a", batch(8, until=START + after), None, START + after)
    assert not confluence.gaps

    confluence.take("a", batch(8, until=START + 3_200), None, START + 3_200)
    assert [(gap.start, gap.end) for gap in confluence.gaps] == [(START, START + 3_200)]


def test_a_process_that_says_nothing_is_waited_for_a_moment_only() -> None:
    confluence = taken(a=7, b=3)
    confluence.take("a", batch(8, START + 5, until=START + 10), None, START + 10)

    assert out(confluence, START + GRACE) == []
    assert out(confluence, START + GRACE + 1) == [START + 5]


def test_a_process_that_is_gone_is_not_waited_for() -> None:
    confluence = taken(a=7, b=3)
    confluence.take("a", batch(8, START + 5, until=START + 10), None, START + 10)
    confluence.gone("b")

    assert out(confluence, START + 10) == [START + 5]


def test_a_slow_clock_holds_nobody_up_for_long() -> None:
    confluence, now = taken(a=7, b=3), START + 60 * SECOND
    confluence.take("a", batch(8, now, until=now + 1), None, now + 1)
    confluence.take("b", batch(3, until=now - 30 * SECOND), None, now + GRACE + 2)
    confluence.take("b", batch(3, until=now - 30 * SECOND + 100), None, now + GRACE + 102)

    assert out(confluence, now + GRACE + 102) == [now]


def test_what_comes_again_is_acknowledged_and_not_given_out_again() -> None:
    confluence, twice = taken(a=7), batch(8, START + 5, until=START + 10)
    confluence.take("a", twice, "first", START + 10)
    confluence.take("a", twice, "again", START + 11)
    released = confluence.release(START + 20)

    assert [one.received_at for one in released.readings] == [START + 5]
    assert released.tickets == ["first", "again"]


def test_a_process_nobody_knew_is_asked_about_from_where_all_is_judged() -> None:
    confluence: Any = taken(a=7)
    confluence.take("new", batch(40, START + 700, until=START + 710), None, START + 710)

    assert [(gap.start, gap.end) for gap in confluence.gaps] == [(START, START + 700)]
