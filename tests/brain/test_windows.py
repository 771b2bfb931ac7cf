"""`town windows`: made, listed and ended while no brain runs."""

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
    """A state folder of the test's own."""
    monkeypatch.setenv("TOWN_STATE", str(tmp_path / "state"))


def windows(*arguments: str) -> Any:
    ran = CliRunner().invoke(app, ["windows", *arguments, "--json"])
    if isinstance(ran.exception, ConfigError):
        raise ran.exception
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


ADD = ("add", "drill", "--facility", "cellar-2", "--why", "yearly", "--town", str(HUANGJIU))


def test_window_is_added_listed_and_ended() -> None:
    made = windows(*ADD, "--for", "2h")

    assert made["written"] and made["window"]["scope"] == "cellar-2"
    assert windows("list", str(HUANGJIU)) == [made["window"]]
    assert windows("end", made["window"]["id"], "--town", str(HUANGJIU))["ended"]["ended_by"]
    assert windows("list", str(HUANGJIU)) == []
    assert [one["why"] for one in windows("list", str(HUANGJIU), "--past")] == ["yearly"]


def test_dry_run_writes_nothing_and_still_looks() -> None:
    assert windows(*ADD, "--for", "2h", "--dry-run")["written"] is False
    assert windows("list", str(HUANGJIU)) == []

    with pytest.raises(ConfigError, match="1d at most"):
        windows(*ADD, "--for", "25h", "--dry-run")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "either --to or --for"),
        (("--for", "2h", "--to", "2099-01-01 10:00"), "either --to or --for"),
        (("--for", "soon"), "--for"),
        (("--to", "tomorrow"), "--to"),
        (("--for", "2h", "--zone", "old-street"), "either --facility or --zone"),
    ],
)
def test_what_is_missing_or_too_much_is_said(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        windows(*ADD, *arguments)
