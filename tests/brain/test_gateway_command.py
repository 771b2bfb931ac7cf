"""`town gateway`, as an engineer uses it."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from brain.cli import app
from town.errors import ConfigError

FILES = {"acl", "accounts.json", "passwords", "ca.key", "ca.pem", "revoked.pem", "server.key", "server.pem"}


def town(*arguments: str, broker: Path) -> Result:
    call = ["gateway", *arguments, "--town", "towns/huangjiu", "--broker", str(broker)]
    return CliRunner().invoke(app, call, catch_exceptions=False)


def test_init_makes_what_a_broker_needs_for_its_owner_alone_and_once(tmp_path: Path) -> None:
    first = town("init", "--host", "localhost", broker=tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    again = town("init", "--host", "localhost", broker=tmp_path)

    assert written.keys() == FILES
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in FILES} == {0o600}
    assert "shown once" in first.output and again.output == ""
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == written


def test_what_is_shown_once_is_kept_nowhere(tmp_path: Path) -> None:
    shown = json.loads(town("add", "gw-water", "--host", "mqtt.example", "--json", broker=tmp_path).output)

    assert shown["topics"] == ["town/huangjiu/gw-water/#"] and shown["port"] == 8883
    assert all(shown["password"].encode() not in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_a_certificate_comes_with_its_key_and_a_picture_of_what_to_enter(tmp_path: Path) -> None:
    code = tmp_path / "code.png"
    done = town("add", "gw-water", "--certificate", "--qr", str(code), broker=tmp_path / "broker")

    assert code.read_bytes().startswith(b"\x89PNG")
    assert "8884 (TLS)" in done.output and "█" not in done.output
    assert b"PRIVATE KEY" in (tmp_path / "broker" / "gw-water.key").read_bytes()


def test_the_list_names_gateways_that_cannot_connect_yet(tmp_path: Path) -> None:
    town("add", "gw-water", "--json", broker=tmp_path)
    town("add", "siren", "--listener", "--json", broker=tmp_path)
    standing = {row["account"]: (row["role"], row["standing"]) for row in list_(tmp_path)}

    assert standing["gw-water"] == ("gateway", "may connect")
    assert standing["gw-school"] == ("gateway", "no account")
    assert standing["siren"] == ("listener", "may connect")


def list_(broker: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(town("list", "--json", broker=broker).output)
    return rows


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (["add", "gw-watr"], "no gateway of huangjiu"),
        (["add", "a:b", "--listener"], "cannot be the name"),
        (["rotate", "gw-water"], "no account"),
        (["revoke", "gw-water"], "no account"),
    ],
)
def test_mistakes_are_told_and_change_nothing(call: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        town(*call, broker=tmp_path / "broker")

    assert not (tmp_path / "broker" / "passwords").exists()
