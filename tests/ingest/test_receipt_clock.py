"""Nothing is received in a moment that was closed, and hardly ever ahead of the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.receipt_clock import ReceiptClock


@given(st.lists(st.sampled_from(["receive", "close", "tick"]), max_size=60))
def test_what_is_received_after_a_close_is_not_of_the_closed_moment(steps: list[str]) -> None:
    now, closed = 1_000, 0
    receipt = ReceiptClock(lambda: now)

    for step in steps:
        if step == "tick":
            now += 1
        elif step == "close":
            closed = receipt.close()
        else:
            received = receipt()
            assert now <= received <= now + 1
            assert received >= closed


@pytest.mark.parametrize(("now", "received"), [(999, 1_001), (901, 1_001), (900, 900)])
def test_a_clock_that_is_set_back_by_much_is_followed(now: int, received: int) -> None:
    shown = [1_000, now]
    receipt = ReceiptClock(lambda: shown.pop(0))
    receipt.close()

    assert receipt() == received
