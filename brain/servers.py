"""The servers of a town without containers: Mosquitto, InfluxDB 1.x, PostgreSQL, each with its files in one folder."""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import NamedTuple

from brain.supervisor import Service
from town.errors import ConfigError
from town.private_file import write_private

DEPLOY = Path(__file__).parents[1] / "deploy"
PACKAGES = {
    "mosquitto": "apt-get install mosquitto, brew install mosquitto",
    "influxd": "apt-get install influxdb (1.x)",
    "initdb": "apt-get install postgresql",
    "postgres": "apt-get install postgresql",
}
_PLACES = ("/usr/sbin", "/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
_POSTGRESQL = "/usr/lib/postgresql"
_LOOPBACK = "127.0.0.1"
TLS_STEP = 7_000
"""From the port without TLS to the one with: 1883 and 8883."""


class Ports(NamedTuple):
    """Where the servers listen, on loopback."""

    mqtt: int
    influx: int
    postgresql: int | None


def require_programs(*names: str) -> None:
    """Raise ConfigError naming every program that is missing, and what to install."""
    missing = [name for name in names if find_program(name) is None]
    if missing:
        told = "; ".join(f"{name} ({PACKAGES[name]})" for name in missing)
        raise ConfigError(f"These programs are missing: {told}. `town up` without --profile services needs none.")


def find_program(name: str) -> str | None:
    """Where a program is: on the PATH, or where packages put it."""
    newest = sorted(Path(_POSTGRESQL).glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *_PLACES, *map(str, newest)])
    return shutil.which(name, path=places)


def _program(name: str) -> str:
    found = find_program(name)
    assert found is not None, "require_programs() comes first"
    return found


def mosquitto(folder: Path, *, port: int, logs: Path) -> Service:
    """Mosquitto with the files of deploy/ in a folder that `town gateway init` has prepared."""
    source, doors = DEPLOY / "mosquitto", folder / "listeners"
    if not source.is_dir():
        raise ConfigError(f"{source} is missing: --profile services needs the files of the repository beside the code")
    shutil.copy(source / "mosquitto.conf", folder)
    doors.mkdir(exist_ok=True)
    written = (source / "loopback" / "listeners.conf").read_text("utf-8")
    for usual, wanted in ((1883, port), (8883, port + TLS_STEP), (8884, port + TLS_STEP + 1)):
        written = written.replace(f"listener {usual} ", f"listener {wanted} ")
    (doors / "listeners.conf").write_text(written, "utf-8")
    if os.geteuid() == 0:  # it would go on as a user of its own, who may not look into our state folder
        (doors / "user.conf").write_text("user root\n", "utf-8")
    command = [_program("mosquitto"), "-c", "mosquitto.conf"]
    return Service(
        "mosquitto", command, lambda: _listens(port), folder=folder, output=logs / "mosquitto.log", serves=True
    )


def influxd(folder: Path, *, port: int, logs: Path) -> Service:
    """InfluxDB 1.x with the file of deploy/, which asks for passwords. Raises ConfigError for other versions."""
    program = _program("influxd")
    _require_first(program)
    source = DEPLOY / "influxdb" / "influxdb.conf"
    if not source.is_file():
        raise ConfigError(f"{source} is missing: --profile services needs the files of the repository beside the code")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copy(source, folder)
    env = {"INFLUXDB_HTTP_BIND_ADDRESS": f"{_LOOPBACK}:{port}", "INFLUXDB_BIND_ADDRESS": f"{_LOOPBACK}:{port + 2}"}
    command = [program, "-config", "influxdb.conf"]
    output = logs / "influxd.log"
    return Service("influxd", command, lambda: _listens(port), env=env, folder=folder, output=output, serves=True)


def _require_first(program: str) -> None:
    command = [program, "version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603 - found by name
    if "v2." in done.stdout or "v3." in done.stdout:
        raise ConfigError(
            f"{program} is {done.stdout.strip():.60}; --profile services starts 1.x only. Start it yourself, prepare "
            "it with `town store init`, and run `town ingest`, `town rules` and `town console` (docs/processes.md)."
        )


def postgresql(folder: Path, *, port: int, password_file: Path, logs: Path) -> Service:
    """PostgreSQL, its data made at the first start, with one account, `town`. As root it runs as the user postgres."""
    user = "postgres" if os.geteuid() == 0 else None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = folder / "data"
    if user is not None:
        _require_way(folder.parent)
        shutil.chown(folder, user, user)
    if not (data / "PG_VERSION").exists():
        _initdb(data, user=user, password_file=password_file)
    told = {"listen_addresses": _LOOPBACK, "port": port, "unix_socket_directories": "", "max_connections": 40}
    command = [_program("postgres"), "-D", str(data)]
    command += [part for name, value in told.items() for part in ("-c", f"{name}={value}")]
    return Service(
        "postgresql", command, lambda: _listens(port), folder=folder, output=logs / "postgresql.log", user=user,
        stop=signal.SIGINT, serves=True,
    )  # fmt: skip


def _require_way(folder: Path) -> None:
    """Raise ConfigError unless other users can get into a folder."""
    closed = next((path for path in (folder, *folder.parents) if not path.stat().st_mode & stat.S_IXOTH), None)
    if closed is not None:
        raise ConfigError(
            f"PostgreSQL does not run as root, and its user cannot pass through {closed}: run `town up` as an ordinary "
            "user, name another --state, or leave --postgresql out (the alert book is then SQLite)."
        )


def _initdb(data: Path, *, user: str | None, password_file: Path) -> None:
    # It reads the password as its own user does, who may not look into our folder of secrets.
    password = data.parent / "password"
    write_private(password, password_file.read_bytes())
    command = [_program("initdb"), "-D", str(data), "-U", "town", "-A", "scram-sha-256", f"--pwfile={password}"]
    command += ["-E", "UTF8", "--no-locale"]
    try:
        done = subprocess.run(  # noqa: S603 - a program found by its name, arguments of ours
            command, capture_output=True, check=False, cwd=data.parent,
            user=user, group=user, extra_groups=[] if user else None,
        )  # fmt: skip
    finally:
        password.unlink()
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise ConfigError(f"initdb could not make {data}: {done.stderr.decode('utf-8', 'replace').strip()}")


async def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection(_LOOPBACK, port)
        writer.close()
        return True
    return False
