"""A channel that refuses our configuration is an alert of its own, told over the channels that work."""

import pytest

from alerts.book import Book
from alerts.contact import Target
from alerts.outbox import Outbox
from alerts.senders.channels import Bases, Endpoints, build_senders
from tests.alerts.receivers import HttpReceiver, Request, http_receiver, says
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, people
from town.alert import Alert, AlertState, Category
from town.moment import MINUTE
from town.ports import AlertFilter

OK = says("200 OK", b'{"errcode": 0}')
NO_KEY = says("200 OK", b'{"errcode": 93000, "errmsg": "invalid webhook url"}')
BROKEN = Target(id="room", channel="wecom", secret="ROBOT")
ALSO = Target(id="also", channel="wecom", secret="ROBOT")
WORKS = Target(id="works", channel="dingtalk", secret="OTHER")


def outbox_of(book: Book, receiver: HttpReceiver) -> Outbox:
    base = f"http://127.0.0.1:{receiver.port}"
    known = {"ROBOT": "k3y", "OTHER": "other"}
    senders = build_senders(Endpoints(bases=Bases(wecom=base, dingtalk=base)), secret=known.get, clock=book.clock)
    return Outbox(book, senders, name="one")


def refuses(request: Request) -> bytes:
    return (NO_KEY if "cgi-bin" in request.path else OK)(request)


async def about_channels(book: Book) -> list[Alert]:
    return await book.alerts(AlertFilter(categories=frozenset((Category.DEVICE,))))


@pytest.fixture
def told(book: Book) -> Book:
    """A book whose alerts go to two rooms of one robot, which is broken, and to one that works."""
    book.reload(TOWN, people(BROKEN, ALSO, WORKS))
    return book


async def test_refused_credential_becomes_one_alert_after_a_minute(told: Book, clock: Clock) -> None:
    await told.take([active()], definitions(), START)
    async with http_receiver(refuses) as receiver:
        outbox = outbox_of(told, receiver)
        await outbox.run_due()
        assert await about_channels(told) == [], "a slip may be mended at once"
        clock.now += MINUTE
        await outbox.run_due()
        await outbox.run_due()

    [alert] = await about_channels(told)
    assert (alert.rule, alert.title.en) == ("channel.wecom.ROBOT", "Cannot notify over wecom: ROBOT")
    assert alert.cause is not None and "93000" in alert.cause.zh
    assert "通知渠道不可用".encode() in b"".join(one.body for one in receiver.requests if "robot" in one.path)


async def test_alert_about_a_channel_is_over_when_it_is_mended_after_a_restart_too(told: Book, clock: Clock) -> None:
    await told.take([active()], definitions(), START)
    async with http_receiver(refuses) as receiver:
        outbox = outbox_of(told, receiver)
        for _ in range(2):
            await outbox.run_due()
            clock.now += MINUTE
        receiver.answer = OK
        clock.now += MINUTE
        await outbox_of(told, receiver).run_due()

    [alert] = await about_channels(told)
    assert alert.state is AlertState.RETURNED and alert.cleared_at == clock.now
