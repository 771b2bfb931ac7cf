"""The signal HUP: files are looked at again, for folders in which nobody is told that something changed."""

import asyncio
import logging
import os
import signal
import sys
import termios
from collections.abc import Awaitable, Callable

log = logging.getLogger("brain")

Look = Callable[[], Awaitable[object]]


class Hangup:
    """Calls one `look` after the other whenever the signal comes; to be run by the main thread."""

    def __init__(self, *looks: Look) -> None:
        self._looks = looks

    async def run(self) -> None:
        """Until cancelled."""
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        in_terminal = _has_terminal()
        loop.add_signal_handler(signal.SIGHUP, asked.set)
        while True:
            await asked.wait()
            asked.clear()
            if in_terminal and not _has_terminal():
                # The window was closed: nobody could see or stop it any more.
                os.kill(os.getpid(), signal.SIGTERM)
                continue
            log.info("the signal HUP: the files are looked at again")
            for look in self._looks:
                await look()


def _has_terminal() -> bool:
    """Whether somebody may type here."""
    try:
        termios.tcgetattr(sys.stdin.fileno())
    except (termios.error, ValueError, OSError, AttributeError):  # none there, closed, or taken away
        return False
    return True
