import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from town.errors import ConfigError
from town.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def no_settings_around_us() -> Iterator[None]:
    """The environment without our settings; put back afterwards."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("TOWN_")}
    yield
    for name in list(os.environ):
        if name.startswith("TOWN_"):
            del os.environ[name]
    os.environ.update(kept)


def folder_with(tmp_path: Path, toml: str) -> Path:
    (tmp_path / "town.toml").write_text(toml, "utf-8")
    (tmp_path / "huangjiu").mkdir()
    return tmp_path / "huangjiu"


def test_defaults_without_anything() -> None:
    settings, origins = load_settings({})

    assert (settings.mqtt_url, settings.store_url, settings.http) == ("embedded", "duckdb:", "127.0.0.1:8080")
    assert set(origins) == set(Settings.model_fields) and set(origins.values()) == {"default"}


def test_option_over_environment_over_file_over_default(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, 'http = "127.0.0.1:1"\nlanguage = "en"\nlog = "json"\nmqtt_port = 4000\n')
    os.environ |= {"TOWN_HTTP": "127.0.0.1:2", "TOWN_LANGUAGE": "zh-Hant"}

    settings, origins = load_settings({"http": "127.0.0.1:3", "log": None}, folder)

    assert (settings.http, origins["http"]) == ("127.0.0.1:3", "option")
    assert (settings.language, origins["language"]) == ("zh-Hant", "environment")
    assert (settings.log, origins["log"]) == ("json", "town.toml")
    assert (settings.mqtt_port, origins["mqtt_port"]) == (4000, "town.toml")
    assert (settings.mqtt_url, origins["mqtt_url"]) == ("embedded", "default")


def test_secret_from_a_file_over_the_environment(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("leaf-77\n", "utf-8")
    os.environ |= {"TOWN_STORE_TOKEN": "other", "TOWN_STORE_TOKEN_FILE": str(secret)}

    settings, origins = load_settings({})

    assert settings.store_token is not None and settings.store_token.get_secret_value() == "leaf-77"
    assert origins["store_token"] == f"file {secret}"
    assert "leaf-77" not in repr(settings)


def test_a_variable_that_is_empty_is_as_if_it_was_not_given() -> None:
    os.environ |= {"TOWN_SMTP_URL": "", "TOWN_SMTP_PASSWORD_FILE": "", "TOWN_MQTT_PORT": ""}

    settings, origins = load_settings({})

    assert (settings.smtp_url, settings.smtp_password, settings.mqtt_port) == (None, None, 1883)
    assert origins["smtp_url"] == "default"


def test_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    os.environ["TOWN_SMTP_PASSWORD_FILE"] = str(tmp_path / "nothing")

    with pytest.raises(ConfigError, match=r"TOWN_SMTP_PASSWORD_FILE=.*nothing: No such file"):
        load_settings({})


def test_every_wrong_setting_is_named_with_its_origin(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, 'mqtt_ulr = "x"\nlog = "loud"\n')
    os.environ["TOWN_MQTT_PORT"] = "99999"

    with pytest.raises(ConfigError) as caught:
        load_settings({}, folder)

    lines = str(caught.value).splitlines()
    assert any(line.startswith("TOWN_MQTT_PORT (from environment): ") for line in lines)
    assert any(line.startswith("TOWN_LOG (from town.toml): ") for line in lines)
    assert "mqtt_ulr (from town.toml): there is no such setting; did you mean `mqtt_url`?" in lines
    assert len(lines) == 3


def test_file_that_is_not_toml_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"town\.toml: .*line 1"):
        load_settings({}, folder_with(tmp_path, "log = loud\n"))


def test_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"store_token": ["leaf-77"]})

    assert "leaf-77" not in str(caught.value)


def test_slip_in_the_environment_is_refused_and_what_is_not_ours_is_left_alone() -> None:
    os.environ |= {"TOWN_SECRET_HOOK": "leaf-77", "TOWN_REQUIRE_SERVICES": "1", "TOWN": "x", "TOWNSHIP": "y"}
    load_settings({})
    os.environ["TOWN_STORE_ULR"] = "duckdb:"

    with pytest.raises(ConfigError, match=r"TOWN_STORE_ULR \(from environment\): .* did you mean `store_url`"):
        load_settings({})
