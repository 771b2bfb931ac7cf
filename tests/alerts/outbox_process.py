"""An outbox as a process of its own: `python -m tests.alerts.outbox_process BOOK RECEIVER NAME`, until it is killed."""

import asyncio
import sys

from alerts.book import open_book
from alerts.outbox import Outbox
from alerts.senders.channels import Endpoints, build_senders
from brain.clock import wall_clock
from tests.alerts.small_town import TOWN, hook, people


async def main(book_url: str, receiver: str, name: str) -> None:
    """Send what is in that book to that receiver."""
    senders = build_senders(Endpoints(webhook_override=receiver), secret=lambda _: "s3cret", clock=wall_clock)
    async with open_book(book_url, TOWN, clock=wall_clock, people=people(hook("fire-room"))) as book:
        await Outbox(book, senders, name=name).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
