"""The alert book: one open alert, nothing twice, nothing half."""

import asyncio
import itertools
from collections import Counter

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from alerts.book import Book, open_book
from tests.alerts.small_town import (
    EITHER,
    START,
    TOWN,
    Clock,
    active,
    definition,
    definitions,
    normal,
    people,
    transition,
)
from town.alert import AlertState, Cause, Condition, DeliveryState, Severity, Subject, Transition
from town.moment import MINUTE
from town.ports import ActionRefused, AlertFilter

pytestmark = EITHER
S01 = Subject("sensor", "CE2-S01")


async def test_take_raised_opens_one_alert_with_timeline_and_notification(book: Book) -> None:
    opened = active(at=START)
    [alert] = await book.take([opened], definitions(), START + 200)

    assert (alert.id, alert.state, alert.facility, alert.zone) == (
        "A-20260921-0001", AlertState.ACTIVE, "cellar-2", "cellars",
    )  # fmt: skip
    detail = await book.detail(alert.id)
    assert detail is not None and detail.alert == alert
    assert [(one.number, one.event, one.at) for one in detail.timeline] == [
        (1, "opened", opened.since), (2, "raised", START),
    ]  # fmt: skip
    [note] = detail.notifications
    assert note.id == "A-20260921-0001:1:2:webhook:fire-room"
    assert (note.state, note.event, note.created_at) == (DeliveryState.QUEUED, "raised", START + 200)


async def test_take_the_same_transition_twice_changes_nothing(book: Book) -> None:
    raised, cleared = active(), normal()
    await book.take([raised, raised], definitions(), START)
    await book.take([cleared], definitions(), START)
    assert await book.take([raised, cleared], definitions(), START + 1) == []

    [alert] = await book.alerts(AlertFilter())
    assert (alert.state, alert.activations) == (AlertState.RETURNED, 1)


async def test_take_200_at_once_leave_one_open_alert(book: Book) -> None:
    raised = [active() for _ in range(200)]
    await asyncio.gather(*(book.take([one], definitions(), START) for one in raised))

    assert [(one.state, one.activations) for one in await book.alerts(AlertFilter())] == [(AlertState.ACTIVE, 1)]


async def test_take_from_two_processes_at_once_leaves_one_open_alert(book: Book, book_url: str, clock: Clock) -> None:
    async with open_book(book_url, TOWN, clock=clock, people=people()) as other:
        books = [book, other] * 20
        await asyncio.gather(*(one.take([active()], definitions(), START) for one in books))

    assert len(await book.alerts(AlertFilter())) == 1


async def test_ten_thousand_racing_pairs_leave_one_open_alert_each(book_url: str, clock: Clock) -> None:
    rules, subjects = [f"rule.{number}" for number in range(500)], [f"sensor-{number}" for number in range(20)]
    known = {rule: definition(rule=rule) for rule in rules}

    def raised(subject: str) -> list[Transition]:
        return [msgspec.structs.replace(active(subject=subject), rule=rule) for rule in rules]

    async with (
        open_book(book_url, TOWN, clock=clock, people=people(), busy=MINUTE) as one,
        open_book(book_url, TOWN, clock=clock, people=people(), busy=MINUTE) as other,
    ):
        await asyncio.gather(*(book.take(raised(each), known, START) for each in subjects for book in (one, other)))
        found = await one.database.read(
            lambda link: link.execute(text("SELECT rule, subject FROM alert WHERE closed IS NULL")).all()
        )

    assert Counter((row[0], row[1]) for row in found) == Counter(itertools.product(rules, subjects))


async def test_book_refuses_a_second_open_alert_of_a_rule_and_subject(book: Book) -> None:
    await book.take([active()], definitions(), START)
    columns = "rule, subject_kind, subject, category, definition, severity, latches, condition, acknowledged, latched"
    more = "activations, state, reason, opened_at, raised_at, changed_at, decided_at, entries"
    copy = text(f"INSERT INTO alert (id, {columns}, {more}) SELECT 'A-other', {columns}, {more} FROM alert")

    with pytest.raises(IntegrityError):
        await book.database.write(lambda link: link.execute(copy))


@pytest.mark.parametrize("change", ["UPDATE timeline SET event = 'none'", "DELETE FROM timeline", "{emptied}"])
async def test_timeline_is_append_only(book: Book, book_url: str, change: str) -> None:
    replaced = "INSERT OR REPLACE INTO timeline SELECT alert, number, at, 'none', by, detail FROM timeline"
    change = change.format(emptied="TRUNCATE timeline" if book_url.startswith("postgresql") else replaced)
    [alert] = await book.take([active()], definitions(), START)

    with pytest.raises(DBAPIError, match="append-only"):
        await book.database.write(lambda link: link.execute(text(change)))
    detail = await book.detail(alert.id)
    assert detail is not None and len(detail.timeline) == 2


async def test_pending_is_shown_only_when_asked_for(book: Book) -> None:
    await book.take([transition(Condition.PENDING)], definitions(), START)
    assert await book.alerts(AlertFilter()) == []
    [waiting] = await book.alerts(AlertFilter(states=frozenset({AlertState.PENDING})))
    assert (waiting.state, await book.state("fire.smoke.high", S01)) == (AlertState.PENDING, AlertState.PENDING)

    await book.take([normal(previous=Condition.PENDING)], definitions(), START)
    assert await book.state("fire.smoke.high", S01) is AlertState.NORMAL


