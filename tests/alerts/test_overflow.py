"""More than a credential may send: digests instead, of which every notification knows, and fire goes alone."""

import asyncio
import json
import re
from urllib.parse import parse_qs

import pytest

from alerts.accounts import Accounts, TelegramBot, Twilio
from alerts.allowance import Limit
from alerts.book import Book, open_book
from alerts.contact import Person, Target
from alerts.outbox import Outbox
from alerts.people import People, Route
from alerts.senders.channels import Bases, Endpoints, build_senders
from alerts.senders.sms import parts
from alerts.sending import Answer, AnswerKind
from tests.alerts.receivers import HttpReceiver, Request, http_receiver, says
from tests.alerts.small_town import EITHER, START, Clock
from tests.alerts.storm_town import RULES, SENSORS, SMOKE, STORM_TOWN, change, told
from town.alert import Condition, DeliveryState, Notification
from town.moment import MINUTE, SECOND
from town.ports import AlertFilter

OK = says("200 OK", b'{"errcode": 0}')
FAST = says("200 OK", b'{"errcode": 130101}')
TOO_LONG = says("200 OK", b'{"errcode": 40035, "errmsg": "bad"}')
SHORT = People(
    accounts=Accounts(
        sms=Twilio(
            provider="twilio",
            account_sid="AC" + "0" * 32,
            number="+15005550006",
            secret="TWILIO",
            limits=(Limit(2, MINUTE),),
        )
    ),
    people={"ann": Person(id="ann", name="安", channels={"sms": "+8613800000001"})},
    routes=(Route(to=("ann",)),),
)
SHORT_AND_CHAT = SHORT.model_copy(
    update={
        "accounts": SHORT.accounts.model_copy(update={"telegram": TelegramBot(secret="BOT")}),
        "people": {"ann": Person(id="ann", name="安", channels={"sms": "+8613800000001", "telegram": "12345"})},
    }
)
ROOM = Target(id="room", channel="dingtalk", secret="ROBOT", language="zh")


@pytest.fixture
def silent_book(book: Book) -> Book:
    """A book of the town with many detectors, whose only room is a DingTalk robot's."""
    book.reload(STORM_TOWN, told(ROOM))
    return book


def outbox_of(book: Book, receiver: HttpReceiver, name: str = "one") -> Outbox:
    bases = Bases(dingtalk=f"http://127.0.0.1:{receiver.port}")
    senders = build_senders(Endpoints(bases=bases), secret={"ROBOT": "t0k3n"}.get, clock=book.clock)
    return Outbox(book, senders, name=name)


async def silence(book: Book, count: int) -> None:
    await book.take([change(name) for name in SENSORS[:count]], RULES, START)


async def notes(book: Book) -> list[Notification]:
    found = [await book.detail(alert.id) for alert in await book.alerts(AlertFilter(limit=1_000))]
    return [note for detail in found if detail for note in detail.notifications]


@EITHER
async def test_overflow_is_told_in_digests_that_every_notification_names(silent_book: Book, clock: Clock) -> None:
    await silence(silent_book, 100)
    async with http_receiver(OK) as receiver:
        outbox = outbox_of(silent_book, receiver)
        first = await outbox.run_due()
        clock.now += 5 * SECOND
        digests = await outbox.run_due()

    told = await notes(silent_book)
    assert (first, digests) == (8, 2) and {one.state for one in told} == {DeliveryState.DELIVERED}
    assert sorted(one.digest is None for one in told) == [False] * 92 + [True] * 8
    assert all(one.digest is None or str(one.answer).startswith(f"in {one.digest}: HTTP 200") for one in told)


async def test_timeline_says_in_which_digest_it_was_told(silent_book: Book, clock: Clock) -> None:
    await silence(silent_book, 20)
    async with http_receiver(OK) as receiver:
        await outbox_of(silent_book, receiver).run_due()
        clock.now += 5 * SECOND
        await outbox_of(silent_book, receiver).run_due()

    detail = await silent_book.detail("A-20260921-0020")
    assert detail is not None
    [entry] = [one for one in detail.timeline if one.event == "notified"]
    assert entry.detail["digest"] == detail.notifications[0].digest == "D-20260921-0009:1:2:dingtalk:room"


