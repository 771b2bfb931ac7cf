"""Who is told changes while the brain runs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.book import Book, open_book
from alerts.people_file import load_people
from brain.people_files import people_files
from tests.alerts.small_town import START, TOWN, Clock, active, definitions

NIGHT = """\
version: 1
people:
  - {id: li.wei, name: 李伟, channels: {email: li.wei@town.example}}
  - {id: wang.fang, name: 王芳, channels: {email: wang.fang@town.example}}
rota: [{id: duty, shifts: [{from: "00:00", to: "24:00", people: [li.wei]}]}]
routes: [{to: duty}]
"""


class Changing:
    """A town folder, the book that was opened with it, and what watches its files."""

    def __init__(self, folder: Path, book: Book) -> None:
        self.folder, self.book = folder, book
        self.files = people_files(folder, book, clock=book.clock)

    async def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, "utf-8")
        await self.files.look()
        return self.files.parts()[0].detail

    async def told(self, subject: str) -> list[str]:
        [alert] = await self.book.take([active(subject=subject)], definitions(), START)
        detail = await self.book.detail(alert.id)
        assert detail is not None
        return [one.target for one in detail.notifications]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Changing]:
    (tmp_path / "people.yaml").write_text(NIGHT, "utf-8")
    people, _ = load_people(tmp_path, TOWN)
    assert people is not None
    async with open_book(f"sqlite:///{tmp_path}/book.sqlite", TOWN, clock=Clock(), people=people) as book:
        yield Changing(tmp_path, book)


async def test_a_changed_file_says_at_once_who_is_told(town: Changing) -> None:
    assert await town.told("CE2-S01") == ["li.wei"]

    assert await town.write("people.yaml", NIGHT.replace("people: [li.wei]", "people: [wang.fang]")) == ""

    assert await town.told("CE2-S02") == ["wang.fang"]


async def test_a_changed_duty_table_does_so_too(town: Changing) -> None:
    await town.write("rota.csv", "rota,from,to,people\nduty,2026-09-01 00:00,2026-10-01 00:00,wang.fang\n")

    assert await town.told("CE2-S01") == ["wang.fang"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("people.yaml", NIGHT.replace("to: duty", "to: duti"), "people.yaml:6: there is no `duti`"),
        ("people.yaml", NIGHT.replace("version: 1", "version: 1: 1"), "people.yaml:1:"),
        ("people.yaml", NIGHT.replace("people: [li.wei]", "people: [li.way]"), "people.yaml:5:"),
        ("rota.csv", "rota,from,to,people\nduty,2026-09-01 00:00,2026-08-01 00:00,wang.fang\n", "rota.csv:2:"),
    ],
)
async def test_a_mistake_changes_nothing_and_is_shown_with_its_line(
    town: Changing, name: str, text: str, said: str
) -> None:
    assert (await town.write(name, text)).startswith(said)

    assert await town.told("CE2-S01") == ["li.wei"]
    assert town.files.parts()[0].state == "degraded" and town.files.figures()[0].value >= 1


async def test_what_is_mended_is_in_force(town: Changing) -> None:
    await town.write("people.yaml", "version: 2")

    assert await town.write("people.yaml", NIGHT.replace("people: [li.wei]", "people: [wang.fang]")) == ""

    assert town.files.parts()[0].state == "ok"
    assert await town.told("CE2-S01") == ["wang.fang"]


async def test_a_file_that_is_taken_away_silences_nobody(town: Changing) -> None:
    (town.folder / "people.yaml").unlink()
    await town.files.look()

    assert "has no people.yaml" in town.files.parts()[0].detail
    assert await town.told("CE2-S01") == ["li.wei"]


async def test_what_changed_while_a_process_waited_to_judge_is_in_force_when_it_does(town: Changing) -> None:
    (town.folder / "people.yaml").write_text(NIGHT.replace("people: [li.wei]", "people: [wang.fang]"), "utf-8")
    before = town.book.people
    running = asyncio.create_task(town.files.run())
    async with asyncio.timeout(20):
        while town.book.people is before:
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])

    assert await town.told("CE2-S01") == ["wang.fang"]
