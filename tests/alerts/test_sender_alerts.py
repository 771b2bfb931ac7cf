"""A credential that is refused is an alert: told over another one, over when it works again, and without loops."""

from collections.abc import AsyncIterator

import pytest

from alerts.book import Book
from alerts.contact import Person, Target
from alerts.outbox import Outbox
from alerts.people import People
from alerts.plan import Route
from alerts.sender_alerts import SenderWatch
from alerts.senders.channels import Bases, Endpoints, build_senders
from tests.alerts.receivers import HttpReceiver, MailReceiver, Request, http_receiver, mail_receiver, says
from tests.alerts.small_town import TOWN, Clock, active, definitions
from town.alert import Alert, AlertState, Category
from town.moment import MINUTE
from town.ports import AlertFilter

ROBOT = Target(id="room", channel="dingtalk", secret="ROBOT")
OTHER = Target(id="hall", channel="dingtalk", secret="ROBOT")
MAIL = Person(id="ann", name="Ann", channels={"email": "ann@x.example"})
PEOPLE = People(
    targets={"room": ROBOT, "hall": OTHER}, people={"ann": MAIL}, routes=(Route(to=("room", "hall", "ann")),)
)


class Line:
    """A book that tells a robot and somebody by mail; `mended` is whether the robot takes messages."""

    def __init__(self, book: Book, robot: HttpReceiver, mails: MailReceiver) -> None:
        self.book, self.robot, self.mails = book, robot, mails
        clock = book.clock
        assert isinstance(clock, Clock)
        self.clock, self.mended = clock, False
        endpoints = Endpoints(
            smtp_url=f"smtp://127.0.0.1:{mails.port}",
            smtp_from="town@x.example",
            bases=Bases(dingtalk=f"http://127.0.0.1:{robot.port}"),
        )
        self.outbox = Outbox(book, build_senders(endpoints, secret={"ROBOT": "t0ken"}.get, clock=clock), name="one")
        self.watch = SenderWatch(book)

    def answer(self, request: Request) -> bytes:
        code = b'{"errcode": 0}' if self.mended else b'{"errcode": 310000, "errmsg": "sign not match"}'
        return says("200 OK", code)(request)

    async def refused(self) -> Alert:
        """Refused once is a slip; the alert about a sender that is refused again."""
        assert await self.step() == []
        [alert] = await self.step(2)
        return alert

    async def step(self, minutes: int = 0) -> list[Alert]:
        """Send, look, and send what follows; the alerts about senders."""
        self.clock.now += minutes * MINUTE
        await self.outbox.run_due()
        await self.watch.look()
        await self.outbox.run_due()
        return [one for one in await self.book.alerts(AlertFilter()) if one.category is Category.DEVICE]


@pytest.fixture
async def line(book: Book) -> AsyncIterator[Line]:
    """A line whose robot refuses our signature."""
    async with http_receiver() as robot, mail_receiver() as mails:
        book.reload(TOWN, PEOPLE)
        line = Line(book, robot, mails)
        robot.answer = line.answer
        await book.take([active()], definitions(), line.clock.now)
        yield line


async def test_refused_credential_is_one_alert_that_goes_another_way(line: Line) -> None:
    alert = await line.refused()
    before = len(line.robot.requests)
    again = await line.step(2)

    assert (alert.rule, alert.subject, alert.state) == ("device.sender", "dingtalk:ROBOT", AlertState.ACTIVE)
    assert "sign not match" in alert.reason["condition"]
    assert [one.id for one in again] == [alert.id]
    detail = await line.book.detail(alert.id)
    assert detail is not None and {one.target for one in detail.notifications} == {"ann"}, "not with itself"
    assert "dingtalk:ROBOT" in str(line.mails.mails[-1]["Subject"]) and len(line.robot.requests) > before


async def test_alert_closes_when_the_credential_works_again(line: Line) -> None:
    alert = await line.refused()
    line.mended = True
    [closed] = await line.step(2)

    assert (closed.id, closed.state, closed.closed_because) == (alert.id, AlertState.CLOSED, "mended")
    assert await line.step(60) == [closed]


async def test_alert_closes_when_the_target_is_no_longer_there(line: Line) -> None:
    await line.refused()
    line.book.reload(TOWN, People(people={"ann": MAIL}, routes=(Route(to=("ann",)),)))
    [closed] = await line.step(2)

    assert closed.closed_because == "subject_deleted"


async def test_refused_again_after_it_worked_is_another_alert(line: Line) -> None:
    await line.refused()
    line.mended = True
    await line.step(2)
    line.mended = False
    await line.book.take([active(subject="CE2-S02")], definitions(), line.clock.now)
    await line.step()
    alerts = await line.step(2)

    assert sorted(one.state for one in alerts) == [AlertState.ACTIVE, AlertState.CLOSED]


async def test_town_whose_only_sender_is_refused_says_so_on_its_pages_and_to_nobody(line: Line) -> None:
    line.book.reload(TOWN, People(targets={"room": ROBOT}, routes=(Route(to=("room",)),)))
    alert = await line.refused()
    for _ in range(3):
        assert [one.id for one in await line.step(2)] == [alert.id]

    detail = await line.book.detail(alert.id)
    assert detail is not None and detail.notifications == []
