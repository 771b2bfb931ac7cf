"""Twilio's callbacks on a real alert book: believed when they are signed with the account's token over our address."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.accounts import Accounts, Twilio
from alerts.book import Book, open_book
from alerts.contact import Person
from alerts.outbox import Outbox
from alerts.people import People
from alerts.plan import Route
from alerts.senders.channels import Bases, Endpoints, build_senders
from brain.callbacks import Callbacks, twilio_callback
from tests.alerts.receivers import HttpReceiver, http_receiver, says
from tests.alerts.small_town import START, TOWN, Clock, active, definitions
from town.alert import DeliveryState
from town.ports import AlertFilter
from town.settings import Settings

SECRETS = {"TWILIO": "t0ken"}
URL = "https://town.example/hooks/twilio"
ANN = People(
    accounts=Accounts(
        sms=Twilio(provider="twilio", account_sid="AC" + "0" * 32, secret="TWILIO", number="+15550000000")
    ),
    people={"ann": Person(id="ann", name="Ann", channels={"sms": "+15551230001"})},
    routes=(Route(to=("ann",)),),
)


@pytest.fixture
async def sent(tmp_path: Path) -> AsyncIterator[tuple[Book, HttpReceiver]]:
    """A book with one message that Twilio has taken."""
    clock = Clock()
    async with (
        http_receiver(says("201 Created", b'{"sid": "SM1"}')) as twilio,
        open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=clock, people=ANN) as book,
    ):
        bases = Bases(twilio=f"http://127.0.0.1:{twilio.port}")
        endpoints = Endpoints(bases=bases, twilio_callback=URL)
        await book.take([active()], definitions(), START)
        await Outbox(book, build_senders(endpoints, secret=SECRETS.get, clock=clock), name="one").run_due()
        yield book, twilio


async def state(book: Book) -> DeliveryState:
    [alert] = await book.alerts(AlertFilter())
    detail = await book.detail(alert.id)
    assert detail is not None
    return detail.notifications[0].state


def signed(form: dict[str, str], *, url: str = URL, token: str = "t0ken") -> str:
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@pytest.mark.parametrize(
    ("status", "becomes"),
    [("delivered", DeliveryState.DELIVERED), ("undelivered", DeliveryState.DEAD), ("sent", DeliveryState.ACCEPTED)],
)
async def test_callback_says_what_became_of_a_message(
    sent: tuple[Book, HttpReceiver], status: str, becomes: DeliveryState
) -> None:
    book, twilio = sent
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": "+15551230001"}
    callbacks = Callbacks(book, url=URL, secret=SECRETS.get)

    assert b"StatusCallback=https%3A%2F%2Ftown.example%2Fhooks%2Ftwilio" in twilio.requests[0].body
    assert await callbacks.twilio(form, signature=signed(form))
    assert await state(book) is becomes


@pytest.mark.parametrize("wrong", ["token", "url", "form", "none", "no url", "no secret"])
async def test_callback_that_is_not_twilios_changes_nothing(sent: tuple[Book, HttpReceiver], wrong: str) -> None:
    book, _ = sent
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    signature = {
        "token": signed(form, token="other"), "url": signed(form, url="https://elsewhere/hooks/twilio"),
        "form": signed({**form, "MessageStatus": "sent"}), "none": "",
    }.get(wrong, signed(form))  # fmt: skip
    known = {} if wrong == "no secret" else SECRETS
    callbacks = Callbacks(book, url=None if wrong == "no url" else URL, secret=known.get)

    assert not await callbacks.twilio(form, signature=signature)
    assert await state(book) is DeliveryState.ACCEPTED


def test_twilio_is_given_the_address_that_people_use() -> None:
    assert twilio_callback(Settings(public_url="https://town.example/")) == URL
    assert twilio_callback(Settings()) is None
