"""What the documentation says of itself holds: every link leads somewhere, every command can be typed."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.exceptions import TyperException
from typer.main import get_command

from brain.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
_FENCED = re.compile(r"```.*?```", re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NO_WORD = re.compile(r"[^\w\- ]")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made from their words."""
    titles = re.findall(r"^#+ (.*)$", _FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {_NO_WORD.sub("", title.strip().lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(_FENCED.sub("", page.read_text("utf-8"))) if "://" not in link]
    broken = []
    for link in links:
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_every_page_is_reached_from_the_first() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(page.read_text("utf-8")) if "://" not in link)
        waiting += [target for link in links if link and (target := (page.parent / link).resolve()).is_file()]

    wanted = {page.resolve() for page in PAGES if "decisions" not in page.parts}
    assert {str(page.relative_to(ROOT)) for page in wanted - reached} == set()


def commands(page: Path) -> list[str]:
    """The commands of ours that a page shows to be typed as they stand there, a line each."""
    shown = "\n".join(re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE))
    lines = shown.replace("\\\n", " ").splitlines()
    found = [match[1] for line in lines if (match := re.match(r"(?:\w+=\S+ )*town ([^#|<>&;]*)", line))]
    return [command for command in found if not set("[…") & set(command)]


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.name)
def test_every_command_of_a_page_can_be_typed(page: Path) -> None:
    wrong = []
    for written in commands(page):
        command: Any = get_command(app)
        words = shlex.split(written.replace("DIR", "towns/huangjiu").replace("FOLDER", "towns/huangjiu"))
        while words and words[0] in getattr(command, "commands", {}):
            command, words = command.commands[words[0]], words[1:]
        try:
            command.make_context("town", words)
        except TyperException as error:
            wrong.append(f"{written}: {error}")
    assert wrong == []
