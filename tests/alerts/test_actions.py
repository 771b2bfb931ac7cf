"""What people do about alerts: shelving, service, verification, assignment."""

from typing import Any

import pytest

from alerts.book import Book
from alerts.contact import Person
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definitions, normal
from town.alert import Alert, AlertState, Severity, Verification
from town.moment import DAY, HOUR, MINUTE, SECOND
from town.ports import ActionRefused

pytestmark = EITHER
BY = {"by": "li.wei", "at": START}


async def opened(book: Book, *, latch: bool = False, **given: Any) -> str:
    [alert] = await book.take([active(**given)], definitions(latch=latch), START)
    return alert.id


async def events(book: Book, alert: str) -> list[str]:
    detail = await book.detail(alert)
    assert detail is not None
    return [entry.event for entry in detail.timeline]


async def told(book: Book, alert: str) -> list[str]:
    detail = await book.detail(alert)
    assert detail is not None
    return [note.event for note in detail.notifications if note.state != "suppressed"]


async def refused(action: Any) -> str:
    with pytest.raises(ActionRefused) as why:
        await action
    return why.value.reason


async def shelved(book: Book, alert: str, until: int = START + HOUR) -> Alert:
    return await book.shelve(alert, **BY, until=until, reason="welding", as_administrator=True)


async def test_shelve_says_who_until_when_and_why(book: Book) -> None:
    alert = await shelved(book, await opened(book))

    assert (alert.state, alert.shelved_until, alert.shelved_by, alert.shelved_why) == (
        AlertState.SHELVED, START + HOUR, "li.wei", "welding",
    )  # fmt: skip
    assert alert.acknowledge_due_at is None and alert.resolve_due_at is None


async def test_shelved_alert_is_one_and_silent_while_it_comes_and_goes(book: Book) -> None:
    name = await opened(book)
    await shelved(book, name)

    await book.take([normal(), active(), normal()], definitions(), START + MINUTE)

    assert await told(book, name) == ["raised"]
    back = await book.unshelve(name, by="li.wei", at=START + 2 * MINUTE)
    assert (back.state, back.activations, back.shelved_by) == (AlertState.RETURNED, 2, None)
    assert await told(book, name) == ["raised", "cleared"]


async def test_worse_than_what_was_shelved_ends_it_and_is_told(book: Book) -> None:
    name = await opened(book, severity=Severity.MINOR)
    await shelved(book, name)

    [alert] = await book.take([active(severity=Severity.CRITICAL)], definitions(), START + MINUTE)

    assert (alert.state, alert.shelved_until, alert.shelved_by) == (AlertState.ACTIVE, None, None)
    assert await told(book, name) == ["raised", "severity_raised"]


async def test_shelving_is_refused_without_reason_for_too_long_and_of_fire(book: Book) -> None:
    name = await opened(book)
    given = {**BY, "until": START + HOUR, "reason": "welding"}

    assert await refused(book.shelve(name, **given)) == "administrator"
    given["as_administrator"] = True
    assert await refused(book.shelve(name, **{**given, "reason": " "})) == "no_reason"
    assert await refused(book.shelve(name, **{**given, "until": START + DAY + 1})) == "too_far"
    assert await refused(book.shelve(name, **{**given, "until": START})) == "too_far"
    assert await refused(book.unshelve(name, **BY)) == "not_shelved"


async def test_out_of_service_outlasts_the_condition_until_it_is_returned(book: Book) -> None:
    name = await opened(book)
    out = await book.take_out_of_service(name, **BY, reason="detector is broken")
    assert (out.state, out.suppressed_by, out.out_of_service_by) == ("suppressed", "out_of_service", "li.wei")

    await book.take([normal(), active()], definitions(), START + MINUTE)
    back = await book.return_to_service(name, by="wang", at=START + HOUR)

    assert (back.state, back.out_of_service_why, back.acknowledge_due_at) == (
        AlertState.ACTIVE, None, START + HOUR + 180 * SECOND,
    )  # fmt: skip
    assert await told(book, name) == ["raised", "back"]


async def test_verify_keeps_the_verdict_and_who_looked_has_it(book: Book) -> None:
    name = await opened(book)

    found = await book.verify(name, **BY, verdict=Verification.FALSE, comment="steam")

    assert (found.verification, found.acknowledged_by, found.verify_due_at) == ("false", "li.wei", None)
    detail = await book.detail(name)
    assert detail is not None
    assert [(one.event, one.detail) for one in detail.timeline[2:]] == [
        ("verified", {"verdict": "false", "comment": "steam"}), ("acknowledged", {"because": "verified"}),
    ]  # fmt: skip


async def test_verdict_may_come_after_the_end(book: Book) -> None:
    name = await opened(book)
    await book.acknowledge(name, **BY)
    await book.take([normal()], definitions(), START + MINUTE)

    late = await book.verify(name, by="li.wei", at=START + HOUR, verdict=Verification.TRUE)

    assert (late.state, late.verification, late.closed_at) == (AlertState.CLOSED, "true", late.cleared_at)


async def test_assignment_says_to_whom_and_closed_alerts_have_none(book: Book) -> None:
    name = await opened(book)

    assert (await book.assign(name, **BY, to="wang", comment="nearest")).assigned_to == "wang"
    assert await refused(book.assign(name, **BY, to="wang")) == "unchanged"
    assert (await book.assign(name, **BY, to="")).assigned_to is None
    assert await events(book, name) == ["opened", "raised", "assigned", "assigned"]
    await book.take([normal()], definitions(), START + MINUTE)
    await book.acknowledge(name, **BY)
    assert await refused(book.assign(name, **BY, to="wang")) == "closed"


async def test_person_is_told_what_was_given_to_them_by_somebody_else(book: Book) -> None:
    wang = Person(id="wang", name="王芳", channels={"email": "wang@x.example"})
    book.reload(TOWN, book.people.model_copy(update={"people": {"wang": wang}}))
    name = await opened(book)

    for by, to in (("li.wei", "wang"), ("li.wei", "admin"), ("wang", "wang")):
        await book.assign(name, by=by, at=START, to=to)

    detail = await book.detail(name)
    assert detail is not None
    assert [(one.target, one.event) for one in detail.notifications] == [("fire-room", "raised"), ("wang", "assigned")]


async def test_reset_ends_the_shelf_too(book: Book) -> None:
    name = await opened(book, latch=True)
    await shelved(book, name)
    await book.take([normal()], definitions(), START + MINUTE)

    closed = await book.reset(name, by="li.wei", at=START + HOUR)

    assert (closed.state, closed.shelved_until, closed.closed_because) == (AlertState.CLOSED, None, "reset")
    assert (await events(book, name))[-2:] == ["reset", "closed"]


async def test_every_action_on_what_is_not_there_says_so(book: Book, clock: Clock) -> None:
    clock.now = START
    assert await refused(book.verify("A-0", **BY, verdict=Verification.TRUE)) == "unknown_alert"
    assert await refused(book.assign("A-0", **BY, to="wang")) == "unknown_alert"
    assert await refused(book.take_out_of_service("A-0", **BY, reason="gone")) == "unknown_alert"
