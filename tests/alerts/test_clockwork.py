"""What moments do to alerts: shelf times, deadlines, verification; windows of maintenance and drills."""

import asyncio
from collections.abc import Sequence

import pytest

from alerts.book import Book, open_book
from alerts.clockwork import Clockwork
from alerts.contact import Person
from alerts.deadlines import Deadlines, Times
from alerts.hours import Hours
from alerts.people import People
from alerts.plan import Route
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definitions, hook, normal, people
from town.alert import Alert, AlertState, Category, Severity, Verification
from town.moment import DAY, HOUR, MINUTE, SECOND, Moment
from town.ports import ActionRefused, AlertFilter
from town.window import Window, WindowKind

pytestmark = EITHER
NIGHT: Moment = START - START % DAY + 15 * HOUR
"""23:00 in the town."""
MAINTENANCE, DRILL = WindowKind.MAINTENANCE, WindowKind.DRILL


async def one(book: Book) -> Alert:
    [alert] = await book.alerts(AlertFilter())
    return alert


async def timeline(book: Book, after: int = 2) -> Sequence[tuple[str, str]]:
    detail = await book.detail((await one(book)).id)
    assert detail is not None
    return [(entry.event, entry.by) for entry in detail.timeline[after:]]


async def told(book: Book) -> list[str]:
    detail = await book.detail((await one(book)).id)
    assert detail is not None
    return [note.event for note in detail.notifications if note.state != "suppressed"]


async def at(book: Book, clock: Clock, moment: Moment) -> list[str]:
    clock.now = moment
    return await Clockwork(book).run_due(moment)


async def window(book: Book, kind: WindowKind, start: Moment, end: Moment, scope: str = "cellar-2") -> Window:
    scope_kind = "zone" if scope == "cellars" else "facility"
    return await book.windows.make_window(
        kind, scope_kind, scope, starts_at=start, ends_at=end, why="yearly check", by="wang"
    )  # fmt: skip


async def test_missed_deadlines_stand_on_the_timeline_and_are_told_once(book: Book, clock: Clock) -> None:
    await book.take([active(at=START)], definitions(), START)
    alert = await one(book)
    assert alert.acknowledge_due_at == alert.verify_due_at == START + 180 * SECOND

    assert await at(book, clock, START + 180 * SECOND - 1) == []
    assert await at(book, clock, START + 180 * SECOND) == [alert.id]
    assert await at(book, clock, START + 4 * HOUR) == [alert.id]
    assert await at(book, clock, START + DAY) == []

    late = [("acknowledge_overdue", "clock"), ("verify_overdue", "clock"), ("resolve_overdue", "clock")]
    assert await timeline(book) == late
    assert await told(book) == ["raised", "overdue", "overdue"]
    assert (await one(book)).overdue == ("acknowledge", "resolve", "verify")


async def test_acknowledged_in_time_is_not_late_and_worse_begins_anew(book: Book, clock: Clock) -> None:
    await book.take([active(at=START, severity=Severity.MINOR)], definitions(), START)
    await book.acknowledge((await one(book)).id, by="li.wei", at=START + MINUTE)
    assert (await one(book)).acknowledge_due_at is None

    await book.take([active(severity=Severity.CRITICAL)], definitions(), START + HOUR)

    alert = await one(book)
    assert (alert.acknowledge_due_at, alert.resolve_due_at) == (START + HOUR + 180 * SECOND, START + 4 * HOUR)


