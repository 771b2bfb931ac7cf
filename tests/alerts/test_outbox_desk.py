"""What people see of the outbox and do about it, and over REST."""

import pytest

from alerts.book import Book
from alerts.outbox_desk import OutboxDesk
from tests.alerts.receivers import http_receiver, says
from tests.alerts.small_town import Clock
from tests.alerts.storm_town import STORM_TOWN, told
from tests.alerts.test_overflow import OK, ROOM, outbox_of, silence
from town.alert import DeliveryState
from town.moment import SECOND
from town.outbox import OutboxFilter
from town.ports import ActionRefused

DEAD = OutboxFilter(frozenset((DeliveryState.DEAD,)))
REFUSED = says("200 OK", b'{"errcode": 40035}')


async def refused_digest(book: Book, clock: Clock) -> None:
    """Twenty alerts: eight told alone, twelve in a digest that is refused for ever."""
    book.reload(STORM_TOWN, told(ROOM))
    await silence(book, 20)
    async with http_receiver(OK) as receiver:
        await outbox_of(book, receiver).run_due()
        receiver.answer = REFUSED
        clock.now += 5 * SECOND
        await outbox_of(book, receiver).run_due()


async def test_what_a_digest_holds_is_found_by_the_number_in_the_message(book: Book, clock: Clock) -> None:
    await refused_digest(book, clock)
    desk = OutboxDesk(book)

    held = await desk.held("D-20260921-0009")
    assert len(held) == 12 and {one.state for one in held} == {DeliveryState.DEAD}
    assert [one.id for one in await desk.held(str(held[0].digest))] == [one.id for one in held]
    assert await desk.held("D-2026092") == []


async def test_what_a_refused_digest_held_can_be_tried_again_and_goes_alone(book: Book, clock: Clock) -> None:
    await refused_digest(book, clock)
    desk = OutboxDesk(book)
    with pytest.raises(ActionRefused, match="is a digest"):
        await desk.retry([one.id for one in await desk.notifications(DEAD)], by="ann")
    await desk.retry([(await desk.held("D-20260921-0009"))[0].id], by="ann")
    async with http_receiver(OK) as receiver:
        clock.now += 6 * SECOND
        assert await outbox_of(book, receiver).run_due() == 1

    assert len(await desk.notifications(DEAD)) == 12 and b"S008" in receiver.requests[0].body
