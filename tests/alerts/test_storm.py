"""A storm: ten gateways die within ten seconds, and in the middle of it a cellar burns."""

import asyncio
import re
from typing import NamedTuple

import pytest

from alerts.accounts import Accounts, AliyunSms, TelegramBot
from alerts.book import Book, open_book
from alerts.claims import Claim
from alerts.contact import Person, Target
from alerts.outbox import Outbox
from alerts.people import People, Route
from alerts.senders.channels import Bases, Endpoints, build_senders
from tests.alerts.receivers import http_receiver
from tests.alerts.small_town import START, Clock
from tests.alerts.storm_town import RULES, SENSORS, SMOKE, STORM_TOWN, change
from tests.alerts.strict_servers import Credential, StrictProviders
from town.alert import DeliveryState, Notification
from town.moment import MINUTE, SECOND
from town.ports import AlertFilter

SECRETS = {"DING": "ding", "KEY": "key", "HOOK": "hook", "BOT": "1:bot", "SLACK": "T/B/x", "ALI": "secret"}
ROOMS = (
    Target(id="ding", channel="dingtalk", secret="DING"),
    Target(id="wecom", channel="wecom", secret="KEY"),
    Target(id="feishu", channel="feishu", secret="HOOK"),
    Target(id="slack", channel="slack", secret="SLACK"),
    Target(id="group", channel="telegram", address="-100"),
)
ANN = Person(id="ann", name="安", channels={"sms": "+8613800000001"})
TELLS = People(
    accounts=Accounts(
        sms=AliyunSms(
            provider="aliyun_sms",
            access_key_id="LTAI5tExample",
            secret="ALI",
            sign_name="黄酒镇",
            templates={"zh": "SMS_1"},
        ),
        telegram=TelegramBot(secret="BOT"),
    ),
    people={"ann": ANN},
    targets={one.id: one for one in ROOMS},
    routes=(Route(to=("ann", *(one.id for one in ROOMS))),),
)
pytestmark = pytest.mark.xdist_group("storm")  # it is played once for all of them

STEP = 250
"""Milliseconds between two batches of the rules."""
FIRE_AT = 5 * SECOND


async def play(book: Book, clock: Clock, providers: StrictProviders) -> None:
    """Five hundred detectors fall silent in ten seconds, one burns, and a minute and a half passes."""
    async with http_receiver(providers.answer) as receiver:
        base = f"http://127.0.0.1:{receiver.port}"
        bases = Bases(**dict.fromkeys(Bases.__struct_fields__, base))
        outbox = Outbox(
            book, build_senders(Endpoints(bases=bases), secret=SECRETS.get, clock=clock), name="one", link=_link
        )
        steps = 10 * SECOND // STEP
        for step in range(steps):
            clock.now = START + step * STEP
            batch = [change(name, at=clock.now) for name in SENSORS[step::steps]]
            fire = [change("S000", rule=SMOKE, at=clock.now)] if step * STEP == FIRE_AT else []
            await book.take([*batch, *fire], RULES, clock.now)
            await outbox.run_due()
        while clock.now < START + 90 * SECOND:
            clock.now += SECOND if clock.now < START + 20 * SECOND else 5 * SECOND
            await outbox.run_due()


def _link(claim: Claim) -> str:
    return f"https://town.example/alerts/{claim.alert}"


async def notes(book: Book) -> list[Notification]:
    found = [await book.detail(alert.id) for alert in await book.alerts(AlertFilter(limit=1_000))]
    return [note for detail in found if detail for note in detail.notifications]


def listed(room: Credential) -> list[str]:
    """The detectors that stand in what a room was told, as often as they do."""
    return re.findall(r"\bS\d{3}\b", "\n".join(text for _, text in room.texts if "烟雾过高" not in text))


class Storm(NamedTuple):
    """What is left of a storm: the providers, and the notifications in the book."""

    providers: StrictProviders
    notes: list[Notification]


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Storm:
    """One storm for all tests, which look at it from different sides."""

    async def run() -> Storm:
        clock = Clock()
        providers = StrictProviders(clock)
        url = f"sqlite:///{tmp_path_factory.mktemp('storm')}/book.db"
        async with open_book(url, STORM_TOWN, clock=clock, people=TELLS) as book:
            await play(book, clock, providers)
            return Storm(providers, await notes(book))

    return asyncio.run(run())


def test_storm_breaks_no_limit_and_loses_no_alert(storm: Storm) -> None:
    providers = storm.providers
    assert [one.broken for one in providers.all] == [[]] * 6

    robots = providers.all[:5]
    assert [sorted(listed(room)) for room in robots] == [SENSORS] * 5, "every one, once, to everybody"
    for room in (providers.dingtalk, providers.wecom):
        moments = [at for at, _ in room.texts]
        assert max(sum(at <= one < at + MINUTE for one in moments) for at in moments) <= 16


def test_fire_in_the_middle_of_a_storm_goes_alone_within_five_seconds(storm: Storm) -> None:
    for room in storm.providers.all:
        [(at, fire)] = [(at, text) for at, text in room.texts if "烟雾过高" in text]
        assert at - START - FIRE_AT < 5 * SECOND and "条警报" not in fire


def test_storm_is_told_by_what_its_alerts_have_in_common(storm: Storm) -> None:
    providers = storm.providers
    digests = [text for _, text in providers.wecom.texts if "条警报" in text]
    heads = [text.splitlines()[0] for text in digests]

    assert len(providers.wecom.texts) <= 17 and all("网关G" in head or "全镇" in head for head in heads)
    assert all("地点：网关G" in text for text in digests if "全镇" in text.splitlines()[0])
    short = [text for _, text in providers.aliyun.texts if "汇总" in text]
    assert len(short) == 1 and "49" in short[0] and "条警报" in short[0]


def test_after_a_storm_every_notification_says_how_it_was_told(storm: Storm) -> None:
    told = storm.notes
    assert len(told) == 501 * 6 and {note.state for note in told} <= {DeliveryState.DELIVERED, DeliveryState.ACCEPTED}
    assert all(note.attempts == 1 and not note.possibly_doubled for note in told)
    assert all(note.digest is None or str(note.answer).startswith(f"in {note.digest}: ") for note in told)


def test_strict_providers_notice_what_is_too_fast() -> None:
    robot = Credential(((2, MINUTE),), silence=10 * MINUTE)

    assert [robot.takes(START + at, "") for at in (0, 1, MINUTE - 1, MINUTE, 10 * MINUTE)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert len(robot.broken) == 3
