"""Which store a setting means."""

from pathlib import Path
from urllib.parse import urlsplit

from town.errors import ConfigError
from town.settings import Settings
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.store.influx_server import InfluxServer
from town.store.retention import keep_of
from town.town import Town

FILE_NAME = "readings.duckdb"

_SCHEMES = {"influxdb": "http", "influxdbs": "https"}
_EXPECTED = "write `duckdb:`, `duckdb:PATH`, `influxdb://host:8086/town` or `influxdbs://host:8086/town`"


def open_store(settings: Settings, town: Town, state: Path) -> DuckStore | InfluxStore:
    """The store that TOWN_STORE_URL names, to be used with `async with`; `state` is where the embedded file stands.

    Raises ConfigError for a URL that names none.
    """
    scheme, _, rest = settings.store_url.partition(":")
    if scheme == "duckdb":
        return DuckStore(_path(rest, state), town)
    if scheme not in _SCHEMES:
        raise ConfigError(f"TOWN_STORE_URL: {scheme[:40]!r} is not a store: {_EXPECTED}")
    base, database = _server(settings.store_url)
    secret, token = settings.store_password, settings.store_token
    if settings.store_user and token:
        raise ConfigError("TOWN_STORE_USER and TOWN_STORE_TOKEN: one of them, a user for 1.x, a token for 2.x and 3.x")
    return InfluxStore(
        base,
        town,
        database=database,
        user=settings.store_user,
        password=secret.get_secret_value() if secret else None,
        token=token.get_secret_value() if token else None,
        keep=keep_of(settings),
    )


def open_influx(settings: Settings) -> InfluxServer:
    """The InfluxDB that TOWN_STORE_URL names, for questions of one's own. Raises ConfigError for anything else."""
    if settings.store_url.partition(":")[0] not in _SCHEMES:
        raise ConfigError(f"TOWN_STORE_URL: {settings.store_url[:40]!r} is no InfluxDB: {_EXPECTED}")
    base, database = _server(settings.store_url)
    password, token = settings.store_password, settings.store_token
    return InfluxServer(
        base,
        database,
        user=settings.store_user,
        password=password.get_secret_value() if password else None,
        token=token.get_secret_value() if token else None,
    )


def _path(rest: str, state: Path) -> Path | None:
    if rest == ":memory:":
        return None
    return Path(rest).expanduser() if rest else state / FILE_NAME


def _server(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 8086
    except ValueError:  # its words may quote a password
        raise ConfigError(f"TOWN_STORE_URL: host and port cannot be read: {_EXPECTED}") from None
    if parts.username or parts.password:
        raise ConfigError("TOWN_STORE_URL: no user and no password in it: set TOWN_STORE_USER and TOWN_STORE_PASSWORD")
    database = parts.path.strip("/")
    if not host or not database or "/" in database or parts.query or parts.fragment:
        raise ConfigError(f"TOWN_STORE_URL: {_EXPECTED}")
    shown = f"[{host}]" if ":" in host else host
    return f"{_SCHEMES[parts.scheme]}://{shown}:{port}", database