async def test_several_deadlines_at_once_and_a_person_who_sleeps_stand_in_order(book: Book, clock: Clock) -> None:
    night = Hours.model_validate({"from": "21:00", "to": "07:00"})
    ann = Person(id="ann", name="Ann", channels={"email": "a@x.example"}, quiet=night)
    told_to = People(people={"ann": ann}, routes=(Route(to=("ann",), wait=MINUTE),))
    looks = Deadlines(verify={Category.ENVIRONMENT: MINUTE})
    book.reload(TOWN, told_to.model_copy(update={"deadlines": looks}))
    known = definitions()["fire.smoke.high"].model_copy(update={"category": Category.ENVIRONMENT})
    clock.now = NIGHT
    await book.take([active(at=NIGHT, severity=Severity.MINOR)], {"fire.smoke.high": known}, NIGHT)

    await at(book, clock, NIGHT + 4 * DAY)

    assert [event for event, _ in await timeline(book)] == [
        "acknowledge_overdue", "held", "resolve_overdue", "verify_overdue",
    ]  # fmt: skip


async def test_deadlines_of_the_town_count_when_the_rule_names_none(book: Book) -> None:
    slow = Deadlines(critical=Times(acknowledge=HOUR, resolve=DAY), verify={})
    book.reload(TOWN, book.people.model_copy(update={"deadlines": slow}))
    bare = {"fire.smoke.high": definitions()["fire.smoke.high"].model_copy(update={"response": None})}

    [alert] = await book.take([active()], bare, START)

    assert (alert.acknowledge_due_at, alert.resolve_due_at) == (START + HOUR, START + DAY)
    assert (alert.verification, alert.verify_due_at) == (None, None)


async def test_shelf_time_that_is_over_tells_again_whoever_had_it(book: Book, clock: Clock) -> None:
    await book.take([active()], definitions(), START)
    name = (await one(book)).id
    await book.acknowledge(name, by="li.wei", at=START)
    await book.shelve(name, by="wang", at=START, until=START + HOUR, reason="welding", as_administrator=True)

    assert await at(book, clock, START + HOUR - 1) == []
    assert await at(book, clock, START + HOUR) == [name]

    alert = await one(book)
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACTIVE, None)
    assert (await timeline(book))[-1] == ("unshelved", "clock")
    assert await told(book) == ["raised", "back"]


async def test_what_came_due_while_nothing_ran_is_done_once_by_one_of_two(
    book: Book, book_url: str, clock: Clock
) -> None:
    await book.take([active(at=START)], definitions(), START)
    clock.now = START + DAY

    async with open_book(book_url, TOWN, clock=clock, people=people(hook("fire-room"))) as other:
        await asyncio.gather(*(Clockwork(each).run_due(START + DAY) for each in (book, other)))

    assert len(await timeline(book)) == 3


async def test_maintenance_silences_what_is_open_and_what_opens(book: Book, clock: Clock) -> None:
    await book.take([active(subject="CE2-S02")], definitions(), START)
    await window(book, MAINTENANCE, START + HOUR, START + 2 * HOUR, scope="cellars")
    await at(book, clock, START + HOUR)
    await book.take([active(subject="CE2-S01")], definitions(), START + HOUR + 1)

    second, first = sorted(await book.alerts(AlertFilter()), key=lambda alert: -int(alert.id[-4:]))
    assert (first.state, first.suppressed_by, first.window) == (AlertState.SUPPRESSED, "maintenance", "W-1")
    assert (second.state, second.suppressed_by, second.acknowledge_due_at) == ("suppressed", "maintenance", None)
    detail = await book.detail(second.id)
    assert detail is not None and list(detail.notifications) == []


async def test_maintenance_that_ends_tells_what_still_holds(book: Book, clock: Clock) -> None:
    made = await window(book, MAINTENANCE, START, START + HOUR)
    await at(book, clock, START)
    await book.take([active()], definitions(latch=True), START + 1)

    clock.now = START + 5 * MINUTE
    ended = await book.windows.end_window(made.id, by="wang")
    await at(book, clock, START + 5 * MINUTE)

    assert (ended.ends_at, ended.ended_by) == (START + 5 * MINUTE, "wang")
    assert ((await one(book)).state, await told(book)) == (AlertState.ACTIVE, ["raised"])


