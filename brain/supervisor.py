"""Child processes that are to run as long as we do: started in order, started again when they end, stopped in order."""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from brain.output import errors
from town.errors import ConfigError

log = logging.getLogger("brain.supervisor")

READY_WITHIN = 180.0
"""Seconds a process may take to work at its first start, on a busy machine; the second is not waited for."""
STOPS_WITHIN = 20.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_STEADY_AFTER = 30.0
_LOOKS_EVERY = 0.05
_LONGEST_LINE = 1 << 20
_PARENT_DEATH_SIGNAL = 1


@dataclass(frozen=True)
class Service:
    """How a process is started and stopped. Its output goes to `output`, or line by line to ours under its name.

    `ready` says whether it works; without it, running is enough. One with `once` is over when it ends well.
    """

    name: str
    command: list[str]
    ready: Callable[[], Awaitable[bool]] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    output: Path | None = None
    user: str | None = None
    stop: signal.Signals = signal.SIGTERM
    once: bool = False
    serves: bool = False
    """Others need it: it is stopped after them."""


class _Running:
    """A service and its process at this moment."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.process: asyncio.subprocess.Process | None = None
        self.stopping = False
        self.restarts = 0

    async def start(self) -> None:
        service = self.service
        output: IO[bytes] | int = asyncio.subprocess.PIPE if service.output is None else service.output.open("ab")
        try:
            self.process = await asyncio.create_subprocess_exec(
                *service.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **service.env},
                cwd=service.folder,
                start_new_session=True,  # Ctrl-C is for us: we stop the others in order
                preexec_fn=_die_with_us,
                limit=_LONGEST_LINE,
                user=service.user,
                group=service.user,
                extra_groups=[] if service.user else None,
            )
        except OSError as error:
            raise ConfigError(f"{service.name} cannot be started: {service.command[0]}: {error.strerror}") from None
        finally:
            if not isinstance(output, int):
                output.close()

    async def ended(self) -> int:
        """Its exit code, after its last line was passed on."""
        assert self.process is not None
        await self._pass_on()
        return await self.process.wait()

    async def _pass_on(self) -> None:
        assert self.process is not None
        if self.process.stdout is None:
            return
        while True:
            try:
                line = await self.process.stdout.readline()
            except ValueError:  # longer than any line of ours
                continue
            if not line:
                return
            errors.print(f"{self.service.name:>10} │ {line.decode('utf-8', 'replace').rstrip()}", markup=False)

    async def stop(self) -> None:
        self.stopping = True
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(self.service.stop)
        try:
            async with asyncio.timeout(STOPS_WITHIN):
                await self.process.wait()
        except TimeoutError:
            log.warning("%s did not end within %d s and is killed", self.service.name, STOPS_WITHIN)
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


class Supervisor:
    """Starts services one after the other; what is started stays started until `supervised` ends."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._running: list[_Running] = []

    def restarts(self) -> dict[str, int]:
        """How often each service was started again."""
        return {one.service.name: one.restarts for one in self._running}

    def pid(self, name: str) -> int | None:
        """The process of a service, if it runs."""
        process = next(one.process for one in self._running if one.service.name == name)
        return None if process is None or process.returncode is not None else process.pid

    async def start(self, *services: Service) -> None:
        """Start services side by side and wait until they work. Raises ConfigError for one that ends before."""
        started = [_Running(service) for service in services]
        self._running += started
        for one in started:
            await one.start()
            self._group.create_task(self._watch(one), name=f"watch {one.service.name}")
        for one in started:
            await self._until_ready(one)

    async def stop(self) -> None:
        """Stop all: first those that need others, then these."""
        for one in self._running:
            one.stopping = True
        for serves in (False, True):
            await asyncio.gather(*(one.stop() for one in self._running if one.service.serves is serves))

    async def _until_ready(self, one: _Running) -> None:
        service, process = one.service, one.process
        try:
            async with asyncio.timeout(READY_WITHIN):
                while service.ready is not None and not await service.ready():
                    if process is not None and process.returncode is not None:
                        raise ConfigError(f"{service.name} ended while it started{_see(service)}")
                    await asyncio.sleep(_LOOKS_EVERY)
        except TimeoutError:
            raise ConfigError(f"{service.name} did not work within {READY_WITHIN:.0f} s{_see(service)}") from None

    async def _watch(self, one: _Running) -> None:
        """Start it again whenever it ends, after a pause that grows while it does not hold."""
        loop, pause = asyncio.get_running_loop(), _SHORTEST_PAUSE
        while True:
            began = loop.time()
            code = await one.ended()
            if one.stopping or (one.service.once and code == 0):
                return
            if loop.time() - began > _STEADY_AFTER:
                pause = _SHORTEST_PAUSE
            log.error("%s ended with code %d and is started again%s", one.service.name, code, _see(one.service))
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            if one.stopping:
                return
            one.restarts += 1
            await one.start()


@asynccontextmanager
async def supervised() -> AsyncIterator[Supervisor]:
    """A supervisor; all that it started is stopped at the end, however it ends."""
    async with asyncio.TaskGroup() as group:
        supervisor = Supervisor(group)
        try:
            yield supervisor
        finally:
            await asyncio.shield(supervisor.stop())


def _see(service: Service) -> str:
    return f": see {service.output}" if service.output else ""


def _die_with_us() -> None:
    """Linux ends it when we are killed; elsewhere it may outlive us."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
