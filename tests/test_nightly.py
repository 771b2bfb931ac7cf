"""The long jobs are started by one script, which says how each of them ended."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "scripts" / "nightly"


def nightly(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, "--quick", *arguments], capture_output=True, text=True, timeout=120, check=False)


def test_a_night_leaves_a_log_of_each_job_and_a_summary(tmp_path: Path) -> None:
    ended = nightly("--to", str(tmp_path), "fuzz")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "summary.txt").read_text().splitlines()[1].split()[:2] == ["fuzz", "ok"]
    assert "native" in (tmp_path / "fuzz.log").read_text()


def test_a_job_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    ended = nightly("fuzzy")

    assert ended.returncode == 2
    assert "no job fuzzy" in ended.stderr and "bench-flood" in ended.stderr
