"""A whole brain in a process of its own, `town up` as everybody runs it, for benches that look at it from outside."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from brain.bench.children import end
from brain.bench.servers import Server, free_ports
from town.errors import ConfigError

SECRET = "bench"  # noqa: S105 - of a receiver that exists only while the bench runs
_READY_WITHIN = 60.0


class BrainProcess:
    """A running brain."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url
        """Where its console is."""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def figures(self) -> dict[str, float]:
        """Its figures by name, summed over their labels; raises ConfigError when it has ended."""
        if self._process.returncode is not None:
            raise ConfigError(f"the brain ended with exit code {self._process.returncode}: its log says why")
        found: dict[str, float] = {}
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            answer = await client.get(f"{self.url}/metrics")
        for line in answer.text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                name = name.partition("{")[0].removesuffix("_total")
                found[name] = found.get(name, 0.0) + float(value)
        return found

    async def connected(self) -> None:
        """Return once the broker has taken it in."""
        try:
            async with asyncio.timeout(_READY_WITHIN):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        if (await self.figures()).get("town_ingest_connections", 0) >= 1:
                            return
                    await asyncio.sleep(0.1)  # another process gets ready: there is nothing to wait on
        except TimeoutError:
            raise ConfigError(f"the brain was not ready within {_READY_WITHIN:.0f} s") from None


@contextlib.asynccontextmanager
async def running_brain(
    folder: Path, *, broker: Server, store: str, notify: str = "send"
) -> AsyncIterator[BrainProcess]:
    """`town up` of `folder/town`, its state and log beside it, connected to the broker; ended with the block."""
    port = free_ports(1)
    command = [sys.executable, "-m", "brain", "up", str(folder / "town"), "--state", str(folder / "state")]
    command += [
        "--http-port",
        str(port),
        "--no-simulate",
        "--mqtt",
        f"mqtt://127.0.0.1:{broker.port}",
        "--store",
        store,
    ]
    with (folder / "brain.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=log, stderr=log, env={**os.environ, "TOWN_SECRET_BENCH": SECRET, "TOWN_NOTIFY": notify}
        )
    try:
        brain = BrainProcess(process, f"http://127.0.0.1:{port}")
        await brain.connected()
        yield brain
    finally:
        await end(process)
