"""A town on servers and processes of its own, without containers: what `town up --profile services` starts.

Everything is under the state folder: `broker/`, `influxdb/`, `postgresql/`, `secrets/` (made at the first start, for
their owner alone), `logs/` of the servers, and what the roles keep.
"""

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from brain.asking import free_ports, is_ready
from brain.bundle import Bundle
from brain.clock import wall_clock
from brain.gateways import BROKER, Place
from brain.secret_files import read_secret, secret_file
from brain.servers import influxd, mosquitto, postgresql, require_programs
from brain.supervisor import Service, Supervisor
from ingest.decoders.registry import DECODERS
from ingest.identity.access_list import Role
from ingest.identity.authority import SERVER_CERTIFICATE
from town.errors import ConfigError
from town.private_file import write_private
from town.settings import Settings
from town.store.influx_server import InfluxServer
from town.store.influx_setup1 import make_account, make_administrator
from town.store.setup import Asked, prepare_store

ACCOUNT = "town"
DEFAULT_STORE = "influxdb://127.0.0.1:8086/town"
_ADMIN = "admin"


@dataclass(frozen=True)
class Layout:
    """What runs and where. `ingest` is how many processes share the load; `postgresql` is a port, None for SQLite."""

    bundle: Bundle
    settings: Settings
    state: Path
    mqtt_port: int
    ingest: int = 2
    postgresql: int | None = None

    @property
    def secrets(self) -> Path:
        """The folder of the secrets."""
        return self.state / "secrets"

    @property
    def accounts(self) -> Path:
        """The passwords of the broker's accounts, one file each."""
        return self.secrets / "broker"

    @property
    def postgresql_folder(self) -> Path:
        """Where the alert book's database is. Root cannot run it, and its user cannot look into our state folder."""
        return self.state.with_name(f"{self.state.name}-postgresql") if os.geteuid() == 0 else self.state / "postgresql"

    @property
    def store_port(self) -> int:
        """Where InfluxDB listens. Raises ConfigError for one that is not on this machine."""
        parts = urlsplit(self.settings.store_url)
        if parts.scheme != "influxdb" or parts.hostname not in ("127.0.0.1", "localhost"):
            raise ConfigError(
                f"--profile services starts its own InfluxDB: name it as {DEFAULT_STORE}, with another port if you like"
            )
        return parts.port or 8086

    @property
    def env(self) -> dict[str, str]:
        """What every process of the town is told."""
        env = {
            "TOWN_MQTT_URL": f"mqtt://brain@127.0.0.1:{self.mqtt_port}",
            "TOWN_MQTT_PASSWORD_FILE": str(self.accounts / "brain"),
            "TOWN_STORE_URL": self.settings.store_url,
            "TOWN_STORE_USER": ACCOUNT,
            "TOWN_STORE_PASSWORD_FILE": str(self.secrets / "store_password"),
            "TOWN_STATE": str(self.state),
            "TOWN_HTTP": self.settings.http,
            "PYTHONUNBUFFERED": "1",
        }
        if self.postgresql is not None:
            env["TOWN_BOOK_URL_FILE"] = str(self.secrets / "book_url")
        return env

    def role(self, name: str, *what: str, options: Sequence[str] = (), **env: str) -> Service:
        """A process of the town: a command on its folder."""
        command = [sys.executable, "-m", "brain", *what, str(self.bundle.folder), *options]
        return Service(name, command, env={**self.env, **env})

    def takers(self) -> list[Service]:
        """The ingest processes: those that share the load, and one for what cannot be shared."""
        learns = [DECODERS[gateway.decoder].learns for gateway in self.bundle.town.gateways.values()]
        names = [f"ingest-{number + 1}" for number in range(self.ingest)]
        share = f"town-{self.bundle.town.id}"
        shared = (
            []
            if all(learns)
            else [self.role(name, "ingest", options=["--id", name, "--share", share]) for name in names]
        )
        alone = self.role("ingest-alone", "ingest", options=["--id", "ingest-alone"], TOWN_INGEST_GATEWAYS="alone")
        return [*shared, alone] if any(learns) else shared


def write_environment(layout: Layout) -> Path:
    """What other commands have to be told to reach the same broker, store and book: for a shell to read."""
    path = layout.state / "environment"
    lines = [f"{name}={shlex.quote(value)}" for name, value in layout.env.items() if name.startswith("TOWN_")]
    write_private(path, "\n".join(lines) + "\n")
    return path


async def start_servers(layout: Layout, supervisor: Supervisor) -> None:
    """Start broker, store and, if it is wanted, the alert book's database, and prepare what each needs."""
    require_programs("mosquitto", "influxd", *(() if layout.postgresql is None else ("initdb", "postgres")))
    logs = layout.state / "logs"
    for folder in (logs, layout.secrets):
        folder.mkdir(exist_ok=True, mode=0o700)
    broker = _prepare_broker(layout)
    servers = [
        mosquitto(broker, port=layout.mqtt_port, logs=logs),
        influxd(layout.state / "influxdb", port=layout.store_port, logs=logs),
    ]
    if layout.postgresql is not None:
        servers.append(_prepare_book(layout, layout.postgresql, logs))
    await supervisor.start(*servers)
    await _prepare_store(layout)


def _prepare_broker(layout: Layout) -> Path:
    """The folder of the broker, with a certificate, and accounts for the brain and for every gateway."""
    place = Place(layout.bundle.town, layout.state / BROKER, layout.settings)
    authority, accounts = place.authority(), place.accounts()
    if not (place.folder / SERVER_CERTIFICATE).exists():
        authority.certify_server(["localhost", "127.0.0.1"], now=wall_clock())
    layout.accounts.mkdir(exist_ok=True, mode=0o700)
    for name, role in {**dict.fromkeys(place.town.gateways, Role.GATEWAY), "brain": Role.BRAIN}.items():
        if name not in accounts.roles:
            write_private(layout.accounts / name, accounts.add(name, role) + "\n")
    accounts.write()
    return place.folder


def _prepare_book(layout: Layout, port: int, logs: Path) -> Service:
    password = secret_file(layout.secrets, "book_password")
    url = f"postgresql://town:{quote(read_secret(password))}@127.0.0.1:{port}/postgres"
    file = secret_file(layout.secrets, "book_url")
    file.write_text(url + "\n", "utf-8")
    return postgresql(layout.postgresql_folder, port=port, password_file=password, logs=logs)


async def _prepare_store(layout: Layout) -> None:
    """An administrator, the database with its retention by the code of `town store init`, and an account for it."""
    admin = read_secret(secret_file(layout.secrets, "influx_admin"))
    password = read_secret(secret_file(layout.secrets, "store_password"))
    url, database = f"http://127.0.0.1:{layout.store_port}", urlsplit(layout.settings.store_url).path.strip("/")
    async with InfluxServer(url, database) as server:
        await make_administrator(server, _ADMIN, admin)
    settings = layout.settings.model_copy(
        update={"store_user": _ADMIN, "store_password": SecretStr(admin), "store_token": None}
    )
    await prepare_store(settings, layout.bundle.town, layout.state, Asked())
    async with InfluxServer(url, database, user=_ADMIN, password=admin) as server:
        await make_account(server, ACCOUNT, password)


def with_vitals(service: Service) -> Service:
    """The service, with an address where it says how it is; it is ready when it says so."""
    address = f"127.0.0.1:{free_ports(1)}"
    return replace(service, env={**service.env, "TOWN_VITALS": address}, ready=lambda: is_ready(address))


def vitals_of(service: Service) -> str:
    """Where it says how it is."""
    return service.env["TOWN_VITALS"]
