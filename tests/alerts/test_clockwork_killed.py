"""A clockwork that is killed while it works: what was due is done once in the end, whenever it died."""

import subprocess
import sys
from collections import Counter

import msgspec
from sqlalchemy import text

from alerts.book import Book
from tests.alerts.small_town import START, active, definition
from town.moment import DAY

ALERTS = 700
"""More than one transaction takes."""
LATE = {"acknowledge_overdue": ALERTS, "verify_overdue": ALERTS, "resolve_overdue": ALERTS}


def run_for(seconds: float | None, url: str) -> int:
    """Let a clockwork of its own process work for so long, or to its end; how it ended."""
    command = [sys.executable, "-m", "tests.alerts.clockwork_process", url, str(START + DAY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"begins\n"
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


async def test_killed_clockwork_leaves_nothing_undone_and_nothing_twice(book: Book, book_url: str) -> None:
    rules = [f"rule.{number}" for number in range(ALERTS)]
    raised = [msgspec.structs.replace(active(at=START), rule=rule) for rule in rules]
    await book.take(raised, {rule: definition(rule=rule) for rule in rules}, START)

    ended = [run_for(seconds, book_url) for seconds in (0.02, 0.15, None)]

    assert ended[-1] == 0
    query = text("SELECT alert, event FROM timeline WHERE event LIKE '%overdue'")
    found = await book.database.read(lambda link: link.execute(query).all())
    assert Counter(row[1] for row in found) == LATE
    assert len({(row[0], row[1]) for row in found}) == 3 * ALERTS
