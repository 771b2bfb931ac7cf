"""The next channel: a critical alert does not wait for a channel that fails, and what is refused goes another way."""

import json
from collections.abc import Callable

import pytest

from alerts.accounts import Accounts, TelegramBot, Twilio
from alerts.book import Book
from alerts.contact import Person
from alerts.outbox import Outbox
from alerts.people import People, Route
from alerts.senders.channels import Bases, Endpoints, build_senders
from tests.alerts.receivers import HttpReceiver, Request, http_receiver, says
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definitions
from town.alert import DeliveryState, Notification, Severity
from town.moment import MINUTE, SECOND
from town.ports import AlertFilter

SID = "AC" + "0" * 32
ACCOUNTS = Accounts(
    sms=Twilio(provider="twilio", account_sid=SID, number="+15005550006", secret="TWILIO"),
    telegram=TelegramBot(secret="BOT"),
)
ANN = Person(id="ann", name="Ann", channels={"telegram": "1", "sms": "+15005550009"}, language="en")
BOB = Person(id="bob", name="Bob", channels={"telegram": "2", "sms": "+15005550010"}, language="en")
Answers = Callable[[Request], bytes | None]


def answers(telegram: Answers) -> Answers:
    """Telegram as given; Twilio takes everything."""
    twilio = says("201 Created", json.dumps({"sid": "SM1"}).encode())
    return lambda request: (telegram if "sendMessage" in request.path else twilio)(request)


OK = says("200 OK", b'{"ok": true}')
BUSY = says("429 Slow", b'{"ok": false, "error_code": 429, "parameters": {"retry_after": 600}}')
NO_TOKEN = says("401 No", b'{"ok": false, "error_code": 401, "description": "Unauthorized"}')
BLOCKED = says("403 No", b'{"ok": false, "error_code": 403, "description": "bot was blocked by the user"}')
NO_CHAT = says("400 No", b'{"ok": false, "error_code": 400, "description": "chat not found"}')
LONG = says("400 No", b'{"ok": false, "error_code": 400, "description": "message is too long"}')


def outbox_of(book: Book, receiver: HttpReceiver) -> Outbox:
    base = f"http://127.0.0.1:{receiver.port}"
    known = {"TWILIO": "token", "BOT": "123:AAbot"}
    senders = build_senders(Endpoints(bases=Bases(telegram=base, twilio=base)), secret=known.get, clock=book.clock)
    return Outbox(book, senders, name="one")


def tell(book: Book, *people: Person) -> None:
    routes = (Route(to=tuple(one.id for one in people)),)
    book.reload(TOWN, People(accounts=ACCOUNTS, people={one.id: one for one in people}, routes=routes))


async def notes(book: Book) -> dict[tuple[str, str], Notification]:
    found = [await book.detail(alert.id) for alert in await book.alerts(AlertFilter())]
    return {(note.target, note.channel): note for detail in found if detail for note in detail.notifications}


@pytest.mark.parametrize("answer", [BUSY, NO_TOKEN, says("500 Oh")])
async def test_critical_alert_goes_on_to_the_next_channel_and_stays_on_the_first(
    book: Book, clock: Clock, answer: Answers
) -> None:
    tell(book, ANN)
    await book.take([active()], definitions(), START)
    async with http_receiver(answers(answer)) as receiver:
        outbox = outbox_of(book, receiver)
        await outbox.run_due()
        clock.now += 20 * SECOND  # what gives no reason to rest is tried again that long
        await outbox.run_due()
        found = await notes(book)
        assert found["ann", "sms"].state is DeliveryState.ACCEPTED
        assert (found["ann", "telegram"].state, found["ann", "telegram"].passed_on) == (DeliveryState.FAILED, "sms")
        receiver.answer = answers(OK)
        clock.now += 15 * MINUTE
        await outbox.run_due()
    assert (await notes(book))["ann", "telegram"].state is DeliveryState.DELIVERED


