"""The settings of a running brain: option over environment over `town.toml` over default, each under one name."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, ByteSize, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from town.errors import ConfigError
from town.findings import suggest
from town.language import Language
from town.moment import parse_duration


def _duration(text: str) -> str:
    parse_duration(text)
    return text


def _size(text: str) -> str:
    size_in_bytes(text)
    return text


def size_in_bytes(text: str) -> int:
    """Bytes of `1GiB`, `500MB` or `0`; raises ValueError for anything else."""
    return TypeAdapter(ByteSize).validate_python(text)


DurationText = Annotated[str, AfterValidator(_duration)]
"""A duration as people write it, `30s`; `parse_duration` reads it."""
SizeText = Annotated[str, AfterValidator(_size)]
"""A size as people write it, `1GiB`; `size_in_bytes` reads it."""

PREFIX = "TOWN_"
NOT_SETTINGS = ("TOWN_SECRET_", "TOWN_REQUIRE_SERVICES")
"""Beginnings of names that others read: the values of named secrets, and what the tests may not skip."""


class Settings(BaseSettings):
    """Every setting: in the environment its name in capitals behind `TOWN_`, and every secret also as `TOWN_…_FILE`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    mqtt_url: str = Field(
        "embedded", description="The broker: `embedded`, `mqtt://user@host:1883` or `mqtts://user@host:8883` (MQTT 5)."
    )
    mqtt_port: int = Field(
        1883, ge=1, le=65534, description="Port of the embedded broker for MQTT 3.1.1; the next one serves MQTT 5."
    )
    mqtt_password: SecretStr | None = Field(None, description="Password for the broker.")
    mqtt_ca: Path | None = Field(None, description="PEM file of the authority that signed the broker's certificate.")
    mqtt_share: str | None = Field(None, description="Name of a shared subscription, for several ingest processes.")
    ingest_id: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")] = Field(
        "ingest", description="Name of an ingest process, its own in the town and the same after a restart."
    )
    ingest_gateways: Literal["all", "shared", "alone"] | None = Field(
        None,
        description="Which gateways an ingest process takes: `all`, those whose messages can be `shared` out, or those "
        "whose format needs to be heard `alone`. Default: `shared` with TOWN_MQTT_SHARE, else `all`.",
    )
    mqtt_acknowledge: Literal["off", "on"] = Field(
        "off", description="`on`: who may publish on `town/<town>/alerts/<alert>/acknowledge` may acknowledge alerts."
    )
    store_url: str = Field(
        "duckdb:", description="The store: `duckdb:`, `duckdb:PATH`, `influxdb://host:8086/town` or `influxdbs://…`."
    )
    store_user: str | None = Field(None, description="User of InfluxDB 1.x.")
    store_password: SecretStr | None = Field(None, description="Password of InfluxDB 1.x.")
    store_token: SecretStr | None = Field(None, description="Token of InfluxDB 2.x or 3.x.")
    store_admin_token: SecretStr | None = Field(
        None, description="Token that may prepare InfluxDB 2.x or 3.x; only `town store init` uses it."
    )
    grafana_token: SecretStr | None = Field(
        None, description="Token of Grafana, of a service account with the role Admin; only `town boards push` uses it."
    )
    grafana_store_token: SecretStr | None = Field(
        None, description="Token with which Grafana is to read InfluxDB: one that may only read."
    )
    grafana_console_token: SecretStr | None = Field(
        None, description="Token with which Grafana is to read our alerts: `town account token grafana --role viewer`."
    )
    store_keep_raw: str = Field("400d", description="How long readings are kept: `400d`, or `forever`.")
    store_keep_1m: str = Field("730d", description="How long their minutes are kept; not shorter than readings.")
    store_keep_1h: str = Field("forever", description="How long their hours are kept; not shorter than minutes.")
    store_patience: DurationText = Field(
        "2s", description="How long the store may take for a write before its readings go into the spool."
    )
    spool_size: SizeText = Field(
        "1GiB",
        description="Most bytes of the spool, where readings wait on disk for a store that is slow or away; 0: none.",
    )
    spool_age: DurationText = Field(
        "30d", description="How long the oldest in the spool may wait before it takes no more."
    )
    book_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the alert book; without it, SQLite in the state folder."
    )
    secrets: Path | None = Field(
        None, description="Folder with a file for each secret that the town folder names, called as the secret is."
    )
    state: Path | None = Field(None, description="Folder for what must survive; default `./state/<town id>`.")
    http: str = Field("127.0.0.1:8080", description="Address and port of the console and the API.")
    vitals: str | None = Field(
        None, description="Address and port where `town ingest` and `town rules` answer /healthz, /readyz and /metrics."
    )
    public_url: str | None = Field(None, description="How people reach the console, for links in messages.")
    heartbeat_url: SecretStr | None = Field(
        None, description="Is sent a POST every minute while alerts can be judged and told; who watches it sees us die."
    )
    link_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key of the links in messages, the same for rules and console when these keep their state apart.",
    )
    notify: Literal["send", "local"] | None = Field(
        None, description="`send` to the real addresses, or `local`: everything to receivers on this machine."
    )
    smtp_url: str | None = Field(None, description="Mail server: `smtp://user@host:587` (STARTTLS) or `smtps://…:465`.")
    smtp_password: SecretStr | None = Field(None, description="Password for the mail server.")
    smtp_from: str | None = Field(None, description="Sender address of mails.")
    dingtalk_url: str | None = Field(
        None, description="A stand-in for DingTalk's robots, such as a proxy: `https://host`. So for each that follows."
    )
    wecom_url: str | None = Field(None, description="A stand-in for WeCom's robots and applications.")
    feishu_url: str | None = Field(None, description="A stand-in for Feishu's robots.")
    lark_url: str | None = Field(None, description="A stand-in for Lark's robots.")
    aliyun_sms_url: str | None = Field(None, description="A stand-in for Aliyun's short messages.")
    aliyun_voice_url: str | None = Field(None, description="A stand-in for Aliyun's calls.")
    twilio_url: str | None = Field(None, description="A stand-in for Twilio.")
    telegram_url: str | None = Field(None, description="A stand-in for Telegram's bots.")
    slack_url: str | None = Field(None, description="A stand-in for Slack's webhooks.")
    operators: int = Field(
        1,
        ge=1,
        le=1_000,
        description="How many people look after alerts at a time: the figures of alerting are for each.",
    )
    language: Language | None = Field(None, description="`zh`, `zh-Hant` or `en`; default: the town's own.")
    log: Literal["text", "json"] = Field("text", description="Form of the log lines.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what it is given: the other sources are read by `load_settings`, which remembers the origin."""
        return (init_settings,)


class LoadedSettings(NamedTuple):
    """The settings, and where each value came from: `option`, `environment`, `file NAME`, `town.toml` or `default`."""

    settings: Settings
    origins: dict[str, str]


def load_settings(options: Mapping[str, Any], folder: Path | None = None) -> LoadedSettings:
    """Read all sources. `options` that are None were not given. `town.toml` stands beside the town folder.

    Raises ConfigError naming every setting that is wrong, and where it was set.
    """
    layers: list[tuple[str, dict[str, Any]]] = [
        ("option", InitSettingsSource(Settings, {k: v for k, v in options.items() if v is not None})()),
        *_secret_files(),
        ("environment", {**EnvSettingsSource(Settings, env_ignore_empty=True)(), **_unknown_in_environment()}),
    ]
    toml = folder.resolve().parent / "town.toml" if folder else None
    if toml and toml.is_file():
        layers.append(("town.toml", _toml(toml)))
    values: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    for origin, layer in reversed(layers):
        values.update(layer)
        origins.update(dict.fromkeys(layer, origin))
    try:
        return LoadedSettings(Settings(**values), origins)
    except ValidationError as error:
        raise ConfigError("\n".join(_problem(e["loc"], e["msg"], origins) for e in error.errors())) from None


def _unknown_in_environment() -> dict[str, str]:
    """Names that look like settings and are none: a slip in a name must not leave a default in force unseen."""
    files = {f"{name}_file" for name in Settings.model_fields if _is_secret(name)}
    names = [name for name in os.environ if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS)]
    asked = {name.removeprefix(PREFIX).lower(): name for name in names}
    return {name: "" for name in asked if name not in Settings.model_fields and name not in files}


