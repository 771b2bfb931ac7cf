"""The commands as a shell sees them: exit codes, JSON, and messages that say what to do."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from brain.broker import embedded_broker
from tests import ports

TOWNS = Path(__file__).parents[2] / "towns"


def town(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "brain", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def spoilt(folder: Path, **changes: tuple[str, str]) -> Path:
    """A copy of Huangjiu with mistakes: by file (dots for slashes), what is replaced and by what, once."""
    shutil.copytree(TOWNS / "huangjiu", folder)
    for name, (before, after) in changes.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), "utf-8")
    return folder


def test_check_passes_the_example_town() -> None:
    ran = town("check", TOWNS / "huangjiu", "--json")

    assert ran.returncode == 0
    assert json.loads(ran.stdout) == {"ok": True, "findings": []}


def test_check_shows_ten_mistakes_in_ten_places(tmp_path: Path) -> None:
    folder = spoilt(
        tmp_path / "town",
        town_yaml=("Asia/Shanghai", "Asia/Shangai"),
        facilities_yaml=("kind: cellar", "kind: celar"),
        gateways_yaml=("decoder: zigbee2mqtt", "decoder: zigbe2mqtt"),
        sensors_csv=("CE1-S02,gw-cellars", "CE1-S02,gw-cellar"),
        rules__fire_yaml=("smoke_detector", "smoke_detecter"),
        rules__device_yaml=("severity:", "severty:"),
        rules__security_yaml=("panic_button", "panik_button"),
        people_yaml=("to: env-office", "to: env-ofice"),
        scenarios__demo_yaml=("cellar-2", "celler-2"),
        map_geojson=('"outline"', '"outlines"'),
    )

    ran = town("check", folder, "--json")
    findings = json.loads(ran.stdout)["findings"]

    assert ran.returncode == 1
    assert len(findings) == len({finding["file"] for finding in findings}) == 10, findings
    assert all(finding["line"] and finding["message"] for finding in findings), findings


def test_check_prints_findings_as_compilers_do(tmp_path: Path) -> None:
    ran = town("check", spoilt(tmp_path / "town", people_yaml=("to: env-office", "to: env-ofice")))

    written = (TOWNS / "huangjiu" / "people.yaml").read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(written, 1) if "to: env-office}" in text)
    assert f"people.yaml:{line}: error: routes[4].to: there is no `env-ofice`" in ran.stderr
    assert "did you mean `env-office`?" in ran.stderr


def test_test_runs_the_cases_of_the_example_town() -> None:
    ran = town("test", TOWNS / "huangjiu", "--json")
    result = json.loads(ran.stdout)

    assert ran.returncode == 0, ran.stdout
    assert result["untouched_rules"] == []
    assert len(result["cases"]) >= 20


def test_test_shows_what_was_expected_and_what_was_found(tmp_path: Path) -> None:
    folder = spoilt(tmp_path / "town")
    case = next((folder / "rules" / "cases").glob("smoke_in_a_cellar"))
    expect = case / "expect.yaml"
    expect.write_text(expect.read_text("utf-8").replace("state: active", "state: normal"), "utf-8")

    ran = town("test", case)

    assert ran.returncode == 1
    assert "expected state normal, found active" in ran.stdout


def test_settings_hide_secrets_and_tell_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOWN_MQTT_PASSWORD", "hush")
    monkeypatch.setenv("TOWN_LANGUAGE", "en")

    ran = town("settings", "--json")
    found = {row["setting"]: (row["value"], row["origin"]) for row in json.loads(ran.stdout)}

    assert found["TOWN_LANGUAGE"] == ("en", "environment")
    assert found["TOWN_MQTT_PASSWORD"] == ("•••", "environment")
    assert "hush" not in ran.stdout


async def test_up_says_who_has_its_port_and_what_to_do(tmp_path: Path) -> None:
    port = ports.free_ports(2)
    arguments = ["--mqtt-port", str(port), "--http-port", str(ports.free_port()), "--state", str(tmp_path)]
    async with embedded_broker(port):
        ran = town("up", TOWNS / "huangjiu", *arguments)

    assert ran.returncode == 2
    assert f"Port {port} for the embedded MQTT broker is taken by python" in ran.stderr
    assert "--mqtt-port" in ran.stderr
    assert "--mqtt mqtt://" in ran.stderr


def test_up_starts_nothing_for_a_town_with_mistakes(tmp_path: Path) -> None:
    ran = town("up", spoilt(tmp_path / "town", people_yaml=("to: env-office", "to: env-ofice")))

    assert ran.returncode == 1
    assert "Nothing was started" in ran.stderr


def test_quarantine_without_one_says_so(tmp_path: Path) -> None:
    ran = town("quarantine", "list", "--state", tmp_path / "state")

    assert ran.returncode == 2
    assert "nothing was refused yet" in ran.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [(("17",), "nothing was refused"), ((TOWNS / "huangjiu", "17"), "nothing was refused"), (("x",), "name one entry")],
)
def test_an_entry_of_the_quarantine_is_named_with_its_town_or_without(
    tmp_path: Path, words: tuple[str | Path, ...], said: str
) -> None:
    ran = town("quarantine", "show", *words, "--state", tmp_path)

    assert ran.returncode == 2 and said in ran.stderr


def test_an_account_is_added_with_a_password_from_standard_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "brain", "account", "add", "li.wei", "--state", str(tmp_path)]
    subprocess.run(command, input="correct horse battery\n", text=True, check=True, capture_output=True, timeout=60)

    listed = json.loads(town("account", "list", "--state", tmp_path, "--json").stdout)

    assert listed == [{"name": "li.wei", "role": "operator"}]
