"""Rules that change while readings come."""

import asyncio
import gc
import shutil
import time
from pathlib import Path

from brain.bundle import load_bundle
from brain.clock import wall_clock
from brain.journal import JOURNAL_FILE, read_journal
from brain.judge import Judge
from brain.rule_files import RuleFiles
from brain.state import SNAPSHOT_FILE
from tests.brain.judging import Memo, running
from town.reading import Reading

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"


async def test_reloading_delays_no_reading_by_more_than_fifty_milliseconds(tmp_path: Path) -> None:
    """In processor time of the loop's own thread, which a busy machine does not stretch."""
    folder = tmp_path / "town"
    shutil.copytree(HUANGJIU, folder)
    bundle, _ = load_bundle(folder)
    assert bundle is not None
    sensor = next(one.id for one in bundle.town.sensors.values() if one.kind == "smoke_detector")
    judge = Judge(
        bundle.rules, bundle.town, book=Memo(), clock=wall_clock, snapshot=tmp_path / SNAPSHOT_FILE, saved=None
    )
    files, longest = RuleFiles(bundle, judge, clock=wall_clock), 0.0
    before = bundle.rules.version
    rules = folder / "rules" / "fire.yaml"
    rules.write_text(rules.read_text("utf-8").replace("keep_active_for: 60s", "keep_active_for: 61s"), "utf-8")

    gc.collect()
    gc.freeze()  # the heap of the other tests is not what is measured
    async with running(judge):
        looking = asyncio.create_task(files.look())
        while not looking.done() or judge.rules.version == before:
            began, now = time.thread_time(), wall_clock()
            await judge.deliver([Reading(sensor, now, now, {"smoke": 0.01})])
            while not judge.idle:
                await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)
            await asyncio.sleep(0.001)

    gc.unfreeze()
    assert files.findings == ()
    assert longest < 0.05
    lines = read_journal(tmp_path / JOURNAL_FILE, start=0, end=wall_clock())
    assert [line.mark.what for line in lines if line.mark] == ["started", "rules"]
