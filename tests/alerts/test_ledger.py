"""The delivery ledger: who was told what, when, by which channel, what was answered, who acknowledged."""

import csv
import io
from zoneinfo import ZoneInfo

import pytest

from alerts.book import Book
from alerts.outbox import Outbox
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from tests.alerts.small_town import EITHER, START, TOWN, Clock, active, definitions, hook, people
from town.alert import DeliveryState
from town.delivery import COLUMNS, DeliveryFilter, csv_lines, safe_cell
from town.moment import MINUTE, SECOND

ZONE = ZoneInfo("Asia/Shanghai")


class Provider:
    """Answers as it is told, one answer after the other."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def send(self, message: OutgoingMessage) -> Answer:
        return self.answers.pop(0)


BUSY = Answer(AnswerKind.UNKNOWN, "HTTP 503")
TAKEN = Answer(AnswerKind.ACCEPTED, '=1+1;"ok"', delivered=True)


async def tell(book: Book, clock: Clock) -> str:
    """One alert, told to a room that answers at the second try, acknowledged."""
    [alert] = await book.take([active(at=START)], definitions(), START)
    outbox = Outbox(book, {"webhook": Provider(BUSY, TAKEN)}, name="one")
    await outbox.run_due()
    clock.now += MINUTE
    await outbox.run_due()
    await book.acknowledge(alert.id, by="li.wei", at=clock.now + SECOND)
    return alert.id


@EITHER
async def test_a_delivery_has_every_attempt_and_who_acknowledged(book: Book, clock: Clock) -> None:
    alert = await tell(book, clock)

    [one] = await book.ledger(DeliveryFilter(alert=alert))

    assert (one.notification.target, one.notification.state) == ("fire-room", DeliveryState.DELIVERED)
    assert [(try_.number, try_.kind, try_.answer, try_.at - START) for try_ in one.attempts] == [
        (1, "unknown", "HTTP 503", 0), (2, "accepted", '=1+1;"ok"', MINUTE),
    ]  # fmt: skip
    assert (one.acknowledged_by, one.acknowledged_at) == ("li.wei", START + MINUTE + SECOND)
    assert (one.title.en, one.category, one.facility) == ("Smoke <high>", "fire", "cellar-2")


async def test_deliveries_are_found_by_what_is_asked_and_page_by_page(book: Book, clock: Clock) -> None:
    book.reload(TOWN, people(hook("fire-room"), hook("duty")))
    for minute in range(5):
        raised = active(at=START + minute * MINUTE, subject=f"s{minute}")
        await book.take([raised], definitions(), START + minute * MINUTE)

    assert len(await book.ledger(DeliveryFilter(target="duty"))) == 5
    assert len(await book.ledger(DeliveryFilter(start=START + MINUTE, end=START + 3 * MINUTE))) == 4
    found, before = [], None
    while page := await book.ledger(DeliveryFilter(limit=3, before=before)):
        found += [one.notification for one in page]
        before = (found[-1].created_at, found[-1].id)
    assert len({one.id for one in found}) == len(found) == 10
    assert [one.created_at for one in found] == sorted((one.created_at for one in found), reverse=True)


async def test_the_ledger_as_csv_is_read_back_and_holds_no_formula(book: Book, clock: Clock) -> None:
    await tell(book, clock)

    text = "".join(csv_lines(await book.ledger(DeliveryFilter()), ZONE, language="zh"))

    header, row = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert header == list(COLUMNS)
    told = dict(zip(header, row, strict=True))
    assert (told["title"], told["answer"], told["attempts"]) == ("烟雾过高", '\'=1+1;"ok"', "2")
    assert told["created_at"].endswith("+08:00")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "  =1", "＝1", "\r", "\n=1"])
def test_what_begins_like_a_formula_is_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"a{text}") == f"a{text}"
