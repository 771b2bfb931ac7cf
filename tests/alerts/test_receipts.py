"""What was taken is delivered only when the provider says that it arrived."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from alerts.accounts import Accounts, AliyunSms
from alerts.book import Book
from alerts.contact import Person
from alerts.outbox import Outbox
from alerts.people import People
from alerts.plan import Route
from alerts.receipts import ASKED_FOR
from alerts.senders.channels import Bases, Endpoints, build_senders
from alerts.sending import Answer, AnswerKind
from tests.alerts.receivers import HttpReceiver, Request, http_receiver, says
from tests.alerts.small_town import START, TOWN, Clock, active, definitions
from town.alert import DeliveryState
from town.moment import MINUTE
from town.ports import AlertFilter

ALIYUN = AliyunSms(
    provider="aliyun_sms", secret="KEY", access_key_id="LTAI0001", sign_name="小镇", templates={"zh": "SMS_1"}
)
ANN = People(
    accounts=Accounts(sms=ALIYUN),
    people={"ann": Person(id="ann", name="Ann", channels={"sms": "+8613800000001"})},
    routes=(Route(to=("ann",)),),
)


class Provider:
    """Takes every message, and says of each what `status` is."""

    def __init__(self) -> None:
        self.status, self.asked = 1, 0

    def __call__(self, request: Request) -> bytes:
        if request.headers["x-acs-action"] == "SendSms":
            return says("200 OK", b'{"Code": "OK", "BizId": "9^0"}')(request)
        self.asked += 1
        one = {"SendStatus": self.status, "ErrCode": "DELIVERED" if self.status == 3 else "UNREACHABLE"}
        said = {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [one]}}
        return says("200 OK", json.dumps(said).encode())(request)


@pytest.fixture
async def provider() -> AsyncIterator[tuple[Provider, HttpReceiver]]:
    """A provider on a port of its own."""
    provider = Provider()
    async with http_receiver(provider) as receiver:
        yield provider, receiver


async def taken(book: Book, receiver: HttpReceiver) -> Outbox:
    """An outbox that has sent one message, which was taken."""
    book.reload(TOWN, ANN)
    bases = Bases(aliyun_sms=f"http://127.0.0.1:{receiver.port}")
    outbox = Outbox(book, build_senders(Endpoints(bases=bases), secret=lambda _name: "k", clock=book.clock), name="one")
    await book.take([active()], definitions(), START)
    await outbox.run_due()
    assert await book.deliveries() == {DeliveryState.ACCEPTED: 1}
    return outbox


@pytest.mark.parametrize(("status", "state"), [(3, DeliveryState.DELIVERED), (2, DeliveryState.DEAD)])
async def test_message_that_was_taken_becomes_what_the_provider_says(
    book: Book, clock: Clock, provider: tuple[Provider, HttpReceiver], status: int, state: DeliveryState
) -> None:
    outbox = await taken(book, provider[1])
    assert await outbox.receipts.check_due() == 0, "nothing is known so soon"
    clock.now += MINUTE
    assert await outbox.receipts.check_due() == 1
    assert await book.deliveries() == {DeliveryState.ACCEPTED: 1}
    provider[0].status = status
    clock.now += MINUTE
    await outbox.receipts.check_due()
    clock.now += MINUTE

    assert (await book.deliveries(), await outbox.receipts.check_due()) == ({state: 1}, 0)
    [alert] = await book.alerts(AlertFilter())
    detail = await book.detail(alert.id)
    assert detail is not None
    ended = [entry.event for entry in detail.timeline if entry.by == "sender"]
    assert ended == (["notified"] if state is DeliveryState.DELIVERED else ["notified", "not_notified"])


async def test_receipt_that_never_comes_is_not_asked_for_for_ever(
    book: Book, clock: Clock, provider: tuple[Provider, HttpReceiver]
) -> None:
    outbox = await taken(book, provider[1])
    clock.now += ASKED_FOR + 1
    assert await outbox.receipts.check_due() == 1
    clock.now += ASKED_FOR

    assert (await outbox.receipts.check_due(), await book.deliveries()) == (0, {DeliveryState.ACCEPTED: 1})


async def test_receipt_that_a_provider_tells_by_itself_is_taken_once(
    book: Book, provider: tuple[Provider, HttpReceiver]
) -> None:
    outbox = await taken(book, provider[1])
    arrived = Answer(AnswerKind.ACCEPTED, "delivered", delivered=True)

    assert await outbox.receipts.told("8^0", arrived) is False
    assert await outbox.receipts.told("9^0", arrived) is True
    assert await outbox.receipts.told("9^0", arrived) is False
    assert (await book.deliveries(), provider[0].asked) == ({DeliveryState.DELIVERED: 1}, 0)


async def test_running_outbox_asks_for_receipts(
    book: Book, clock: Clock, provider: tuple[Provider, HttpReceiver]
) -> None:
    outbox = await taken(book, provider[1])
    provider[0].status = 3
    clock.now += MINUTE
    told = asyncio.Event()
    book.listen(lambda _alerts: told.set())
    running = asyncio.create_task(outbox.run())
    async with asyncio.timeout(30):
        await told.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert await book.deliveries() == {DeliveryState.DELIVERED: 1}