def _is_secret(name: str) -> bool:
    return SecretStr in getattr(Settings.model_fields[name].annotation, "__args__", ())


def _toml(path: Path) -> dict[str, Any]:
    try:
        return TomlConfigSettingsSource(Settings, path)()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _secret_files() -> list[tuple[str, dict[str, Any]]]:
    """`TOWN_X_FILE` names a file that holds the secret X, one layer each, stronger than the environment."""
    layers: list[tuple[str, dict[str, Any]]] = []
    for name in Settings.model_fields:
        path = os.environ.get(f"{PREFIX}{name.upper()}_FILE")
        if not path or not _is_secret(name):
            continue
        try:
            layers.append((f"file {path}", {name: Path(path).read_text("utf-8").strip()}))
        except OSError as error:
            raise ConfigError(f"{PREFIX}{name.upper()}_FILE={path}: {error.strerror}") from None
    return layers


def _problem(location: tuple[int | str, ...], message: str, origins: dict[str, str]) -> str:
    name = str(location[0]) if location else "?"
    if name not in Settings.model_fields:
        origin = origins.get(name, "?")
        written = f"{PREFIX}{name.upper()}" if origin == "environment" else name
        hint = suggest(name, Settings.model_fields) or "`town settings` lists them"
        return f"{written} (from {origin}): there is no such setting; {hint}"
    return f"{PREFIX}{name.upper()} (from {origins[name]}): {message}"
