"""Levels: whoever has taken a mild alert on is told when it gets worse, and not when it gets milder."""

from alerts.book import Book
from tests.alerts.small_town import START, active, definitions
from town.alert import AlertState, Cause, Condition, Severity, Transition
from town.moment import SECOND


def level(severity: Severity, at: int) -> list[Transition]:
    return [active(at=at, severity=severity, previous=Condition.ACTIVE, cause=Cause.LEVEL)]


async def test_level_up_wants_somebody_again_and_level_down_is_quiet(book: Book) -> None:
    [alert] = await book.take([active(at=START, severity=Severity.MINOR)], definitions(), START)
    await book.acknowledge(alert.id, by="li.wei", at=START + SECOND)

    [worse] = await book.take(level(Severity.CRITICAL, START + 2 * SECOND), definitions(), START)
    await book.acknowledge(alert.id, by="li.wei", at=START + 3 * SECOND)
    [milder] = await book.take(level(Severity.MINOR, START + 4 * SECOND), definitions(), START)

    assert (worse.state, worse.severity, worse.acknowledged_by) == (AlertState.ACTIVE, Severity.CRITICAL, None)
    assert (milder.state, milder.severity, milder.activations) == (AlertState.ACKNOWLEDGED, Severity.MINOR, 1)
    detail = await book.detail(alert.id)
    assert detail is not None
    assert [one.event for one in detail.notifications] == ["raised", "severity_raised"]
