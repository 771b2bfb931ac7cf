"""`town deliveries`, beside a book that another process wrote."""

import asyncio
import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.book import open_book
from alerts.outbox import Outbox
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from brain.cli import app
from brain.state import BOOK_FILE
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, hook, people
from tests.town.cap_rules import problems

FOLDER = str(Path(__file__).parents[1] / "towns" / "hamlet")


class Taken:
    """Takes everything."""

    async def send(self, message: OutgoingMessage) -> Answer:
        return Answer(AnswerKind.ACCEPTED, "@taken", delivered=True)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder in which one room was told of two alerts."""

    async def tell() -> None:
        targets = people(hook("fire-room"))
        async with open_book(f"sqlite:///{tmp_path}/{BOOK_FILE}", TOWN, clock=Clock(), people=targets) as book:
            await book.take([active(at=START), active(at=START + 1, subject="CE2-S02")], definitions(), START)
            await Outbox(book, {"webhook": Taken()}, name="one").run_due()
            await book.acknowledge("A-20260921-0001", by="li.wei", at=START + 9)

    asyncio.run(tell())
    return tmp_path


def town(*arguments: str) -> str:
    answer = CliRunner().invoke(app, ["deliveries", FOLDER, *arguments])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_deliveries_as_json_have_every_attempt(state: Path) -> None:
    [one] = json.loads(town("--state", str(state), "--alert", "A-20260921-0001", "--json"))

    assert (one["notification"]["target"], one["acknowledged_by"]) == ("fire-room", "li.wei")
    assert [(try_["kind"], try_["answer"]) for try_ in one["attempts"]] == [("accepted", "@taken")]


def test_deliveries_are_shown_the_newest_first_up_to_a_limit(state: Path) -> None:
    shown = town("--state", str(state), "--limit", "1")

    assert "fire-room" in shown and "Smoke <high>" in shown
    assert ("A-20260921-0001" in shown, "A-20260921-0002" in shown) == (False, True)


def test_the_whole_ledger_is_written_for_a_spreadsheet(state: Path, tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"

    said = town("--state", str(state), "--csv", str(path), "--limit", "1")

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert "2 deliveries" in said
    assert [(row["alert"], row["answer"]) for row in rows] == [
        ("A-20260921-0002", "'@taken"), ("A-20260921-0001", "'@taken"),
    ]  # fmt: skip


def test_an_alert_is_printed_as_a_draft_of_a_warning(state: Path) -> None:
    arguments = ["--town", FOLDER, "--state", str(state)]

    answer, none = (CliRunner().invoke(app, ["cap", alert, *arguments]) for alert in ("A-20260921-0001", "A-9"))

    assert problems(answer.stdout) == [] and "<status>Draft</status>" in answer.stdout
    assert none.exit_code == 1


def test_looking_makes_no_book(tmp_path: Path) -> None:
    assert json.loads(town("--state", str(tmp_path), "--json")) == []
    assert list(tmp_path.iterdir()) == []


def test_a_time_that_is_none_is_named(state: Path) -> None:
    answer = CliRunner().invoke(app, ["deliveries", FOLDER, "--from", "yesterday"])

    assert answer.exit_code != 0 and "--from" in str(answer.exception)
