"""A clockwork in a process of its own, to be killed: `python -m tests.alerts.clockwork_process URL MOMENT`."""

import asyncio
import sys

from alerts.book import open_book
from alerts.clockwork import Clockwork
from tests.alerts.small_town import TOWN, Clock, people


async def main(url: str, moment: int) -> None:
    """Do what is due at a moment, and say when that begins."""
    async with open_book(url, TOWN, clock=Clock(moment), people=people()) as book:
        print("begins", flush=True)
        await Clockwork(book).run_due(moment)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
