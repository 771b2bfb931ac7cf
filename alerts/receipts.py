"""Receipts: whether a message that a provider took arrived. It is asked, or tells us by itself."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from alerts import tables
from alerts.book import Book
from alerts.contained import RECEIPT, settle_contained
from alerts.deliveries import RECEIPT_DELAY
from alerts.digest import DIGEST
from alerts.mentions import mention, write_attempt
from alerts.people import Recipient, Way
from alerts.sending import Answer, AnswerKind, Sender, one_line
from town.alert import DeliveryState
from town.errors import Unavailable
from town.moment import DAY, MINUTE, Duration, Moment

logger = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
AT_ONCE = 16
LONGEST_DELAY: Duration = 15 * MINUTE
ASKED_FOR: Duration = 3 * DAY
"""Nobody says anything of a message that is older than this: it stays accepted."""


@runtime_checkable
class Asks(Protocol):
    """A sender that can ask what became of a message."""

    async def check(self, recipient: Recipient, receipt: str, *, sent_at: Moment) -> Answer:
        """Accepted and delivered, refused for this message, or anything else while it is under way."""


class Receipt(msgspec.Struct, frozen=True):
    """A message that was taken and has not been told to have arrived."""

    notification: str
    target: str
    channel: str
    reference: str
    sent_at: Moment
    due_at: Moment
    asked: int


class Receipts:
    """Asks for what is due, and takes what providers tell by themselves."""

    def __init__(self, book: Book, senders: Mapping[str, Sender]) -> None:
        self._book, self._senders = book, senders

    async def run(self) -> None:
        """Ask until cancelled; a book that is away is tried again."""
        while True:
            try:
                await self.check_due()
            except Unavailable:
                pass  # the outbox says so, on the same book
            except Exception:  # nothing that a provider says may end the outbox
                logger.exception("receipts could not be checked")
            await asyncio.sleep(EVERY_SECONDS)

    async def check_due(self) -> int:
        """Ask once for every receipt that is due; how many were asked for."""
        now = self._book.clock()
        due = await self._book.database.read(lambda link: _due(link, now))
        answers = await asyncio.gather(*(self._ask(one) for one in due))
        changed = [
            alert
            for receipt, answer in zip(due, answers, strict=True)
            if (alert := await self._keep(receipt, answer)) is not None
        ]
        self._book.announce(changed)
        return len(due)

    async def told(self, reference: str, answer: Answer) -> bool:
        """Take what a provider tells of a message by itself; False when no such message is waited for."""
        table = tables.receipt
        query = select(table).where(table.c.reference == reference)
        rows = await self._book.database.read(lambda link: link.execute(query).mappings().all())
        for row in rows:
            if (alert := await self._keep(Receipt(**row), answer)) is not None:
                self._book.announce([alert])
        return bool(rows)

    async def _ask(self, receipt: Receipt) -> Answer:
        recipient = self._book.people.recipient(receipt.target, receipt.channel)
        sender = self._senders.get(recipient.sender) if recipient else None
        if recipient is None or not isinstance(sender, Asks):
            return Answer(AnswerKind.UNKNOWN, "nobody to ask")
        try:
            return await sender.check(recipient, receipt.reference, sent_at=receipt.sent_at)
        except Exception as error:  # one receipt that breaks its sender must not stop the others
            logger.exception("the receipt of %s broke its sender", receipt.notification)
            return Answer(AnswerKind.UNKNOWN, one_line(f"internal error: {type(error).__name__}"))

    async def _keep(self, receipt: Receipt, answer: Answer) -> str | None:
        now = self._book.clock()
        return await self._book.database.write(lambda link: _write(link, receipt, answer, now))


def _due(connection: Connection, now: Moment) -> list[Receipt]:
    table = tables.receipt
    query = select(table).where(table.c.due_at <= now).order_by(table.c.due_at).limit(AT_ONCE)
    return [Receipt(**row) for row in connection.execute(query).mappings()]


def _write(connection: Connection, receipt: Receipt, answer: Answer, now: Moment) -> str | None:
    """Write down what is known now; the alert's id when the notification's state changed."""
    table = tables.receipt
    mine = table.c.notification == receipt.notification
    delivered = answer.kind is AnswerKind.ACCEPTED and answer.delivered
    if delivered or answer.kind is AnswerKind.REFUSED_MESSAGE:
        connection.execute(delete(table).where(mine))
        return _settle(connection, receipt, answer, now)
    if now - receipt.sent_at > ASKED_FOR:
        connection.execute(delete(table).where(mine))
    else:
        due_at = now + max(min(RECEIPT_DELAY << min(receipt.asked, 20), LONGEST_DELAY), answer.retry_after or 0)
        connection.execute(update(table).where(mine).values(due_at=due_at, asked=receipt.asked + 1))
    return None


def _settle(connection: Connection, receipt: Receipt, answer: Answer, now: Moment) -> str | None:
    note, ledger = tables.notification, tables.attempt
    state = DeliveryState.DELIVERED if answer.kind is AnswerKind.ACCEPTED else DeliveryState.DEAD
    taken = (note.c.id == receipt.notification, note.c.state == DeliveryState.ACCEPTED)
    settled = update(note).where(*taken).values(state=state, answer=answer.text, answered_at=now)
    row = connection.execute(settled.returning(note.c.alert, note.c.event)).one_or_none()
    if row is None:
        return None
    last = select(func.max(ledger.c.number)).where(ledger.c.notification == receipt.notification)
    number = (connection.execute(last).scalar_one() or 0) + 1
    write_attempt(connection, receipt.notification, number, at=now, kind=RECEIPT, text=answer.text)
    if row.event == DIGEST:
        settle_contained(connection, receipt.notification, state=state, kind=RECEIPT, text=answer.text, now=now)
    elif state is DeliveryState.DEAD:
        way = Way(receipt.target, receipt.channel)
        mention(connection, row.alert, way, state=state, told=row.event, text=answer.text, now=now)
    return str(row.alert)
