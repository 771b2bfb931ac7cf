"""Where the value of a named secret comes from."""

from pathlib import Path

import pytest

from brain.secrets import secret


def test_a_folder_holds_a_file_for_each_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "WECOM_FIRE").write_text("key-1\n")
    monkeypatch.setenv("TOWN_SECRETS", str(tmp_path))

    assert secret("WECOM_FIRE") == "key-1"
    assert secret("WECOM_POLICE") is None


def test_a_variable_of_its_own_is_stronger_than_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "WECOM_FIRE").write_text("key-1\n")
    monkeypatch.setenv("TOWN_SECRETS", str(tmp_path))
    monkeypatch.setenv("TOWN_SECRET_WECOM_FIRE", "key-2")

    assert secret("WECOM_FIRE") == "key-2"


def test_a_name_never_leads_out_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").write_text("private")
    monkeypatch.setenv("TOWN_SECRETS", str(tmp_path / "inside"))

    assert secret("../outside") is None
