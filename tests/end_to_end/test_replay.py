"""`town replay`: what was recorded gives the same transitions once more, to the byte."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from brain.bundle import load_bundle
from brain.clock import wall_clock
from brain.journal import JOURNAL_FILE, plain, read_journal
from brain.state import held
from rules.replay import Pause, Replay
from tests import ports
from tests.end_to_end.brain import Brain, eventually
from town.moment import DAY, HOUR, Moment, format_moment
from town.store.duckdb import DuckStore

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"
Recorded = tuple[Path, Moment, Moment]
pytestmark = pytest.mark.xdist_group("recorded")  # it is lived through once for all of them
EXPLAIN = ("rules", "explain", "fire.confirmed")
WHILE_IT_RUNS = {"replay.json": ("replay", "--from", "1h"), "explain.json": EXPLAIN}
"""What is asked of the running brain, and where the answers are kept."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The state of a brain that took an hour in, was stopped, and lived through a fire and a burglary; from and to."""
    folder, port = tmp_path_factory.mktemp("recorded"), ports.free_ports(2)
    brain = Brain(HUANGJIU, folder / "state", arguments=["--mqtt-port", str(port)], env={})
    start = wall_clock()
    brain.start()
    try:
        play(brain, port, "--scenario", "cellar_fire", "--history", "1h", "--speed", "60")
        brain.stop()
        brain.start()
        play(brain, port, "--scenario", "demo", "--speed", "2.5")
        for name, asked in WHILE_IT_RUNS.items():
            ran = brain.town_command(*asked, str(HUANGJIU), "--state", str(folder / "state"), "--json")
            (folder / "state" / name).write_text(ran.stdout or ran.stderr)
    finally:
        brain.stop()
    return folder / "state", start, wall_clock()


def play(brain: Brain, port: int, *arguments: str) -> None:
    """Play to the end, and wait until everything is stored and judged."""
    ran = brain.town_command("simulate", str(HUANGJIU), "--mqtt", f"mqtt://127.0.0.1:{port}", *arguments)
    assert ran.returncode == 0, ran.stderr

    judged = [-1.0]

    def settled() -> bool:
        judged.append(brain.metric("town_rules_readings_judged"))
        waiting = ("town_ingest_readings_waiting", "town_rules_readings_waiting")
        return judged[-1] == judged[-2] > 0 and not any(brain.metric(name) for name in waiting)

    eventually(settled, seconds=30)


def test_the_brain_is_asked_while_it_runs(recorded: Recorded) -> None:
    state, _, _ = recorded

    replayed, explained = (json.loads((state / name).read_text()) for name in WHILE_IT_RUNS)

    assert replayed["difference"]["same"] > 2
    assert replayed["difference"]["added"] == replayed["difference"]["missing"] == []
    burnt = next(one for one in explained if one["recorded"] is not None)
    assert burnt["state"] == burnt["recorded"]["condition"]
    assert not (state / "history.socket").exists()


def test_the_moment_of_an_alert_is_explained(recorded: Recorded) -> None:
    state, _, end = recorded
    lines = read_journal(state / JOURNAL_FILE, start=0, end=end + DAY)
    raised = next(
        one.transition
        for one in lines
        if one.transition and one.transition.rule == "fire.confirmed" and one.transition.condition == "active"
    )
    at = format_moment(raised.decided_at)

    ran = town(*EXPLAIN, str(HUANGJIU), "--state", str(state), "--at", at, "--subject", raised.subject.id)

    assert ran.returncode == 0, ran.stderr
    assert "Active: `count_of(" in ran.stdout and "→ true" in ran.stdout
    assert "limit >= 0.08 dB/m: true" in ran.stdout
    assert "The brain itself last said: active" in ran.stdout


