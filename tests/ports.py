"""Loopback ports that belong to this test process: several test runs on one machine never hand out the same one."""

import fcntl
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

BLOCK = 100
BLOCKS = range(10_000, 32_000, BLOCK)
"""Below the ports that Linux gives to outgoing connections, so that none of those can take one between two starts."""


@cache
def _block() -> Iterator[int]:
    """The ports of the first block nobody else holds, over and over; held by a file lock until this process ends."""
    for first in BLOCKS:
        held = os.open(Path(tempfile.gettempdir()) / f"town-test-ports-{first}", os.O_RDWR | os.O_CREAT, 0o666)
        with suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return itertools.cycle(range(first, first + BLOCK))
        os.close(held)
    raise RuntimeError(f"all {len(BLOCKS)} blocks of test ports are held by other processes")


def free_port() -> int:
    """A loopback port that nothing listens on."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of `count` neighbouring loopback ports that nothing listens on."""
    ports = _block()
    for _ in range(BLOCK):
        first = next(ports)
        wanted = [first, *(next(ports) for _ in range(count - 1))]
        if wanted == list(range(first, first + count)) and all(map(_is_free, wanted)):
            return first
    raise RuntimeError(f"no {count} neighbouring ports are free")


def _is_free(port: int) -> bool:
    with ExitStack() as probes, suppress(OSError):
        # A connection that ended a moment ago does not keep a server from its port.
        probe = probes.enter_context(socket.socket())
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False
