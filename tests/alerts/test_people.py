"""people.yaml: read whole, every mistake at once, each with its line."""

from pathlib import Path

import pytest

from alerts.people import NOBODY
from alerts.people_file import load_people
from tests.alerts.small_town import TOWN
from town.findings import Finding
from town.folder import load_town

ROUTES = "routes: [{to: room}]\n"
GOOD = f"""version: 1
people:
  - {{id: li.wei, name: 李伟, channels: {{email: li@x.example}}}}
targets:
  - {{id: room, channel: webhook, url: "https://x.example/hook", secret: ROOM}}
{ROUTES}"""


def findings(folder: Path, text: str) -> list[Finding]:
    (folder / "people.yaml").write_text(text, encoding="utf-8")
    return load_people(folder, TOWN)[1]


def test_load_people_of_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text(GOOD, encoding="utf-8")
    people, found = load_people(tmp_path, TOWN)

    assert found == [] and people is not None
    assert {one.id: one.channel for one in people.recipients.values()} == {"room": "webhook", "li.wei": "email"}


def test_load_people_without_the_file_tells_nobody_and_warns(tmp_path: Path) -> None:
    people, [found] = load_people(tmp_path, TOWN)

    assert (people, found.level) == (NOBODY, "warning")


def test_load_people_tells_every_mistake_at_once(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        """version: 1
people:
  - {id: li.wei, name: L, channels: {sms: "138 0000"}}
  - {id: li.wei, name: L, channels: {email: nowhere}}
targets:
  - {id: room, channel: webhook, url: "ftp://x", secret: hunter2}
  - {id: bare, channel: webhook}
  - {id: mail, channel: email}
  - {id: robot, channel: wecom, secret: WECOM}
routes:
  - {category: fire, to: [roon]}
  - {to: []}
""",
    )
    errors = [(one.line, one.where) for one in found if one.level == "error"]

    assert errors == [
        (3, "people[0].channels.sms"), (4, "people[1].channels.email"), (4, "people[1].id"),
        (6, "targets[0].secret"), (6, "targets[0].url"), (7, "targets[1]"), (7, "targets[1]"), (8, "targets[2]"),
        (11, "routes[0].to[0]"), (12, "routes[1].to"),
    ]  # fmt: skip
    assert "did you mean `room`?" in {one.suggestion for one in found}
    assert any("there is no account for sms" in one.message and one.level == "warning" for one in found)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (GOOD + "rotas: []\n", "rotas"),
        (GOOD.replace("to: room", "to: room, repeat: 30s"), "routes[0].repeat"),
        (GOOD.replace("to: room", "to: room, wait: soon"), "routes[0].wait"),
        (GOOD.replace("to: room", "to: room, category: flood"), "routes[0].category"),
        (GOOD.replace("secret: ROOM", "token: abc"), "targets[0].token"),
        (GOOD.replace("/hook", "/hook?access_token=abc"), "targets[0].url"),
        (GOOD.replace("x.example/hook", "me:pw@x.example/hook"), "targets[0].url"),
        (GOOD.replace("channel: webhook", "channel: pigeon"), "targets[0].channel"),
    ],
)
def test_load_people_refuses(tmp_path: Path, text: str, where: str) -> None:
    errors = [one for one in findings(tmp_path, text) if one.level == "error"]

    assert where in {one.where for one in errors}
    assert not any("abc" in one.message or "pw" in one.message for one in errors), "a secret is never repeated"


def test_load_people_warns_of_a_category_that_nobody_hears_of(tmp_path: Path) -> None:
    found = findings(tmp_path, GOOD.replace("to: room", "to: room, category: fire"))

    assert len([one for one in found if "nobody will be told" in one.message]) == 7


def test_load_people_of_the_example_town_has_nothing_to_find() -> None:
    folder = Path(__file__).parents[2] / "towns" / "huangjiu"
    town, _ = load_town(folder)
    assert town is not None
    people, found = load_people(folder, town)

    assert found == [] and people is not None and len(people.people) >= 6
