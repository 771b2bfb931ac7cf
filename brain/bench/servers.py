"""The servers of a bench, each in its own process on a free loopback port: Mosquitto and influxd if they are here."""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from brain.bench.children import Child, child, end
from brain.broker import embedded_broker
from brain.servers import DEPLOY
from town.errors import ConfigError

_STARTS_WITHIN = 15.0
_DATABASE = "town"
EMBEDDED_WINDOW = 50
"""The embedded broker ends the connection of a client that has more than 100 messages under way."""


class Server(NamedTuple):
    """A running server; `port` is for MQTT 5 with a broker, `url` what TOWN_STORE_URL says with a store."""

    name: str
    port: int
    url: str = ""
    pid: int | None = None
    window: int = 2_000
    """How many messages a publisher may send ahead of a broker's acknowledgements."""
    ask: Child | None = None
    """The store's process, where it is one of ours."""

    def cpu(self) -> float:
        """Seconds of CPU it has used; 0 when that is not known."""
        if self.pid is None:
            return 0.0
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


def program(name: str) -> str | None:
    """Where a program is, if it is here."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


@contextlib.asynccontextmanager
async def running_broker(folder: Path, *, embedded: bool = False) -> AsyncIterator[Server]:
    """Mosquitto that drops nothing, or the embedded broker when it is not here or not wanted."""
    mosquitto, port = None if embedded else program("mosquitto"), free_ports(2)
    if mosquitto is None:
        async with embedded_broker(port):
            yield Server("embedded", port + 1, window=EMBEDDED_WINDOW)
        return
    configuration = folder / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
        f"user {_user()}\nlog_type error\n"
    )
    async with _process(mosquitto, "-c", str(configuration), port=port, folder=folder) as process:
        yield Server("mosquitto", port, pid=process.pid)


@contextlib.asynccontextmanager
async def running_store(folder: Path, *, embedded: bool = False) -> AsyncIterator[Server]:
    """InfluxDB 1.x, or DuckDB behind a socket when it is not here or not wanted; `folder/town` is the town."""
    influxd, port = None if embedded else program("influxd"), free_ports(2)
    if influxd is None:
        town = folder / "town"
        async with child("brain.bench.duck_process", {"town": str(town), "file": str(folder / "bench.duckdb")}) as duck:
            port = (await duck.hear(_STARTS_WITHIN))["port"]
            yield Server("duckdb", port, f"bench://127.0.0.1:{port}", duck.pid, ask=duck)
        return
    async with influx_on(influxd, port, folder) as server:
        yield server


@contextlib.asynccontextmanager
async def influx_on(influxd: str, port: int, folder: Path) -> AsyncIterator[Server]:
    """InfluxDB on that port and the next, with the file of deploy/ and its data in the folder; what is there stays."""
    env = {
        "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{port}",
        "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{port + 1}",
        "INFLUXDB_HTTP_AUTH_ENABLED": "false",
    }
    shutil.copy(DEPLOY / "influxdb" / "influxdb.conf", folder)
    async with _process(influxd, "-config", "influxdb.conf", port=port, folder=folder, env=env) as process:
        yield Server("influxdb", port, f"influxdb://127.0.0.1:{port}/{_DATABASE}", process.pid)


@contextlib.asynccontextmanager
async def _process(
    *command: str, port: int, folder: Path, env: Mapping[str, str] = {}
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server that listens on a port; ended with the block."""
    with (folder / f"{Path(command[0]).name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **env}
        )
    try:
        await _listening(process, port, command[0])
        yield process
    finally:
        await end(process)


async def _listening(process: asyncio.subprocess.Process, port: int, name: str) -> None:
    try:
        async with asyncio.timeout(_STARTS_WITHIN):
            while not _listens(port):
                if process.returncode is not None:
                    raise ConfigError(f"{name} ended with exit code {process.returncode} while starting")
                await asyncio.sleep(0.02)  # another process opens the port: there is nothing to wait on
    except TimeoutError:
        raise ConfigError(f"{name} did not listen within {_STARTS_WITHIN:.0f} s") from None


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
        return True
    return False


def free_ports(count: int) -> int:
    """The first of so many neighbouring loopback ports that nothing listens on."""
    while True:
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            first = probes.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            for port in range(first + 1, first + count):
                probes.enter_context(socket.create_server(("127.0.0.1", port)))
            return int(first)


def _user() -> str:
    """Mosquitto gives up the rights of root, and could then not read what is ours, unless it is told to stay."""
    return "root" if os.geteuid() == 0 else "mosquitto"
