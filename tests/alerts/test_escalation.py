"""Who is called later: waits, escalation, reminders and quiet hours, as timetables on a clock that the test moves."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from alerts.accounts import Accounts, AliyunVoice, Twilio
from alerts.book import Book, open_book
from alerts.clockwork import Clockwork
from alerts.contact import Person
from alerts.escalation import Caller
from alerts.hours import Hours
from alerts.people import People
from alerts.plan import Escalation, Route
from alerts.rota import Rota, Shift
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definition, normal
from town.alert import AlertDefinition, Category, Cause, Condition, Severity
from town.moment import HOUR, MINUTE, SECOND, Moment

CHANNELS = {"email": "a@x.example", "sms": "+8613800000001", "voice": "+8613800000001"}
SMS = Twilio(provider="twilio", account_sid="AC" + "0" * 32, secret="T", number="+15550000000")
VOICE = AliyunVoice(access_key_id="LTAI0001", secret="V", templates={"zh": "TTS_1"})
NIGHT = Hours.model_validate({"from": "20:00", "to": "07:00"})
"""START is at 22:13:20 in the town."""
SEVEN = START + 8 * HOUR + 46 * MINUTE + 40 * SECOND


def person(name: str, **more: Any) -> Person:
    return Person(id=name, name=name, channels=CHANNELS, **more)


def shift(start: str, end: str, who: str) -> Shift:
    return Shift.model_validate({"from": start, "to": end, "people": who})


def escalation(*steps: tuple[str, Any], about: Mapping[str, Any] | None = None, **more: Any) -> Escalation:
    written = [{"after": after, **(to if isinstance(to, dict) else {"to": to})} for after, to in steps]
    return Escalation.model_validate({"for": about or {}, "steps": written, **more})


STEPS = escalation(("2m", "deputy"), ("5m", {"to": "chief", "channels": ["sms", "voice"]}))


def people(*routes: Route, escalations: tuple[Escalation, ...] = (), **persons: Person) -> People:
    known = {name: person(name) for name in ("ann", "bob", "deputy", "chief")} | persons
    rota = Rota(id="duty", shifts=(shift("08:00", "22:15", "ann"), shift("22:15", "08:00", "bob")))
    accounts = Accounts(sms=SMS, voice=VOICE)
    return People(accounts=accounts, people=known, rotas={"duty": rota}, routes=routes, escalations=escalations)


class Timetable:
    """Plays on a book: `told` is what was told so far, as `minute:second event target/channel`."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self.book, self.clock = book, clock
        self.alert = ""

    async def at(self, minutes: float) -> None:
        """Move on, one due moment after the other."""
        caller = Caller(self.book)
        end = START + round(minutes * MINUTE)
        while self.clock.now < end:
            self.clock.now = min(end, self.clock.now + 30 * SECOND)
            await caller.run_due()

    async def raised(self, **given: Any) -> None:
        category, severity = given.pop("category", Category.FIRE), given.get("severity", Severity.CRITICAL)
        wanted = definition().model_copy(update={"category": category, "severity": severity})
        [alert] = await self._take(active(at=self.clock.now, **given), wanted)
        self.alert = alert

    async def cleared(self) -> None:
        await self._take(normal(at=self.clock.now, previous=Condition.ACTIVE), definition())

    async def _take(self, transition: Any, wanted: AlertDefinition) -> list[str]:
        return [one.id for one in await self.book.take([transition], {wanted.rule: wanted}, self.clock.now)]

    async def told(self) -> list[str]:
        detail = await self.book.detail(self.alert)
        assert detail is not None
        notes = sorted(detail.notifications, key=lambda one: one.created_at)
        return [f"{_minutes(one.created_at)} {one.event} {one.target}/{one.channel}" for one in notes]

    async def happened(self, *events: str) -> list[str]:
        detail = await self.book.detail(self.alert)
        assert detail is not None
        return [f"{_minutes(one.at)} {one.event}" for one in detail.timeline if one.event in events]


def _minutes(at: Moment) -> str:
    minutes, left = divmod(at - START, MINUTE)
    return f"{minutes}:{left // SECOND:02}"


@pytest.fixture
async def play(book_url: str, clock: Clock) -> AsyncIterator[Timetable]:
    """A timetable on a book of its own; the test says who is told."""
    async with open_book(book_url, TOWN, clock=clock, people=People()) as book:
        yield Timetable(book, clock)


@EITHER
async def test_escalation_calls_one_after_the_other_until_somebody_has_it(play: Timetable) -> None:
    play.book.reload(TOWN, people(Route(to=("ann",)), escalations=(STEPS,)))
    await play.raised()
    await play.at(1.5)
    assert await play.told() == ["0:00 raised ann/email"]
    await play.at(10)

    assert await play.told() == [
        "0:00 raised ann/email", "2:00 escalated deputy/email",
        "5:00 escalated chief/sms", "5:00 escalated chief/voice",
    ]  # fmt: skip
    assert await play.happened("escalated") == ["2:00 escalated", "5:00 escalated"]


