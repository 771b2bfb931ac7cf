"""Batches leave in order, small ones together, and what they repeat is never acknowledged first."""

import asyncio
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from ingest.batch import LARGEST_READINGS, Backlog, Batch
from ingest.connection import Connection
from ingest.pace import MUCH
from ingest.seen import Seen
from tests.ingest.town import NOON
from town.reading import Reading


class Acknowledged(list[int]):
    """What a broker would be told."""

    def acknowledge(self, packet_ids: list[int]) -> None:
        """Note it."""
        self += packet_ids


def batch(number: int, to: Acknowledged, *, readings: int = 1) -> Batch:
    made = Batch()
    made.readings = [Reading("S1", NOON + number, NOON, {"temperature": 20.0})] * readings
    made.receipts.append((cast(Connection, to), [number]))
    return made


@given(order=st.permutations(range(6)))
async def test_acknowledgements_keep_the_order_of_arrival(order: list[int]) -> None:
    told, backlog = Acknowledged(), Backlog()
    for number in range(6):
        await backlog.put(batch(number, told, readings=LARGEST_READINGS))
    writes = [await backlog.take() for _ in range(6)]
    for done, number in enumerate(order, 1):
        backlog.settle(writes[number])

        finished = set(order[:done])
        assert told == [each for each in range(6) if set(range(each + 1)) <= finished]


async def test_what_waits_goes_together_once_the_write_under_way_ends() -> None:
    told, backlog = Acknowledged(), Backlog()
    await backlog.put(batch(0, told))
    first = await backlog.take()
    for number in (1, 2, 3):
        await backlog.put(batch(number, told))
    second = asyncio.create_task(backlog.take())
    await asyncio.sleep(0)
    assert not second.done()
    backlog.settle(first)

    assert len(await second) == 3


async def test_a_second_write_starts_when_much_waits() -> None:
    told, backlog = Acknowledged(), Backlog()
    await backlog.put(batch(0, told))
    await backlog.take()
    await backlog.put(batch(1, told, readings=MUCH))

    assert len(await asyncio.wait_for(backlog.take(), 30)) == 1


async def test_what_comes_soon_after_a_write_waits_for_more() -> None:
    backlog, made = Backlog(), Batch()
    made.readings = batch(0, Acknowledged()).readings  # at QoS 0: nothing to acknowledge
    await backlog.put(made)
    backlog.settle(await backlog.take())
    second = asyncio.create_task(backlog.take())
    for _ in range(3):
        await backlog.put(made)
        await asyncio.sleep(0)
    assert not second.done()
    assert not backlog.waits

    assert len(await asyncio.wait_for(second, 30)) == 3


async def test_putting_waits_while_too_much_is_not_stored() -> None:
    told, backlog = Acknowledged(), Backlog()
    for number in range(11):
        await backlog.put(batch(number, told, readings=LARGEST_READINGS))
    late = asyncio.create_task(backlog.put(batch(11, told)))
    await asyncio.sleep(0)
    assert not late.done()
    backlog.settle(await backlog.take())
    await late


def test_only_what_the_broker_sends_again_is_a_redelivery() -> None:
    seen = Seen()

    assert not seen.before(1, "t", b"x", again=False)
    assert not seen.before(1, "t", b"x", again=False)
    assert seen.before(1, "t", b"x", again=True)
    assert not seen.before(2, "t", b"x", again=True)
    assert not seen.before(1, "t", b"y", again=True)


def test_the_last_window_of_messages_is_always_remembered() -> None:
    seen = Seen()
    for number in range(10_000):
        seen.before(number % 65_535 + 1, "t", b"%d" % number, again=False)

    assert all(seen.before(n % 65_535 + 1, "t", b"%d" % n, again=True) for n in range(9_000, 10_000))
