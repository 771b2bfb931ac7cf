"""A brain that is killed forgets nobody: what was planned is called after its start."""

import signal
import subprocess
import sys
from pathlib import Path

from alerts.book import open_book
from alerts.escalation import Caller
from tests.alerts.small_town import START, TOWN, Clock
from tests.alerts.test_escalation import STEPS, people
from town.moment import MINUTE
from town.ports import AlertFilter

DIES = """
import asyncio, os, signal, sys
from alerts.book import open_book
from tests.alerts.small_town import START, TOWN, Clock, active, definitions
from tests.alerts.test_escalation import STEPS, people

async def main() -> None:
    async with open_book(sys.argv[1], TOWN, clock=Clock(), people=people(escalations=(STEPS,))) as book:
        await book.take([active(at=START)], definitions(), START)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_escalation_goes_on_after_the_brain_was_killed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/book.db"
    killed = subprocess.run([sys.executable, "-c", DIES, url], cwd=Path(__file__).parents[2], timeout=60, check=False)
    clock = Clock(START + 3 * MINUTE)
    async with open_book(url, TOWN, clock=clock, people=people(escalations=(STEPS,))) as book:
        await Caller(book).run_due()
        [alert] = await book.alerts(AlertFilter())
        detail = await book.detail(alert.id)

    assert killed.returncode == -signal.SIGKILL and detail is not None
    assert [(one.event, one.target) for one in detail.notifications] == [("escalated", "deputy")]
    assert [one.at - START for one in detail.upcoming] == [5 * MINUTE]