async def test_what_is_not_critical_waits_for_its_channel(book: Book, clock: Clock) -> None:
    tell(book, ANN)
    await book.take([active(severity=Severity.MINOR)], definitions(), START)
    async with http_receiver(answers(BUSY)) as receiver:
        await outbox_of(book, receiver).run_due()
        clock.now += MINUTE
        await outbox_of(book, receiver).run_due()

    assert list(await notes(book)) == [("ann", "telegram")]


@EITHER
async def test_next_alert_does_not_try_a_channel_that_rests(book: Book) -> None:
    tell(book, ANN, BOB)
    async with http_receiver(answers(NO_TOKEN)) as receiver:
        outbox = outbox_of(book, receiver)
        await book.take([active()], definitions(), START)
        await outbox.run_due()
        tried = sum("sendMessage" in path for path in receiver.paths())
        await book.take([active(subject="CE2-S02")], definitions(), START)
        await outbox.run_due()

    assert sum("sendMessage" in path for path in receiver.paths()) == tried
    assert sum("Messages.json" in path for path in receiver.paths()) == 4


async def test_somebody_who_blocked_the_bot_keeps_nobody_else_from_it(book: Book, clock: Clock) -> None:
    tell(book, ANN, BOB)

    def telegram(request: Request) -> bytes | None:
        return (BLOCKED if json.loads(request.body)["chat_id"] == "1" else OK)(request)

    await book.take([active(severity=Severity.MINOR)], definitions(), START)
    async with http_receiver(answers(telegram)) as receiver:
        outbox = outbox_of(book, receiver)
        await outbox.run_due()
        await book.take([active(subject="CE2-S02", severity=Severity.MINOR)], definitions(), START)
        clock.now += 2 * SECOND
        await outbox.run_due()
    assert [json.loads(one.body)["chat_id"] for one in receiver.requests if one.path.endswith("sendMessage")] in (
        ["1", "2", "2"],
        ["2", "1", "2"],
    )


async def test_what_is_refused_for_ever_goes_on_to_the_next_channel_whatever_it_is(book: Book) -> None:
    tell(book, ANN)
    await book.take([active(severity=Severity.ADVISORY)], definitions(), START)
    async with http_receiver(answers(NO_CHAT)) as receiver:
        await outbox_of(book, receiver).run_due()

    found = await notes(book)
    assert found["ann", "telegram"].state is DeliveryState.DEAD and "chat not found" in str(
        found["ann", "telegram"].answer
    )
    assert found["ann", "sms"].state is DeliveryState.ACCEPTED
    assert found["ann", "sms"].id == found["ann", "telegram"].id.replace(":telegram:", ":sms:")


async def test_message_that_is_too_long_is_sent_once_more_and_shorter(book: Book, clock: Clock) -> None:
    tell(book, ANN)
    await book.take([active()], definitions(), START)

    def telegram(request: Request) -> bytes | None:
        return (LONG if b"To do" in request.body else OK)(request)

    async with http_receiver(answers(telegram)) as receiver:
        await outbox_of(book, receiver).run_due()
        clock.now += 2 * SECOND  # a chat takes one message a second
        await outbox_of(book, receiver).run_due()

    texts = [json.loads(request.body)["text"] for request in receiver.requests]
    assert len(texts) == 2 and "Send someone" in texts[0] and "CE2-S01" in texts[1]
    assert [note.state for note in (await notes(book)).values()] == [DeliveryState.DELIVERED]


async def test_person_without_another_channel_waits_and_nothing_is_invented(book: Book, clock: Clock) -> None:
    tell(book, ANN.model_copy(update={"channels": {"telegram": "1"}}), BOB)
    await book.take([active()], definitions(), START)
    async with http_receiver(answers(BUSY)) as receiver:
        await outbox_of(book, receiver).run_due()

    found = await notes(book)
    assert sorted(found) == [("ann", "telegram"), ("bob", "sms"), ("bob", "telegram")]
    assert found["ann", "telegram"].passed_on is None and found["bob", "telegram"].passed_on == "sms"
