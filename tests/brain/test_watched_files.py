"""Files that are looked at because they changed and because somebody asked."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from brain.watched_files import WatchedFiles
from town.findings import Finding
from town.ports import Gauge

WRONG = Finding("a.yaml", 3, "", "no such thing")


class Number:
    """A file with a number; `found` is wrong in it."""

    def __init__(self, file: Path) -> None:
        self.file, self.in_force, self.found = file, 0, list[Finding]()
        self.steps: list[str] = []

    def read(self) -> tuple[int | None, Sequence[Finding]]:
        self.steps.append("read")
        return int(self.file.read_text("utf-8")), self.found

    def is_wrong(self, finding: Finding) -> bool:
        return finding.level == "error"

    async def put_in_force(self, number: int, _findings: Sequence[Finding]) -> bool:
        await asyncio.sleep(0)
        self.steps.append("in force")
        changed, self.in_force = number != self.in_force, number
        return changed


@pytest.fixture
def number(tmp_path: Path) -> Number:
    (tmp_path / "a.yaml").write_text("1", "utf-8")
    return Number(tmp_path / "a.yaml")


def watched(number: Number, *, now: list[int] | None = None) -> WatchedFiles[int]:
    moments = now or [0]
    mistakes = Gauge("town_mistakes", 0, help="Mistakes.")
    return WatchedFiles(
        "a file", number, at=number.file.parent, only=("a.yaml",), mistakes=mistakes, meanwhile="the old one goes on",
        clock=lambda: moments[-1], log=logging.getLogger("tests"),
    )  # fmt: skip


async def test_who_asks_while_files_change_waits_for_the_look_before(number: Number) -> None:
    files = watched(number)

    await asyncio.gather(files.look(), files.look())

    assert number.steps == ["read", "in force"] * 2


async def test_a_mistake_is_told_with_its_line_until_it_is_mended(number: Number) -> None:
    moments = [1]
    files = watched(number, now=moments)
    number.found = [WRONG, WRONG]
    moments.append(2)
    await files.look()
    [health], [gauge] = files.parts(), files.figures()
    assert (health.state, health.since, gauge.value, number.in_force) == ("degraded", 2, 2, 0)
    assert health.detail == "a.yaml:3: no such thing (and 1 more); the old one goes on"

    number.found = []
    moments.append(3)
    await files.look()

    assert (files.parts()[0].state, files.parts()[0].since, number.in_force) == ("ok", 3, 1)


async def test_a_changed_file_is_in_force_by_itself(number: Number) -> None:
    running = asyncio.create_task(watched(number).run())
    async with asyncio.timeout(20):
        while number.in_force != 1:
            await asyncio.sleep(0.01)
        # The watch begins a moment after the first look.
        while number.in_force != 2:
            number.file.write_text("2", "utf-8")
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait([running])

    assert number.steps[:2] == ["read", "in force"]
