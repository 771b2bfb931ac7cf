"""`town outbox`: what waits, what was given up and why, and once more please."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alerts.book import open_book
from alerts.outbox import Outbox
from alerts.people_file import load_people
from alerts.senders.channels import Bases, Endpoints, build_senders
from brain.cli import app
from brain.clock import wall_clock
from tests.alerts.receivers import http_receiver, says
from tests.alerts.small_town import active, definitions
from tests.brain.test_people import TOWN
from town.errors import ConfigError
from town.folder import load_town

PEOPLE = """version: 1
targets: [{id: room, channel: dingtalk, secret: ROBOT}, {id: other, channel: wecom, secret: ROBOT}]
routes: [{to: [room, other]}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A town whose DingTalk robot refused a message for ever, and whose WeCom robot refused our key."""
    monkeypatch.setenv("TOWN_BOOK_URL", f"sqlite:///{tmp_path}/state/book.db")
    for name, text in (
        ("people.yaml", PEOPLE), ("town.yaml", TOWN), ("facilities.yaml", "version: 1\nzones: []\nfacilities: []\n"),
        ("gateways.yaml", "version: 1\ngateways: []\n"),
        ("sensors.csv", "id,gateway,external_id,facility,kind,interval\n"),
        ("map.geojson", '{"type":"FeatureCollection","features":[]}'),
    ):  # fmt: skip
        (tmp_path / name).write_text(text, "utf-8")
    asyncio.run(refuse(tmp_path))
    return tmp_path


async def refuse(folder: Path) -> None:
    """One alert, told to both."""
    town, _ = load_town(folder)
    assert town is not None
    people, _ = load_people(folder, town)
    assert people is not None
    url = f"sqlite:///{folder}/state/book.db"
    async with (
        open_book(url, town, clock=wall_clock, people=people) as book,
        http_receiver(says("200 OK", b'{"errcode": 40035}')) as ding,
        http_receiver(says("200 OK", b'{"errcode": 93000}')) as wecom,
    ):
        bases = Bases(dingtalk=f"http://127.0.0.1:{ding.port}", wecom=f"http://127.0.0.1:{wecom.port}")
        senders = build_senders(Endpoints(bases=bases), secret=lambda _: "t0k3n", clock=wall_clock)
        now = wall_clock()
        await book.take([active(at=now)], definitions(), now)
        await Outbox(book, senders, name="one").run_due()


def outbox(*arguments: str) -> Any:
    ran = CliRunner().invoke(app, ["outbox", *arguments, "--json"])
    if ran.exception is not None:
        raise ran.exception
    return json.loads(ran.stdout)


def test_list_shows_what_waits_and_who_rests(folder: Path) -> None:
    found = outbox("list", str(folder))

    assert [(one["target"], one["state"]) for one in found["notifications"]] == [("other", "failed")]
    assert [(one["target"], one["kind"]) for one in found["resting"]] == [("other", "refused_config")]


def test_dead_shows_what_was_given_up_and_why(folder: Path) -> None:
    [found] = outbox("dead", str(folder))["notifications"]

    assert found["target"] == "room" and "40035" in found["answer"]
    assert outbox("dead", str(folder), "--target", "other")["notifications"] == []


def test_retry_puts_it_back_once_and_wakes_who_rests(folder: Path) -> None:
    [dead] = outbox("retry", "--all", "--dry-run", "--town", str(folder))["notifications"]
    assert outbox("dead", str(folder))["notifications"] != [], "a dry run changes nothing"
    [waiting] = outbox("list", str(folder))["notifications"]
    outbox("retry", dead["id"], waiting["id"], "--town", str(folder))

    found = outbox("list", str(folder))
    assert len(found["notifications"]) == 2 and found["resting"] == []
    assert outbox("dead", str(folder))["notifications"] == []


@pytest.mark.parametrize("arguments", [["retry"], ["retry", "A-1:1:2:email:nobody"], ["digest", "D-1"]])
def test_what_is_not_there_is_said(folder: Path, arguments: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"there is no|name the notifications"):
        outbox(*arguments, "--town", str(folder))