@EITHER
async def test_fire_goes_alone_and_at_once_when_nothing_else_may(silent_book: Book, clock: Clock) -> None:
    await silence(silent_book, 100)
    async with http_receiver(OK) as receiver:
        outbox = outbox_of(silent_book, receiver)
        for _ in range(9):  # more digests than may be sent, one after the other
            await silence(silent_book, 500)
            await outbox.run_due()
            clock.now += 5 * SECOND
        before = len(receiver.requests)
        await silent_book.take([change(SENSORS[7], rule=SMOKE)], RULES, START)
        assert await outbox.run_due() >= 1

    assert (
        "烟雾过高".encode() in receiver.requests[before].body
        and "条警报".encode() not in receiver.requests[before].body
    )


async def test_few_that_wait_are_no_digest(silent_book: Book, clock: Clock) -> None:
    await silence(silent_book, 10)
    async with http_receiver(OK) as receiver:
        outbox = outbox_of(silent_book, receiver)
        await outbox.run_due()
        clock.now += 5 * SECOND
        assert await outbox.run_due() == 2

    assert {note.digest for note in await notes(silent_book)} == {None}


async def test_digest_is_tried_again_with_its_key_and_what_it_holds_waits(silent_book: Book, clock: Clock) -> None:
    await silence(silent_book, 20)

    def answer(request: Request) -> bytes:
        return (FAST if "条警报".encode() in request.body and clock.now < START + MINUTE else OK)(request)

    async with http_receiver(answer) as receiver:
        outbox = outbox_of(silent_book, receiver)
        await outbox.run_due()
        clock.now += 5 * SECOND
        await outbox.run_due()
        waiting = [note for note in await notes(silent_book) if note.state is DeliveryState.QUEUED]
        clock.now += 10 * MINUTE
        assert await outbox.run_due() == 1
    assert len(waiting) == 12 and len({note.digest for note in waiting}) == 1
    assert {note.state for note in await notes(silent_book)} == {DeliveryState.DELIVERED}


async def test_digest_that_is_refused_ends_what_it_holds_and_says_why(silent_book: Book, clock: Clock) -> None:
    await silence(silent_book, 20)
    async with http_receiver(OK) as receiver:
        outbox = outbox_of(silent_book, receiver)
        await outbox.run_due()
        receiver.answer = TOO_LONG
        clock.now += 5 * SECOND
        await outbox.run_due()

    dead = [note for note in await notes(silent_book) if note.state is DeliveryState.DEAD]
    assert len(dead) == 12 and all("40035" in str(note.answer) for note in dead)
    detail = await silent_book.detail(dead[0].alert)
    assert detail is not None and detail.timeline[-1].event == "not_notified"


async def test_end_of_an_alert_waits_for_the_digest_that_tells_its_beginning(silent_book: Book, clock: Clock) -> None:
    await silence(silent_book, 20)
    async with http_receiver(OK) as receiver:
        outbox = outbox_of(silent_book, receiver)
        await outbox.run_due()
        clock.now += 5 * SECOND
        receiver.answer = says("500 Oh")
        await outbox.run_due()
        gone = [change(name, at=START + SECOND, condition=Condition.NORMAL) for name in SENSORS[10:20]]
        await silent_book.take(gone, RULES, clock.now)
        receiver.answer = OK
        assert await outbox.run_due() == 0
        clock.now += MINUTE
        await outbox.run_due()

    assert {note.state for note in await notes(silent_book)} == {DeliveryState.DELIVERED}


