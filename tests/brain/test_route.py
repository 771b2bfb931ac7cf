"""`town route explain`: who would be told, read by people and by programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from brain.cli import app
from town.errors import ConfigError

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A book of the test's own, and a wide screen."""
    monkeypatch.setenv("TOWN_STATE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")


def explain(*arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["route", "explain", "--town", str(HUANGJIU), *arguments])
    if isinstance(ran.exception, ConfigError):
        raise ran.exception
    return ran.exit_code, ran.stdout


def test_explain_names_who_is_on_duty_and_each_step_of_escalation() -> None:
    code, printed = explain("--category", "fire", "--at", "2026-11-27 12:00", "--json")
    said: dict[str, Any] = json.loads(printed)
    steps = said["escalations"][0]["steps"]

    assert code == 0
    assert [call["target"] for call in said["routes"][1]["calls"]] == ["li.wei", "xu.jianjun"]
    assert [(step["calls"][0]["at"][11:16], step["calls"][0]["target"]) for step in steps] == [
        ("12:02", "xu.jianjun"), ("12:05", "shen.guohua"),
    ]  # fmt: skip


def test_explain_says_in_words_who_is_left_alone_until_when() -> None:
    code, printed = explain("--category", "environment", "--severity", "major", "--at", "2026-11-27 23:00")
    words = " ".join(printed.split())

    assert code == 0 and "qian.lihua by email at 23:00:00, held until 2026-11-28 07:00:00" in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name an alert, or what it is like"),
        (("A-20261128-0001",), "there is no alert A-20261128-0001"),
        (("--category", "fire", "--facility", "cellar-22"), "did you mean `cellar-2`?"),
        (("--category", "fire", "--zone", "nowhere"), "there is no zone nowhere; there are:"),
        (("--category", "fire", "--at", "soon"), "--at: 'soon' is not a moment"),
    ],
)
def test_explain_says_what_is_wrong(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        explain(*arguments)

    assert message in str(refused.value)