async def test_a_recorded_time_gives_the_same_transitions_to_the_byte(recorded: Recorded) -> None:
    state, start, end = recorded
    bundle, _ = load_bundle(HUANGJIU)
    assert bundle is not None
    lines = list(read_journal(state / JOURNAL_FILE, start=0, end=end + DAY))
    live = [plain(line.transition) for line in lines if line.transition is not None]
    marks = [line.mark for line in lines if line.mark is not None]

    replay, again = Replay(bundle.rules, bundle.town, start=start, pauses=[Pause(m.at, m.since) for m in marks]), []
    async with DuckStore(state / "readings.duckdb", bundle.town) as store:
        async for readings in store.readings(start=start, end=end, order="arrival"):
            for first in range(0, len(readings), 7):
                again += [plain(one) for one in replay.take(readings[first : first + 7])]
    again += [plain(one) for one in replay.end(end)]

    assert [mark.what for mark in marks] == ["started", "resumed"]
    assert len(live) > 10
    assert again[: len(live)] == live


def town(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "brain", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def replay(state: Path, *arguments: str, folder: Path = HUANGJIU) -> subprocess.CompletedProcess[str]:
    return town("replay", str(folder), "--state", str(state), *arguments)


def test_the_command_finds_the_alerts_that_were_raised(recorded: Recorded, tmp_path: Path) -> None:
    state, _, _ = recorded
    page = tmp_path / "replay.html"

    ran = replay(state, "--from", "1h", "--json", "--html", str(page))

    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["readings"] > 2_000
    assert found["difference"]["same"] > 2
    assert found["difference"]["added"] == found["difference"]["missing"] == []
    assert sum(one["count"] for one in found["notifications"]) > 0
    assert "http" not in page.read_text("utf-8") and 'class="bar' in page.read_text("utf-8")


def test_the_time_after_the_brain_was_stopped_is_no_silence(recorded: Recorded) -> None:
    state, start, end = recorded

    ran = replay(state, "--from", format_moment(start), "--to", format_moment(end + HOUR), "--json")

    assert json.loads(ran.stdout)["difference"]["added"] == []


def test_other_rules_show_as_a_difference(recorded: Recorded, tmp_path: Path) -> None:
    state, _, _ = recorded
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "version: 1\ngroups:\n  - name: trial\n    rules:\n      - id: trial.warm\n"
        "        title: {zh: 试, en: Trial}\n        category: environment\n        severity: minor\n"
        "        for_each: {sensor_kind: room_climate}\n        when: temperature > -20 Cel\n"
    )

    ran = replay(state, "--from", "1h", "--rules", str(rules), "--diff")

    assert ran.returncode == 0, ran.stderr
    assert "trial.warm" in ran.stdout and "Nothing was sent" in ran.stdout
    assert "0 the same" in ran.stdout and "\n+" in ran.stdout and "\n-" in ran.stdout


def test_a_brain_that_does_not_answer_is_said(recorded: Recorded) -> None:
    with held(recorded[0]):
        ran = replay(recorded[0], "--from", "1h")

    assert ran.returncode == 2
    assert "stop it while you look" in " ".join(ran.stderr.split())


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_readings_from_a_file(tmp_path: Path, form: str, write: Callable[[Path, int], None]) -> None:
    now = wall_clock()
    file = tmp_path / f"readings.{form}"
    write(file, now)

    ran = replay(
        tmp_path / "state", "--from", "2h", f"--{form}", str(file), "--json", folder=Path("tests/towns/hamlet")
    )

    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["readings"] == 4 and found["difference"] is None
    assert [(one["rule"], one["subject"]) for one in found["episodes"]] == [("fire.smoke.high", "BA-N1")]


@pytest.fixture
def write() -> Callable[[Path, int], None]:
    """Writes the smoke of a small fire into a CSV or a Parquet file."""

    def to_file(path: Path, now: int) -> None:
        rows = [(now - HOUR + i * 10_000, smoke) for i, smoke in enumerate((0.01, 0.2, 0.3, 0.01))]
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE r (sensor VARCHAR, quantity VARCHAR, measured_at BIGINT, value DOUBLE)")
            connection.executemany("INSERT INTO r VALUES ('BA-N1', 'smoke', ?, ?)", rows)
            connection.execute(f"COPY r TO '{path}'")

    return to_file
