"""The outbox: everything arrives, once, in order, whatever the other side does and whenever we are ended."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from alerts.accounts import Accounts, TelegramBot
from alerts.book import Book, open_book
from alerts.contact import Person
from alerts.database import Database
from alerts.outbox import Outbox
from alerts.people import People, Route
from alerts.room import Policy
from alerts.senders.channels import Bases, Endpoints, build_senders
from alerts.sending import Answer, AnswerKind, OutgoingMessage, Sender
from tests.alerts.receivers import HttpReceiver, Request, http_receiver, says
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definitions, hook, normal, people
from town.alert import DeliveryState, Notification, Severity
from town.errors import Unavailable
from town.moment import DAY, MINUTE, SECOND
from town.ports import AlertFilter


def senders(clock: Clock, override: str | None = None) -> dict[str, Sender]:
    known: Mapping[str, str] = {"HOOK": "s3cret"}
    return build_senders(Endpoints(webhook_override=override), secret=known.get, clock=clock)


def outbox_of(book: Book, receiver: HttpReceiver, *, name: str = "one", policy: Policy | None = None) -> Outbox:
    override = f"http://127.0.0.1:{receiver.port}"
    clock = book.clock
    assert isinstance(clock, Clock)
    return Outbox(book, senders(clock, override), name=name, policy=policy, random=Random(1))


async def notes(book: Book) -> list[Notification]:
    found = [await book.detail(alert.id) for alert in await book.alerts(AlertFilter())]
    return [note for detail in found if detail for note in detail.notifications]


async def test_outbox_delivers_once_and_tells_the_timeline(book: Book) -> None:
    [alert] = await book.take([active()], definitions(), START)
    async with http_receiver() as receiver:
        outbox = outbox_of(book, receiver)
        assert (await outbox.run_due(), await outbox.run_due()) == (1, 0)

    assert (receiver.paths(), receiver.keys_seen()) == (["/fire-room"], [f"{alert.id}:1:2:webhook:fire-room"])
    detail = await book.detail(alert.id)
    assert detail is not None and detail.timeline[-1].event == "notified"
    assert [(one.state, one.attempts) for one in detail.notifications] == [(DeliveryState.DELIVERED, 1)]


async def test_outbox_tries_again_later_and_later_until_it_arrives(book: Book, clock: Clock) -> None:
    await book.take([active()], definitions(), START)
    dues: list[int] = []
    async with http_receiver(says("500 Oh")) as receiver:
        outbox = outbox_of(book, receiver)
        for _ in range(4):
            assert await outbox.run_due() == 1
            [note] = await notes(book)
            dues.append(note.due_at - clock.now)
            clock.now = note.due_at
        receiver.answer = says("200 OK")
        await outbox.run_due()

    [note] = await notes(book)
    assert (note.state, note.attempts) == (DeliveryState.DELIVERED, 5)
    assert all(half <= due <= 2 * half for due, half in zip(dues, (1_000, 2_000, 4_000, 8_000), strict=True))


async def test_outbox_gives_up_after_a_day_and_says_why(book: Book, clock: Clock) -> None:
    await book.take([active()], definitions(), START)
    async with http_receiver(says("500 Oh", b"disk full")) as receiver:
        outbox = outbox_of(book, receiver)
        await outbox.run_due()
        clock.now += DAY
        await outbox.run_due()

    [note] = await notes(book)
    assert (note.state, note.answer) == (DeliveryState.DEAD, "given up after 1d: HTTP 500 disk full")


async def test_outbox_keeps_the_order_of_one_alert_at_one_target(book: Book, clock: Clock) -> None:
    await book.take([active()], definitions(), START)
    await book.take([normal()], definitions(), START)
    async with http_receiver(says("500 Oh")) as receiver:
        outbox = outbox_of(book, receiver)
        await outbox.run_due()
        receiver.answer = says("200 OK")
        assert await outbox.run_due() == 0, "that it is over may not arrive before that it began"
        clock.now += MINUTE
        await outbox.run_due()

    steps = [key.split(":")[2] for key in receiver.keys_seen()]
    assert steps == ["2", "2", "3"]


async def test_outbox_survives_a_restart_in_the_middle_of_retries(book_url: str, clock: Clock) -> None:
    told = people(hook("fire-room"))
    async with http_receiver(says("503 Busy")) as receiver:
        async with open_book(book_url, TOWN, clock=clock, people=told) as book:
            await book.take([active()], definitions(), START)
            await outbox_of(book, receiver).run_due()
        clock.now += MINUTE
        receiver.answer = says("200 OK")
        async with open_book(book_url, TOWN, clock=clock, people=told) as book:
            await outbox_of(book, receiver).run_due()
            [note] = await notes(book)

    assert (note.state, note.attempts) == (DeliveryState.DELIVERED, 2)
    assert len(set(receiver.keys_seen())) == 1


@EITHER
async def test_outbox_killed_between_sending_and_recording_sends_again_and_says_so(book: Book, clock: Clock) -> None:
    await book.take([active()], definitions(), START)
    async with http_receiver() as receiver:
        receiver.stall.clear()
        killed = asyncio.create_task(outbox_of(book, receiver).run_due())
        await receiver.arrived.wait()
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        receiver.stall.set()
        next_run = outbox_of(book, receiver, name="two")
        assert await next_run.run_due() == 0, "the lease still runs"
        clock.now += Policy().lease
        assert await next_run.run_due() == 1

    assert len(receiver.requests) == 2 and len(set(receiver.keys_seen())) == 1
    assert [note.possibly_doubled for note in await notes(book)] == [True]
    assert [note.state for note in await notes(book)] == [DeliveryState.DELIVERED]


async def test_outbox_restarted_after_a_kill_does_not_wait_for_its_own_lease(book: Book) -> None:
    [alert] = await book.take([active()], definitions(), START)
    async with http_receiver() as receiver:
        receiver.stall.clear()
        killed = asyncio.create_task(outbox_of(book, receiver).run_due())
        await receiver.arrived.wait()
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        receiver.stall.set()
        told = asyncio.Event()
        book.listen(lambda _alerts: told.set())
        restarted = asyncio.create_task(outbox_of(book, receiver).run())
        async with asyncio.timeout(30):
            await told.wait()
        restarted.cancel()
        await asyncio.gather(restarted, return_exceptions=True)

    assert receiver.keys_seen() == [f"{alert.id}:1:2:webhook:fire-room"] * 2
    assert [(note.state, note.possibly_doubled) for note in await notes(book)] == [(DeliveryState.DELIVERED, True)]


@EITHER
async def test_message_that_was_sent_again_in_one_attempt_is_marked(book: Book) -> None:
    class Twice(Sender):
        async def send(self, message: OutgoingMessage) -> Answer:
            return Answer(AnswerKind.ACCEPTED, "HTTP 204", delivered=True, maybe_twice=True)

    await book.take([active()], definitions(), START)
    await Outbox(book, {"webhook": Twice()}, name="one").run_due()

    assert [(note.state, note.possibly_doubled) for note in await notes(book)] == [(DeliveryState.DELIVERED, True)]


@EITHER
async def test_two_outboxes_on_one_book_send_everything_once(book: Book, book_url: str, clock: Clock) -> None:
    raised = [active(subject=f"S{number}") for number in range(40)]
    await book.take(raised, definitions(), START)
    async with http_receiver() as receiver, open_book(book_url, TOWN, clock=clock, people=book.people) as other:
        runs = [outbox_of(book, receiver, name="one"), outbox_of(other, receiver, name="two")]
        attempts = await asyncio.gather(*(run.run_due() for run in runs))

    assert sum(attempts) == 40
    assert sorted(receiver.keys_seen()) == sorted(note.id for note in await notes(book))
    assert not any(note.possibly_doubled for note in await notes(book))


async def test_slow_target_delays_no_other(book: Book) -> None:
    async with http_receiver() as slow, http_receiver() as quick:
        slow.stall.clear()
        book.reload(TOWN, people(hook("slow", slow.url), hook("quick", quick.url)))
        await book.take([active(subject=f"S{number}") for number in range(12)], definitions(), START)
        clock = book.clock
        assert isinstance(clock, Clock)
        running = asyncio.create_task(Outbox(book, senders(clock), name="one").run())
        async with asyncio.timeout(8):
            await quick.until(12)
        assert 0 < len(slow.requests) <= Policy().per_target + Policy().urgent_per_target
        slow.stall.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_slow_provider_of_many_people_delays_no_other_provider(book: Book, clock: Clock) -> None:
    bot = TelegramBot(secret="HOOK")
    crowd = {f"p{n}": Person(id=f"p{n}", name="P", channels={"telegram": str(n)}) for n in range(1, 41)}
    async with http_receiver() as slow, http_receiver() as quick:
        slow.stall.clear()
        room = hook("room", quick.url)
        routes = (Route(to=(*crowd, "room")),)
        book.reload(TOWN, People(accounts=Accounts(telegram=bot), people=crowd, targets={"room": room}, routes=routes))
        endpoints = Endpoints(bases=Bases(telegram=f"http://127.0.0.1:{slow.port}"))
        channels = build_senders(endpoints, secret=lambda _: "s3cret", clock=clock)
        await book.take([active(subject=f"S{n}", severity=Severity.MINOR) for n in range(8)], definitions(), START)
        running = asyncio.create_task(Outbox(book, channels, name="one").run())
        async with asyncio.timeout(8):
            await quick.until(8)
        assert 0 < len(slow.requests) <= Policy().per_provider
        slow.stall.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_fire_has_room_of_its_own_where_everything_else_is_slow(book: Book, clock: Clock) -> None:
    async with http_receiver() as slow:
        slow.stall.clear()
        book.reload(TOWN, people(hook("room", slow.url)))
        minor = [active(subject=f"S{number}", severity=Severity.MINOR) for number in range(50)]
        await book.take(minor, definitions(), START)
        running = asyncio.create_task(Outbox(book, senders(clock), name="one").run())
        async with asyncio.timeout(8):
            await slow.until(Policy().per_target)
            await book.take([active()], definitions(), START)
            await slow.until(Policy().per_target + 1)
        slow.stall.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert b'"severity":"critical"' in slow.requests[Policy().per_target].body


async def test_throttled_target_rests_and_others_do_not(book: Book, clock: Clock) -> None:
    def answer(request: Request) -> bytes:
        busy = says("429 Slow down", b"", "Retry-After: 30")
        return (busy if request.path == "/busy" else says("200 OK"))(request)

    book.reload(TOWN, people(hook("busy"), hook("free")))
    async with http_receiver(answer) as receiver:
        outbox = outbox_of(book, receiver, policy=Policy(per_target=1, urgent_per_target=0))
        await book.take([active(subject=f"S{number}") for number in range(5)], definitions(), START)
        await outbox.run_due()
        assert (receiver.paths().count("/busy"), receiver.paths().count("/free")) == (1, 5)
        assert outbox.parts()[0].state == "degraded"
        clock.now += 29 * SECOND
        assert await outbox.run_due() == 0
        clock.now += SECOND
        receiver.answer = says("200 OK")
        assert await outbox.run_due() == 5

    assert {note.state for note in await notes(book)} == {DeliveryState.DELIVERED}


async def test_missing_secret_is_said_and_mended_without_a_restart(book: Book, clock: Clock) -> None:
    known: dict[str, str] = {}
    async with http_receiver() as receiver:
        channels = build_senders(
            Endpoints(webhook_override=f"http://127.0.0.1:{receiver.port}"), secret=known.get, clock=clock
        )
        outbox = Outbox(book, channels, name="one")
        await book.take([active()], definitions(), START)
        await outbox.run_due()
        [note] = await notes(book)
        assert (note.state, note.answer) == (DeliveryState.FAILED, "the secret HOOK of fire-room is not set")
        known["HOOK"] = "s3cret"
        clock.now = note.due_at
        await outbox.run_due()

    assert [note.state for note in await notes(book)] == [DeliveryState.DELIVERED]


async def test_target_no_longer_in_people_ends_its_notifications(book: Book, clock: Clock) -> None:
    await book.take([active()], definitions(), START)
    book.reload(TOWN, People())
    await Outbox(book, senders(clock), name="one").run_due()

    [note] = await notes(book)
    assert (note.state, note.answer) == (DeliveryState.DEAD, "fire-room is no longer in people.yaml")


async def test_run_sends_at_once_when_the_book_changes_and_ends_with_its_answers_kept(book: Book) -> None:
    async with http_receiver() as receiver:
        running = asyncio.create_task(outbox_of(book, receiver).run())
        async with asyncio.timeout(3):  # less than the poll: the change itself wakes it
            await book.take([active()], definitions(), START)
            await receiver.arrived.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    assert running.cancelled()
    assert [note.state for note in await notes(book)] == [DeliveryState.DELIVERED]


async def test_what_a_transition_makes_due_is_leased_in_its_own_transaction(book: Book) -> None:
    async with http_receiver() as receiver:
        running = asyncio.create_task(outbox_of(book, receiver).run())
        await book.take([active(subject="CE2-S01")], definitions(), START)
        await receiver.until(1)  # its first turn is over
        await book.take([active(subject="CE2-S02")], definitions(), START)
        leased = await notes(book)
        await receiver.until(2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert [note.attempts for note in leased] == [1, 1]
    assert [note.state for note in await notes(book)] == [DeliveryState.DELIVERED] * 2


class TurnBeforeTheWord:
    """A book whose first turn of an outbox writes between the commit of a transition and the word of it."""

    def __init__(self, database: Database) -> None:
        self._database, self._committed, self._turned = database, asyncio.Event(), asyncio.Event()
        self.read = database.read

    async def write(self, work: Callable[[Connection], Any]) -> Any:
        task = asyncio.current_task()
        if task is not None and task.get_name() == "outbox turn":
            await self._committed.wait()
            done = await self._database.write(work)
            self._turned.set()
            return done
        done = await self._database.write(work)
        self._committed.set()
        await self._turned.wait()
        return done


async def test_a_first_turn_never_sends_again_what_is_on_its_way(book: Book) -> None:
    book.database = cast(Database, TurnBeforeTheWord(book.database))
    async with http_receiver() as receiver:
        outbox = outbox_of(book, receiver)
        running = asyncio.create_task(outbox.run())
        await asyncio.sleep(0)  # it has begun: its first turn frees what it leased before it was ended
        await book.take([active()], definitions(), START)
        await receiver.until(1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert [(note.attempts, note.possibly_doubled) for note in await notes(book)] == [(1, False)]
    assert len(receiver.paths()) == 1


async def test_figures_tell_what_is_outstanding_and_what_ended(book: Book, clock: Clock) -> None:
    await book.take([active()], definitions(), START)
    async with http_receiver(says("500 Oh")) as receiver:
        outbox = outbox_of(book, receiver)
        await outbox.run_due()
        receiver.answer = says("200 OK")
        clock.now += MINUTE
        await outbox.run_due()

    figures = {(one.name, *one.labels.values()): one.value for one in outbox.figures()}
    assert figures["town_notifications_total", "webhook", "delivered"] == 1
    assert outbox.parts()[0].state == "ok"


async def test_book_that_goes_away_is_waited_for(book_url: str, clock: Clock, tmp_path: Path) -> None:
    opened = open_book(book_url, TOWN, clock=clock, people=people(hook("fire-room")), busy=20)
    async with opened as book, http_receiver() as receiver:
        await book.take([active()], definitions(), START)
        outbox = outbox_of(book, receiver)
        with closing(sqlite3.connect(tmp_path / "book.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert (await outbox.run_due(), outbox.parts()[0].state) == (0, "down")
            with pytest.raises(Unavailable):
                await book.take([active()], definitions(), START)
        assert (await outbox.run_due(), outbox.parts()[0].state) == (1, "ok")