async def test_rule_deleted_closes_with_that_reason_and_says_so(book: Book) -> None:
    [alert] = await book.take([active()], definitions(latch=True), START)
    [closed] = await book.take([normal(cause=Cause.RULE_DELETED)], {}, START)

    assert (closed.id, closed.state, closed.closed_because) == (alert.id, AlertState.CLOSED, "rule_deleted")
    detail = await book.detail(alert.id)
    assert detail is not None and [note.event for note in detail.notifications] == ["raised", "closed"]


async def test_raised_again_after_closing_is_another_alert_in_one_batch(book: Book) -> None:
    [first] = await book.take([active()], definitions(), START)
    changed = await book.take([normal(cause=Cause.RULE_DELETED), active()], definitions(), START)

    assert [one.id for one in changed] == [first.id, "A-20260921-0002"]
    assert [one.state for one in changed] == [AlertState.CLOSED, AlertState.ACTIVE]


async def test_acknowledge_by_two_tells_the_second_who_has_it(book: Book) -> None:
    [alert] = await book.take([active()], definitions(), START)
    await book.acknowledge(alert.id, by="li.wei", at=START + 1_000)

    with pytest.raises(ActionRefused, match=r"li\.wei has A-20260921-0001 since") as refused:
        await book.acknowledge(alert.id, by="chen.jie", at=START + 2_000)
    assert refused.value.reason == "already_acknowledged"


async def test_latched_alert_is_reset_only_when_its_condition_is_gone(book: Book) -> None:
    [alert] = await book.take([active()], definitions(latch=True), START)
    with pytest.raises(ActionRefused) as refused:
        await book.reset(alert.id, by="li.wei", at=START)
    assert refused.value.reason == "still_active"

    [latched] = await book.take([normal()], definitions(latch=True), START)
    assert latched.state is AlertState.LATCHED
    closed = await book.reset(alert.id, by="li.wei", at=START + 9, comment="checked")
    assert (closed.state, closed.closed_by, closed.closed_because) == (AlertState.CLOSED, "li.wei", "reset")


async def test_actions_on_what_is_not_there_or_over_are_refused(book: Book) -> None:
    with pytest.raises(ActionRefused) as refused:
        await book.acknowledge("A-1", by="li.wei", at=START)
    assert refused.value.reason == "unknown_alert"
    [alert] = await book.take([active()], definitions(), START)
    await book.take([normal(cause=Cause.SUBJECT_DELETED)], definitions(), START)
    with pytest.raises(ActionRefused) as refused:
        await book.acknowledge(alert.id, by="li.wei", at=START)
    assert refused.value.reason == "closed"


async def test_comment_stands_on_the_timeline_of_a_closed_alert_too(book: Book) -> None:
    [alert] = await book.take([active(), normal(cause=Cause.RULE_DELETED)], definitions(), START)
    await book.comment(alert.id, by="li.wei", at=START + 5, text=" steam from the kitchen ")

    detail = await book.detail(alert.id)
    assert detail is not None
    assert detail.timeline[-1].detail == {"text": "steam from the kitchen"}
    with pytest.raises(ActionRefused):
        await book.comment(alert.id, by="li.wei", at=START, text="x" * 2_001)


async def test_alerts_come_open_first_then_worst_then_newest(book: Book) -> None:
    await book.take(
        [active(subject="over", at=START), normal(subject="over", cause=Cause.RULE_DELETED)], definitions(), 0
    )
    for subject, severity in (("old", Severity.MINOR), ("new", Severity.MINOR), ("bad", Severity.CRITICAL)):
        await book.take([active(subject=subject, severity=severity)], definitions(), START)

    assert [one.subject for one in await book.alerts(AlertFilter())] == ["bad", "new", "old", "over"]
    assert [one.subject for one in await book.alerts(AlertFilter(limit=1))] == ["bad"]
    assert await book.counts() == {("fire", "critical", "active"): 1, ("fire", "minor", "active"): 2}


async def test_listeners_hear_of_a_change_once_it_is_in_the_book(book: Book) -> None:
    heard: list[frozenset[str]] = []
    end = book.listen(heard.append)
    [alert] = await book.take([active()], definitions(), START)
    end()
    await book.acknowledge(alert.id, by="li.wei", at=START)

    assert heard == [frozenset({alert.id})]


async def test_failing_batch_leaves_nothing_behind(book: Book) -> None:
    with pytest.raises(KeyError):
        await book.take([active(subject="a"), active(subject="b")], {}, START)

    assert await book.alerts(AlertFilter()) == []
    assert len(await book.take([active(subject="a")], definitions(), START)) == 1


async def test_book_reopened_has_everything(book_url: str, clock: Clock) -> None:
    async with open_book(book_url, TOWN, clock=clock, people=people()) as book:
        [before] = await book.take([active()], definitions(), START)
    async with open_book(book_url, TOWN, clock=clock, people=people()) as book:
        assert await book.alerts(AlertFilter()) == [before]
