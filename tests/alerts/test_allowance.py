"""No credential sends more than 80 % of what its provider allows, whatever happens, and nothing is lost over it."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from alerts.allowance import Allowance, Limit
from alerts.book import Book, open_book
from alerts.contact import Target
from alerts.outbox import Outbox
from alerts.room import Policy
from alerts.senders.channels import Bases, Endpoints, build_senders
from tests.alerts.receivers import HttpReceiver, Request, http_receiver, says
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, people
from town.alert import DeliveryState
from town.moment import MINUTE, SECOND

OK = says("200 OK", b'{"errcode": 0}')
FAST = says("200 OK", b'{"errcode": 130101}')


def robot(name: str, secret: str = "ROBOT") -> Target:
    return Target(id=name, channel="dingtalk", secret=secret, language="en")


def outbox_of(book: Book, receiver: HttpReceiver, name: str = "one") -> Outbox:
    bases = Bases(dingtalk=f"http://127.0.0.1:{receiver.port}")
    known = {"ROBOT": "t0k3n", "OTHER": "other"}
    senders = build_senders(Endpoints(bases=bases), secret=known.get, clock=book.clock)
    return Outbox(book, senders, name=name, policy=Policy(per_target=32))


async def storm(book: Book, count: int) -> None:
    await book.take([active(subject=f"S{number}") for number in range(count)], definitions(), START)


@given(
    st.lists(st.integers(0, 5_000), min_size=1, max_size=60),
    st.sampled_from([(20, 20_000), (2, 10_000), (1, 1_000), (5, 3_000)]),
)
def test_allowance_is_kept_in_every_window(waits: list[int], given_limit: tuple[int, int]) -> None:
    limit = Limit(*given_limit)
    allowance = Allowance("key", (limit,))
    now, spent, sent = START, list[int](), list[int]()
    for wait in waits:
        now = max(now + wait, allowance.free_at(spent, now + wait))
        sent.append(now)
        spent = allowance.remembered([*spent, now], now)

    # 80 % of the messages in the provider's window, or all of those few in a window that is longer by as much.
    most, window = (4, 3_000) if limit.messages == 5 else (limit.messages, round(limit.window / 0.8))
    most, window = (16, 20_000) if limit.messages == 20 else (most, window)
    assert all(len([at for at in sent if first <= at < first + window]) <= most for first in sent)


def test_allowance_of_a_clock_that_was_ahead_is_not_waited_for() -> None:
    allowance = Allowance("key", (Limit(1, SECOND),))

    assert allowance.remembered([START + 999_999], START) == [START]


async def test_robot_is_sent_sixteen_a_minute_the_last_of_which_is_a_digest(book: Book, clock: Clock) -> None:
    book.reload(TOWN, people(robot("room")))
    await storm(book, 40)
    arrived: list[int] = []
    async with http_receiver(OK) as receiver:
        outbox = outbox_of(book, receiver)
        for moment in (0, 2 * SECOND, MINUTE):
            clock.now = START + moment
            await outbox.run_due()
            arrived.append(len(receiver.requests))
    states = await book.deliveries()

    assert arrived == [15, 16, 16] and states == {DeliveryState.DELIVERED: 41}


async def test_robot_shared_by_two_targets_has_one_allowance_and_others_are_not_held_up(book: Book) -> None:
    book.reload(TOWN, people(robot("room"), robot("also"), robot("free", "OTHER")))
    await storm(book, 15)
    async with http_receiver(OK) as receiver:
        await outbox_of(book, receiver).run_due()

    tokens = [request.path.rpartition("=")[2] for request in receiver.requests]
    assert (tokens.count("t0k3n"), tokens.count("other")) == (15, 15)


async def test_allowance_holds_over_restarts_and_between_processes(book: Book, book_url: str, clock: Clock) -> None:
    book.reload(TOWN, people(robot("room")))
    await storm(book, 40)
    async with http_receiver(OK) as receiver, open_book(book_url, TOWN, clock=clock, people=book.people) as other:
        both = outbox_of(book, receiver, "one"), outbox_of(other, receiver, "two")
        await asyncio.gather(*(each.run_due() for each in both))
        await outbox_of(book, receiver, "three").run_due()

    assert len(receiver.requests) == 15


async def test_running_outbox_goes_on_when_the_allowance_is_free_again(book: Book, clock: Clock) -> None:
    book.reload(TOWN, people(robot("room")))
    await storm(book, 17)

    def answer(request: Request) -> bytes:
        if len(receiver.requests) == 15:
            clock.now += MINUTE - 1  # the last answer comes just before the window moves on
        return OK(request)

    async with http_receiver(answer) as receiver:
        running = asyncio.create_task(outbox_of(book, receiver).run())
        async with asyncio.timeout(4):  # less than the poll: the allowance itself wakes it
            await receiver.until(16)  # two wait: too few for a digest, and for the last of the window
            clock.now += SECOND
            await receiver.until(17)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_throttled_robot_rests_for_everybody_who_uses_it(book: Book, clock: Clock) -> None:
    book.reload(TOWN, people(robot("room"), robot("also"), robot("free", "OTHER")))
    async with http_receiver(lambda request: (FAST if "t0k3n" in request.path else OK)(request)) as receiver:
        outbox = outbox_of(book, receiver)
        await storm(book, 1)
        await outbox.run_due()
        clock.now += 10 * MINUTE - SECOND
        await book.take([active(subject="S9")], definitions(), START)
        await outbox.run_due()
        silent = [request for request in receiver.requests if "t0k3n" in request.path]
        receiver.answer = OK
        clock.now += 2 * SECOND
        await outbox.run_due()

    assert len(silent) <= 2 and await book.deliveries() == {DeliveryState.DELIVERED: 6}
