"""Real servers for tests: each starts on a free loopback port, is waited for, and is ended."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.ports import free_port

DEPLOY = Path(__file__).parents[1] / "deploy"
PACKAGES = {
    "mosquitto": "mosquitto",
    "influxd": "influxdb",
    "chromium": "chromium",
    "mosquitto_passwd": "mosquitto",
    "openssl": "openssl",
    "caddy": "caddy",
    "initdb": "postgresql",
    "postgres": "postgresql",
    "createdb": "postgresql",
}


def need(program: str) -> str:
    """The path of a program; skips the test with the name of its package, or fails when services are required."""
    versions = map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    path = shutil.which(program) or shutil.which(program, path=":".join(["/usr/sbin", "/sbin", *versions]))
    if path:
        return path
    message = f"{program} is missing: apt-get install {PACKAGES[program]}"
    if os.environ.get("TOWN_REQUIRE_SERVICES") == "1":
        pytest.fail(message)
    pytest.skip(message)


def wait_until(
    answers: Callable[[], bool], *, seconds: float = 30, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Return once `answers` is true; fails when the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while not answers():
        if process is not None and process.poll() is not None:
            pytest.fail(f"{process.args!r} ended with {process.returncode}")
        if time.monotonic() > deadline:
            pytest.fail(f"no answer within {seconds} s")
        time.sleep(0.02)  # waiting for another process to open its port: there is no event to wait for


def listens(port: int) -> bool:
    """Whether something accepts connections on that loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
        return True
    return False


class Service:
    """One server process that can be stopped, killed and started again on the same port with the same files."""

    def __init__(
        self,
        command: list[str],
        *,
        port: int,
        folder: Path,
        ready: Callable[[], bool],
        env: dict[str, str] | None = None,
    ) -> None:
        self.command, self.port, self.folder, self._ready, self._env = command, port, folder, ready, env
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **(self._env or {})}
            )
        wait_until(self._ready, process=self.process)

    def stop(self) -> None:
        """End it as an operator would, and wait for its end."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(subprocess.Popen.kill)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self.process is not None:
            how(self.process)
            self.process.wait(15)
            self.process = None


@contextlib.contextmanager
def running(service: Service) -> Iterator[Service]:
    """The service, started, and ended afterwards."""
    service.start()
    try:
        yield service
    finally:
        service.kill()


def mosquitto(folder: Path, *, extra: str = "") -> Service:
    """Mosquitto that keeps its sessions on disk, open to anyone on a loopback port unless `extra` says otherwise."""
    program, port = need("mosquitto"), free_port()
    anonymous = "" if "allow_anonymous" in extra else "allow_anonymous true\n"
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\n{anonymous}persistence true\npersistence_location {folder}/\n"
        f"autosave_interval 1\nmax_queued_messages 0\nmax_inflight_messages 0\nuser root\n{extra}"
    )
    return Service(
        [program, "-c", str(folder / "mosquitto.conf")], port=port, folder=folder, ready=lambda: listens(port)
    )


def influxd(folder: Path, *, user: str | None = None, password: str | None = None) -> Service:
    """InfluxDB 1.x with the file of deploy/ and its data in `folder`; with a user, it asks everyone for a password."""
    program, port = need("influxd"), free_port()
    shutil.copy(DEPLOY / "influxdb" / "influxdb.conf", folder)
    env = {
        "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{port}",
        "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
        "INFLUXDB_HTTP_AUTH_ENABLED": "true" if user else "false",
    }

    def answers() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1) as answer:
            return bool(answer.status == 204)
        return False

    service = Service([program, "-config", "influxdb.conf"], port=port, folder=folder, ready=answers, env=env)
    if user:
        service.start()
        made = influx_query(port, f"CREATE USER {user} WITH PASSWORD '{password}' WITH ALL PRIVILEGES")
        service.stop()
        assert made.strip() == b'{"results":[{"statement_id":0}]}', made
    return service


def influx_query(port: int, query: str, *, user: str = "", password: str = "") -> bytes:
    """What InfluxDB answers to one statement, asked without any code of ours."""
    who = f"?{urlencode({'u': user, 'p': password})}" if user else ""
    data = urlencode({"q": query}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/query{who}", data=data)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return bytes(error.read())


def postgresql(folder: Path) -> Service:
    """PostgreSQL with its data in `folder`, open to anyone on a loopback port; a power cut would harm it."""
    owner, port = as_postgres(folder), free_port()
    data = folder / "data"
    made = [need("initdb"), "-D", str(data), "-U", "town", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    subprocess.run([*owner, *made], check=True, capture_output=True, cwd=folder)
    told = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    options = [part for name, value in told.items() for part in ("-c", f"{name}={value}")]
    command = [*owner, need("postgres"), "-D", str(data), *options]
    return Service(command, port=port, folder=folder, ready=lambda: listens(port))


def as_postgres(folder: Path) -> list[str]:
    """What begins a command of PostgreSQL, which refuses to run as root: then `folder` becomes its own user's."""
    if os.geteuid() != 0:
        return []
    for path in (folder, *folder.parents):
        if path.stat().st_uid == 0 and path not in (Path("/"), Path("/tmp")):
            path.chmod(path.stat().st_mode | 0o011)
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def postgresql_database(service: Service, name: str, *, template: str = "template1") -> str:
    """The URL of a new database, a copy of another one."""
    place = ["-h", "127.0.0.1", "-p", str(service.port), "-U", "town"]
    made = subprocess.run([need("createdb"), *place, "-T", template, name], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return f"postgresql://town@127.0.0.1:{service.port}/{name}"