@EITHER
async def test_two_outboxes_make_one_digest_of_each_alert(silent_book: Book, book_url: str, clock: Clock) -> None:
    await silence(silent_book, 200)
    opened = open_book(book_url, STORM_TOWN, clock=clock, people=silent_book.people)
    async with http_receiver(OK) as receiver, opened as other:
        both = outbox_of(silent_book, receiver, "one"), outbox_of(other, receiver, "two")
        for moment in (0, 5 * SECOND, MINUTE, MINUTE + 5 * SECOND):
            clock.now = START + moment
            await asyncio.gather(*(each.run_due() for each in both))

    text = b"".join(request.body for request in receiver.requests).decode()
    assert len(receiver.requests) <= 24 and not any(note.possibly_doubled for note in await notes(silent_book))
    forms = ("{} ＃", "/ {} ·", "/ {}\\n")  # in a digest's list, among its worst, and alone
    assert [sum(text.count(form.format(name)) for form in forms) for name in SENSORS[:200]] == [1] * 200


async def test_digest_by_short_message_is_delivered_with_all_it_holds_when_its_receipt_says_so(
    book: Book, clock: Clock
) -> None:
    book.reload(STORM_TOWN, SHORT)
    await silence(book, 20)
    async with http_receiver(says("201 Created", b'{"sid": "SM1"}')) as receiver:
        senders = build_senders(
            Endpoints(bases=Bases(twilio=f"http://127.0.0.1:{receiver.port}")), secret=lambda _: "token", clock=clock
        )
        outbox = Outbox(book, senders, name="one")
        await outbox.run_due()
        clock.now += 2 * MINUTE
        await outbox.run_due()
        assert {note.state for note in await notes(book)} == {DeliveryState.ACCEPTED}
        assert await outbox.receipts.told("SM1", Answer(AnswerKind.ACCEPTED, "delivered", delivered=True))

    body = parse_qs(receiver.requests[-1].body.decode())["Body"][0]
    assert "19条警报" in body and "D-20260921-" in body and parts(body) <= 2
    assert {note.state for note in await notes(book)} == {DeliveryState.DELIVERED}


@EITHER
async def test_what_a_short_message_only_counts_is_listed_over_the_next_channel(book: Book, clock: Clock) -> None:
    book.reload(STORM_TOWN, SHORT_AND_CHAT)
    await silence(book, 20)
    answers = {"/2010-04-01": says("201 Created", b'{"sid": "SM1"}'), "/bot": says("200 OK", b'{"ok": true}')}
    async with http_receiver(lambda asked: next(answers[p] for p in answers if asked.path.startswith(p))(asked)) as at:
        bases = Bases(twilio=f"http://127.0.0.1:{at.port}", telegram=f"http://127.0.0.1:{at.port}")
        outbox = Outbox(book, build_senders(Endpoints(bases=bases), secret=lambda _: "token", clock=clock), name="one")
        for _ in range(3):
            await outbox.run_due()
            clock.now += MINUTE

    listed = [json.loads(request.body)["text"] for request in at.requests if request.path.startswith("/bot")]
    assert "19条警报" in parse_qs(at.requests[1].body.decode())["Body"][0]
    assert len(listed) == 1 and all(f"{name} #" in listed[0] or f"/ {name} ·" in listed[0] for name in SENSORS[1:20])


async def test_what_follows_something_under_way_is_in_no_digest(silent_book: Book, clock: Clock) -> None:
    await silence(silent_book, 8)
    async with http_receiver(says("500 Oh")) as receiver:
        outbox = outbox_of(silent_book, receiver)
        await outbox.run_due()
        gone = [change(name, at=START + SECOND, condition=Condition.NORMAL) for name in SENSORS[:8]]
        await silent_book.take([*gone, change(SENSORS[9])], RULES, START)
        receiver.answer = OK
        clock.now += 5 * SECOND
        await outbox.run_due()
        clock.now += MINUTE
        await outbox.run_due()

    assert {note.state for note in await notes(silent_book)} == {DeliveryState.DELIVERED}
    assert not any(re.search(r"(?<!\d)1条警报", request.body.decode()) for request in receiver.requests)