@pytest.mark.parametrize("ended_by", ["acknowledged", "cleared", "reset", "deleted", "suppressed"])
async def test_escalation_ends_when_nobody_is_needed_any_more(play: Timetable, ended_by: str) -> None:
    play.book.reload(TOWN, people(escalations=(STEPS,)))
    await play.raised()
    await play.at(3)
    match ended_by:
        case "acknowledged":
            await play.book.acknowledge(play.alert, by="ann", at=play.clock.now)
        case "cleared" | "reset":
            await play.cleared()
        case "deleted":
            await play._take(normal(at=play.clock.now, cause=Cause.RULE_DELETED), definition())
        case "suppressed":
            await play._take(active(at=play.clock.now, cause=Cause.SUPPRESSION, suppressed_by="x"), definition())
    await play.at(20)

    assert [one for one in await play.told() if "escalated" in one] == ["2:00 escalated deputy/email"]


async def test_escalation_of_a_latched_alert_goes_on_until_somebody_has_looked(play: Timetable) -> None:
    play.book.reload(TOWN, people(escalations=(STEPS,)))
    wanted = definition(latch=True)
    [play.alert] = await play._take(active(at=START), wanted)
    await play.cleared()
    await play.at(3)
    await play.book.reset(play.alert, by="ann", at=play.clock.now)
    await play.at(20)

    assert [one for one in await play.told() if "escalated" in one] == ["2:00 escalated deputy/email"]


async def test_escalation_until_closed_goes_on_after_somebody_has_it(play: Timetable) -> None:
    steps = escalation(("2m", "deputy"), ("5m", "chief"), until="closed")
    play.book.reload(TOWN, people(escalations=(steps,)))
    await play.raised()
    await play.book.acknowledge(play.alert, by="ann", at=START)
    await play.at(3)
    await play.cleared()
    await play.at(9)

    assert await play.told() == ["2:00 escalated deputy/email", "3:00 resolved deputy/email"]


async def test_new_episode_begins_the_escalation_anew(play: Timetable) -> None:
    play.book.reload(TOWN, people(escalations=(STEPS,)))
    await play.raised()
    await play.at(3)
    await play.cleared()
    await play.at(10)
    await play.raised(previous=Condition.NORMAL)
    await play.at(13)

    assert await play.happened("escalated") == ["2:00 escalated", "12:00 escalated"]


async def test_worse_begins_only_what_is_not_under_way(play: Timetable) -> None:
    critical = escalation(("1m", "chief"), about={"severity": "critical"})
    play.book.reload(TOWN, people(escalations=(STEPS, critical)))
    await play.raised(severity=Severity.MAJOR)
    await play.at(1)
    await play.raised(severity=Severity.CRITICAL, previous=Condition.ACTIVE)
    await play.at(4)

    assert await play.told() == ["2:00 escalated deputy/email", "2:00 escalated chief/email"]


async def test_chatter_postpones_nobody(play: Timetable) -> None:
    play.book.reload(TOWN, people(escalations=(STEPS,)))
    await play.raised()
    await play.at(1)
    await play.raised(chattering=True, previous=Condition.ACTIVE)
    await play.at(10)

    assert await play.happened("escalated") == ["2:00 escalated", "5:00 escalated"]


@EITHER
async def test_what_came_due_while_the_brain_was_down_is_told_at_its_start(book_url: str, clock: Clock) -> None:
    known = people(escalations=(STEPS,))
    async with open_book(book_url, TOWN, clock=clock, people=known) as book:
        play = Timetable(book, clock)
        await play.raised()
    clock.now += HOUR
    async with open_book(book_url, TOWN, clock=clock, people=known) as book:
        restarted = Timetable(book, clock)
        restarted.alert = play.alert
        await Caller(book).run_due()
        assert await Caller(book).run_due() == [], "nothing is told twice"
        told = await restarted.told()

    assert told == [
        "60:00 escalated deputy/email", "60:00 escalated chief/sms", "60:00 escalated chief/voice",
    ]  # fmt: skip


async def test_missed_deadline_calls_the_next_at_once_and_whoever_still_waited(play: Timetable) -> None:
    routes = Route(to=("ann",)), Route(to=("bob",), wait=20 * MINUTE)
    play.book.reload(TOWN, people(*routes, escalations=(escalation(("10m", "deputy"), ("15m", "chief")),)))
    await play.raised()
    await play.at(3)
    await Clockwork(play.book).run_due(play.clock.now)  # the rule asks for somebody within three minutes
    await play.at(25)

    assert await play.told() == [
        "0:00 raised ann/email", "3:00 overdue ann/email", "3:00 overdue bob/email", "3:30 escalated deputy/email",
        "15:00 escalated chief/email",
    ]  # fmt: skip


