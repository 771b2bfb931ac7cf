"""A write is not begun for a few readings while more keep coming, unless the broker may be waiting for us."""

from typing import cast

import pytest

from ingest.connection import Connection
from ingest.pace import GAP, GAP_SHARED, MUCH, Pace

HERE, THERE = cast(Connection, object()), cast(Connection, object())


def written(pace: Pace, messages: int, *, now: float) -> None:
    """So many messages came, and were written in no time."""
    pace.came(HERE, messages)
    pace.begun(now)
    pace.acknowledged(HERE, messages)


def test_the_first_reading_is_written_at_once() -> None:
    assert Pace().due(1, now=0.0)


@pytest.mark.parametrize(
    ("readings", "later", "due"), [(1, 0.0, False), (MUCH - 1, 0.9 * GAP, False), (1, GAP, True), (MUCH, 0.0, True)]
)
def test_a_few_readings_wait_for_the_gap_and_many_do_not(readings: int, later: float, due: bool) -> None:
    pace = Pace()
    pace.begun(7.0)

    assert pace.due(readings, now=7.0 + later) is due


def test_where_processes_share_messages_writes_are_further_apart() -> None:
    pace = Pace(gap=GAP_SHARED)
    pace.begun(7.0)

    assert (pace.due(1, now=7.0 + GAP), pace.due(1, now=7.0 + GAP_SHARED)) == (False, True)


@pytest.mark.parametrize(("came", "due"), [(20, True), (15, True), (14, False)])
def test_a_broker_that_may_wait_for_us_is_not_kept_waiting(came: int, due: bool) -> None:
    pace = Pace()
    written(pace, 20, now=0.0)  # 20 are as many as this broker sends ahead
    pace.came(HERE, came)

    assert pace.due(came, now=0.001) is due


def test_writes_grow_while_the_broker_sends_on_during_them() -> None:
    pace = Pace()
    written(pace, 20, now=0.0)
    pace.came(HERE, 20)
    pace.begun(0.01)
    pace.came(HERE, 30)
    pace.acknowledged(HERE, 20)

    assert not pace.due(30, now=0.02)  # it sent 50 ahead, so 30 do not stop it


def test_another_connection_is_another_broker() -> None:
    pace = Pace()
    written(pace, 1_000, now=0.0)
    pace.came(THERE, 20)
    pace.acknowledged(HERE, 20)

    assert pace.due(20, now=0.001)
    pace.acknowledged(THERE, 20)
    assert not pace.due(1, now=0.001)  # at QoS 0 nothing is acknowledged, and no broker waits