async def test_what_only_was_there_during_maintenance_closes_by_itself(book: Book) -> None:
    await window(book, MAINTENANCE, START, START + HOUR)
    await book.take([active(), normal()], definitions(latch=True), START + 1)

    assert ((await one(book)).state, await told(book)) == (AlertState.CLOSED, [])


async def test_drill_is_told_and_marked_and_ends_with_its_window(book: Book, clock: Clock) -> None:
    await window(book, DRILL, START, START + HOUR)
    await book.take([active(), normal()], definitions(latch=True), START + 1)

    alert = await one(book)
    assert (alert.state, alert.drill, await told(book)) == (AlertState.LATCHED, True, ["raised", "cleared"])
    await at(book, clock, START + HOUR)
    assert ((await one(book)).closed_because, (await one(book)).drill) == ("drill_over", True)
    assert (await told(book))[-1] == "closed"


async def test_drill_that_ends_leaves_what_still_holds_real_and_told_again(book: Book, clock: Clock) -> None:
    await window(book, DRILL, START, START + HOUR)
    await book.take([active()], definitions(), START + 1)
    drilled = await one(book)
    assert (drilled.state, drilled.suppressed_by) == (AlertState.SUPPRESSED, "drill")
    clock.now = START + MINUTE
    await book.verify(drilled.id, by="li.wei", at=clock.now, verdict=Verification.DRILL)

    await at(book, clock, START + HOUR)

    alert = await one(book)
    assert (alert.state, alert.drill, alert.acknowledged_by) == (AlertState.ACTIVE, False, None)
    assert alert.verification is Verification.UNVERIFIED
    assert await told(book) == ["raised", "raised"]


async def test_drill_leaves_alone_what_was_real_before(book: Book, clock: Clock) -> None:
    await book.take([active(), normal()], definitions(latch=True), START)
    await window(book, DRILL, START + 1, START + HOUR)
    await at(book, clock, START + 1)
    await book.take([active()], definitions(), START + MINUTE)

    assert ((await one(book)).state, (await one(book)).drill) == (AlertState.ACTIVE, False)


async def test_windows_are_listed_in_order_and_those_that_are_over_when_asked_for(book: Book, clock: Clock) -> None:
    later = await window(book, DRILL, START + DAY, START + DAY + HOUR)
    soon = await window(book, MAINTENANCE, START, START + HOUR, scope="cellars")

    assert [each.id for each in await book.windows.windows()] == [soon.id, later.id]
    clock.now = START + 2 * HOUR
    assert [each.id for each in await book.windows.windows()] == [later.id]
    assert [each.id for each in await book.windows.windows(past=True)] == [soon.id, later.id]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"scope": "atlantis"}, "unknown_place"), ({"why": " "}, "no_reason"), ({"why": "x" * 501}, "too_long"),
        ({"ends_at": START}, "too_short"), ({"ends_at": START + 2 * DAY}, "too_far"),
        ({"starts_at": START - 2 * HOUR, "ends_at": START - HOUR}, "in_the_past"),
        ({"starts_at": START + 400 * DAY, "ends_at": START + 400 * DAY + HOUR}, "too_far"),
    ],
)  # fmt: skip
async def test_window_that_cannot_be_is_refused(book: Book, wrong: dict[str, object], reason: str) -> None:
    given = {"scope": "cellar-2", "starts_at": START, "ends_at": START + HOUR, "why": "check", "by": "wang", **wrong}

    with pytest.raises(ActionRefused) as refused:
        await book.windows.make_window(DRILL, "facility", given.pop("scope"), **given)  # type: ignore[arg-type]  # data
    assert refused.value.reason == reason


async def test_window_is_ended_once_and_only_if_it_is_there(book: Book) -> None:
    made = await window(book, DRILL, START, START + HOUR)
    await book.windows.end_window(made.id, by="wang")

    for name, reason in ((made.id, "over"), ("W-99", "unknown_window"), ("x" * 50, "unknown_window")):
        with pytest.raises(ActionRefused) as refused:
            await book.windows.end_window(name, by="wang")
        assert refused.value.reason == reason
