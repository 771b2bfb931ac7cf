"""Running until somebody says stop: Ctrl-C and SIGTERM end everything in order."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from brain.output import errors

_SWITCH_SECONDS = 0.0005

Loops = dict[str, Callable[[], Coroutine[Any, Any, None]]]
"""What has to run in a process, by name."""


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end or until the first SIGINT or SIGTERM, which cancels; a second one does nothing more."""
    run(_stoppable(work))


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, tuned for what a brain does all day: many small objects that live for a moment."""
    # Looking for cycles after every 700 objects costs a third of all that ingest does, and finds none.
    gc.set_threshold(50_000, 20, 100)
    # A thread that adds up for a tenth of a second must not have the loop wait 5 ms each time it looks at a socket.
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner() as runner:
        runner.run(work)


async def _stoppable(work: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = loop.create_task(work, name="brain")
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            errors.print("\nStopping …")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopping:
            raise
    errors.print("Stopped.")
