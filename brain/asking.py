"""Asks processes of the town how they are, over HTTP on this machine."""

import contextlib
import socket

import httpx
from prometheus_client.parser import text_string_to_metric_families

from town.ports import Gauge

_WITHIN = 5.0


def free_ports(count: int) -> int:
    """The first of some neighbouring loopback ports on which nothing listens now."""
    while True:
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError, OverflowError):
            first = 0
            for number in range(count):
                probe = probes.enter_context(socket.socket())
                probe.bind(("127.0.0.1", first + number if number else 0))
                first = first or int(probe.getsockname()[1])
            return first


async def is_ready(address: str) -> bool:
    """Whether a process says that every part of it works."""
    with contextlib.suppress(httpx.TransportError):
        async with httpx.AsyncClient(trust_env=False, timeout=_WITHIN) as client:
            return (await client.get(f"http://{address}/readyz")).status_code == 200
    return False


async def figures(address: str) -> list[Gauge]:
    """What a process counts; nothing when it does not answer."""
    with contextlib.suppress(httpx.TransportError):
        async with httpx.AsyncClient(trust_env=False, timeout=_WITHIN) as client:
            text = (await client.get(f"http://{address}/metrics")).text
        families = text_string_to_metric_families(text)
        return [Gauge(one.name, one.value, dict(one.labels)) for family in families for one in family.samples]
    return []