async def test_shelved_alert_calls_nobody_and_one_that_is_back_calls_anew(play: Timetable) -> None:
    play.book.reload(TOWN, people(escalations=(STEPS,)))
    await play.raised(category=Category.SECURITY)
    await play.book.shelve(play.alert, by="ann", at=START, until=START + 10 * MINUTE, reason="looked at")
    await play.at(10)
    await Clockwork(play.book).run_due(play.clock.now)
    await play.at(13)

    assert await play.told() == ["12:00 escalated deputy/email"]


async def test_step_that_reaches_nobody_gives_way_to_the_next_at_once(play: Timetable) -> None:
    nobody = Rota(id="nobody", shifts=(shift("01:00", "02:00", "ann"),))
    known = people(escalations=(escalation(("2m", "nobody"), ("30m", "chief")),))
    play.book.reload(TOWN, known.model_copy(update={"rotas": {"nobody": nobody}}))
    await play.raised()
    await play.at(4)

    assert await play.told() == ["2:00 escalated chief/email"]
    assert await play.happened("escalated") == ["2:00 escalated", "2:00 escalated"]


async def test_route_that_waits_tells_those_who_were_not_told_unless_somebody_has_it(play: Timetable) -> None:
    routes = Route(to=("ann",)), Route(to=("ann", "chief"), wait=MINUTE), Route(to=("bob",), wait=3 * MINUTE)
    play.book.reload(TOWN, people(*routes))
    await play.raised()
    await play.at(2)
    await play.book.acknowledge(play.alert, by="chief", at=play.clock.now)
    await play.at(9)

    assert await play.told() == ["0:00 raised ann/email", "1:00 raised chief/email"]


async def test_reminders_come_until_somebody_has_it(play: Timetable) -> None:
    play.book.reload(TOWN, people(Route(to=("ann",), repeat=3 * MINUTE)))
    await play.raised()
    await play.at(7)
    await play.book.acknowledge(play.alert, by="ann", at=play.clock.now)
    await play.at(30)

    assert await play.told() == ["0:00 raised ann/email", "3:00 reminder ann/email", "6:00 reminder ann/email"]
    assert await play.happened("reminded") == ["3:00 reminded", "6:00 reminded"]


async def test_rota_is_whoever_is_on_duty_when_they_are_told(play: Timetable) -> None:
    play.book.reload(TOWN, people(Route(to=("duty",), repeat=MINUTE)))
    await play.raised()
    await play.at(2.5)  # the watch changes at 22:15, which is at 1:40

    assert await play.told() == ["0:00 raised ann/email", "1:00 reminder ann/email", "2:00 reminder bob/email"]


async def test_quiet_hours_hold_back_what_is_told_at_their_end_if_it_is_open(play: Timetable) -> None:
    play.book.reload(TOWN, people(Route(to=("ann", "bob")), ann=person("ann", quiet=NIGHT)))
    await play.raised(category=Category.SECURITY, severity=Severity.MAJOR)
    assert (await play.told(), await play.happened("held")) == (["0:00 raised bob/email"], ["0:00 held"])
    play.clock.now = SEVEN
    await Caller(play.book).run_due()

    assert await play.told() == ["0:00 raised bob/email", "526:40 still_open ann/email"]


async def test_quiet_hours_tell_nothing_of_what_was_over_before_their_end(play: Timetable) -> None:
    play.book.reload(TOWN, people(Route(to=("ann",)), ann=person("ann", quiet=NIGHT)))
    await play.raised(category=Category.SECURITY, severity=Severity.MAJOR)
    await play.book.acknowledge(play.alert, by="bob", at=START)
    await play.cleared()
    play.clock.now = SEVEN
    await Caller(play.book).run_due()

    assert await play.told() == []


@pytest.mark.parametrize(
    ("category", "severity"), [(Category.FIRE, Severity.ADVISORY), (Category.SECURITY, Severity.CRITICAL)]
)
async def test_quiet_hours_never_hold_back_fire_or_what_is_critical(
    play: Timetable, category: Category, severity: Severity
) -> None:
    play.book.reload(TOWN, people(Route(to=("ann",)), ann=person("ann", quiet=NIGHT)))
    await play.raised(category=category, severity=severity)

    assert await play.told() == ["0:00 raised ann/email"]


async def test_what_gets_critical_is_told_in_quiet_hours_too(play: Timetable) -> None:
    play.book.reload(TOWN, people(Route(to=("ann",)), ann=person("ann", quiet=NIGHT)))
    await play.raised(category=Category.SECURITY, severity=Severity.MAJOR)
    await play.at(1)
    await play.raised(category=Category.SECURITY, severity=Severity.CRITICAL, previous=Condition.ACTIVE)
    play.clock.now = SEVEN
    await Caller(play.book).run_due()

    assert await play.told() == ["1:00 severity_raised ann/email"]
