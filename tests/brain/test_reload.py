"""Rules that change while readings come."""

import asyncio
import gc
import os
import shutil
import signal
import time
from pathlib import Path
from statistics import median

from brain.bundle import Bundle, load_bundle
from brain.clock import wall_clock
from brain.hangup import Hangup
from brain.journal import JOURNAL_FILE, read_journal
from brain.judge import Judge
from brain.rule_files import rule_files
from brain.state import SNAPSHOT_FILE
from brain.watched_files import WatchedFiles
from rules.ruleset import RuleSet
from tests.brain.judging import Memo, running
from town.moment import SECOND
from town.reading import Reading

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"
HAMLET = Path(__file__).parents[1] / "towns" / "hamlet"
RELOADS = 5


def _judging(town: Path, place: Path) -> tuple[Bundle, Judge]:
    """A copy of the town, and who judges by its rules."""
    shutil.copytree(town, place / "town")
    bundle, _ = load_bundle(place / "town")
    assert bundle is not None
    file = place / SNAPSHOT_FILE
    return bundle, Judge(bundle.rules, bundle.town, book=Memo(), clock=wall_clock, snapshot=file, saved=None)


async def _longest_delay(files: WatchedFiles[RuleSet], judge: Judge, sensor: str) -> float:
    """Seconds that a reading waited for while the files are put in force.

    In processor time of the loop's own thread, which a busy machine does not stretch.
    """
    before, longest = judge.rules.version, 0.0
    looking = asyncio.create_task(files.look())
    while not looking.done() or judge.rules.version == before:
        began, now = time.thread_time(), wall_clock()
        await judge.deliver([Reading(sensor, now, now, {"smoke": 0.01})])
        while not judge.idle:
            await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - began)
        await asyncio.sleep(0.001)
    return longest


async def test_reloading_delays_no_reading_by_more_than_fifty_milliseconds(tmp_path: Path) -> None:
    """The middle one of five: a virtual machine's clock goes on while its host does something else."""
    bundle, judge = _judging(HUANGJIU, tmp_path)
    sensor = next(one.id for one in bundle.town.sensors.values() if one.kind == "smoke_detector")
    files, rules, longest = rule_files(bundle, judge, clock=wall_clock), bundle.folder / "rules" / "fire.yaml", []
    text = rules.read_text("utf-8")

    gc.collect()
    gc.freeze()  # the heap of the other tests is not what is measured
    async with running(judge):
        for seconds in range(61, 61 + RELOADS):
            rules.write_text(text.replace("keep_active_for: 60s", f"keep_active_for: {seconds}s"), "utf-8")
            longest.append(await _longest_delay(files, judge, sensor))

    gc.unfreeze()
    assert files.findings == ()
    assert median(longest) < 0.05
    lines = read_journal(tmp_path / JOURNAL_FILE, start=0, end=wall_clock())
    assert [line.mark.what for line in lines if line.mark] == ["started"] + ["rules"] * RELOADS


async def test_the_signal_hup_puts_changed_files_in_force(tmp_path: Path) -> None:
    bundle, judge = _judging(HAMLET, tmp_path)
    files, rules = rule_files(bundle, judge, clock=wall_clock), bundle.folder / "rules" / "fire.yaml"

    async with running(judge), asyncio.timeout(30):
        waiting = asyncio.create_task(Hangup(files.look).run())
        await asyncio.sleep(0)
        rules.write_text(rules.read_text("utf-8").replace("smoke >= 0.15 dB/m", "smoke >= 0.10 dB/m"), "utf-8")
        os.kill(os.getpid(), signal.SIGHUP)
        while judge.rules.version == bundle.rules.version:
            await asyncio.sleep(0.01)
        waiting.cancel()

    assert "smoke >= 0.10 dB/m" in {one.text for rule in judge.rules.rules.values() for one in rule.conditions}


async def test_what_changed_while_a_process_waited_to_judge_is_in_force_when_it_does(tmp_path: Path) -> None:
    bundle, judge = _judging(HUANGJIU, tmp_path)
    rules = bundle.folder / "rules" / "fire.yaml"
    rules.write_text(rules.read_text("utf-8").replace("keep_active_for: 60s", "keep_active_for: 61s"), "utf-8")

    async with running(judge):
        looking = asyncio.create_task(rule_files(bundle, judge, clock=wall_clock).run())
        async with asyncio.timeout(30):
            while judge.rules.version == bundle.rules.version:
                await asyncio.sleep(0)
        looking.cancel()
        await asyncio.wait([looking])

    assert judge.rules.rules["fire.smoke.high"].keep_active_for == 61 * SECOND
