"""Alerts of which nobody is told, for now or at all, and alerts that come and go."""

import msgspec

from alerts.book import Book
from tests.alerts.small_town import EITHER, START, active, definitions, normal
from town.alert import AlertState, Cause, Condition, Transition
from town.moment import SECOND
from town.ports import AlertFilter

pytestmark = EITHER
ACTIVE = Condition.ACTIVE


async def told(book: Book, *transitions: Transition, latch: bool = False) -> tuple[AlertState, list[str]]:
    """What state that comes to, and what people were told, withdrawn messages left out."""
    for one in transitions:
        await book.take([one], definitions(latch=latch), one.at)
    [alert] = await book.alerts(AlertFilter())
    detail = await book.detail(alert.id)
    assert detail is not None
    return alert.state, [one.event for one in detail.notifications if one.state != "suppressed"]


def on(seconds: int, by: str | None = None, *, chattering: bool = False, **given: object) -> Transition:
    found = active(at=START + seconds * SECOND, **given)
    return msgspec.structs.replace(found, suppressed_by=by, chattering=chattering)


def off(seconds: int, *, chattering: bool = False, cause: Cause = Cause.CONDITION) -> Transition:
    return msgspec.structs.replace(normal(at=START + seconds * SECOND, cause=cause), chattering=chattering)


def again(seconds: int, by: str | None) -> Transition:
    return on(seconds, by, previous=ACTIVE, cause=Cause.SUPPRESSION)


async def test_suppressed_from_the_beginning_is_recorded_and_closes_by_itself(book: Book) -> None:
    state, events = await told(book, on(0, "shadow"), off(9), latch=True)

    assert (state, events) == (AlertState.CLOSED, [])


async def test_suppression_that_ends_wants_somebody_after_all(book: Book) -> None:
    state, events = await told(book, on(0, "fire"), again(9, None))

    assert (state, events) == (AlertState.ACTIVE, ["raised"])


async def test_suppressed_later_tells_no_more_until_it_is_gone(book: Book) -> None:
    raised = on(0)
    assert await told(book, raised, again(5, "fire")) == (AlertState.SUPPRESSED, ["raised"])

    assert await told(book, off(9)) == (AlertState.RETURNED, ["raised", "cleared"])


async def test_suppressed_at_once_by_what_came_with_it_is_not_told(book: Book) -> None:
    await book.take([on(0), again(0, "fire")], definitions(), START)

    assert await told(book) == (AlertState.SUPPRESSED, [])


async def test_chatter_is_told_once_and_then_where_it_ends(book: Book) -> None:
    flips = [on(20, chattering=True), off(25, chattering=True), on(30, chattering=True)]
    state, events = await told(book, on(0), off(5), *flips)
    assert (state, events[2:]) == (AlertState.ACTIVE, ["chattering"])

    state, events = await told(book, off(35, chattering=True), off(90, cause=Cause.CALM))
    assert (state, events[2:]) == (AlertState.RETURNED, ["chattering", "cleared"])
    [alert] = await book.alerts(AlertFilter())
    assert alert.activations == 3 and not alert.chattering


async def test_chatter_that_stays_is_told_to_those_who_heard(book: Book) -> None:
    calm = on(80, previous=ACTIVE, cause=Cause.CALM)

    state, events = await told(book, on(20, chattering=True), calm)

    assert (state, events) == (AlertState.ACTIVE, ["chattering", "steady"])
