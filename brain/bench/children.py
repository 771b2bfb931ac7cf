"""Processes of a bench: each is told what to do as JSON on its command line, and answers with JSON lines.

A child ends when its stdin does, so none outlives the bench however that ends.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

from town.errors import ConfigError

_LONGEST_LINE = 1 << 20


class Child:
    """A running child."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self._process, self._name = process, name

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def hear(self, within: float) -> dict[str, Any]:
        """Its next line; raises ConfigError when it ends, or says nothing within so many seconds."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(within):
                line = await self._process.stdout.readline()
        except TimeoutError:
            raise ConfigError(f"{self._name} did not answer within {within:.0f} s") from None
        if not line:
            raise ConfigError(f"{self._name} ended with exit code {await self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def tell(self, **what: Any) -> None:
        """Send it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def ask(self, within: float = 60.0, **what: Any) -> dict[str, Any]:
        """Send it a line and hear its answer."""
        self.tell(**what)
        return await self.hear(within)

    async def kill(self) -> None:
        """End it as a power cut would."""
        await end(self._process)


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process at once, and wait for its end."""
    if process.returncode is None:
        # Not `process.kill()`: when it has just ended by itself, that takes its exit code away from who waits for it.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    await process.wait()


@contextlib.asynccontextmanager
async def child(module: str, plan: dict[str, Any]) -> AsyncIterator[Child]:
    """Run `python -m module PLAN` until the block ends; its log goes where ours goes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        json.dumps(plan),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    running = Child(process, module)
    try:
        yield running
    finally:
        await running.kill()


def answer(**what: Any) -> None:
    """Say a line to the parent."""
    print(json.dumps(what), flush=True)


class Orders:
    """What the parent says, inside a child; when it says nothing more, this process ends."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    async def next(self) -> dict[str, Any]:
        """The next order."""
        return await self._said.get()

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            self._loop.call_soon_threadsafe(self._said.put_nowait, json.loads(line))
        os._exit(0)
