"""How long it takes from a gateway's publish to a transition, and to the webhook: `town bench latency`."""

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import mqtt5

from brain.bench.brain_process import running_brain
from brain.bench.children import child
from brain.bench.folder import QUANTITIES, sensor_id, topic, write_folder
from brain.bench.load import Publisher
from brain.bench.servers import Server, running_broker, running_store
from brain.bench.traffic import starting
from brain.clock import wall_clock

EVERY = 0.1
"""Seconds between two readings that break the rule."""
_TOO_HOT = 84.0
_STARTS_WITHIN = 60.0
_LAST_WITHIN = 20.0
_LARGEST_HEAD = 64 << 10


class LatencyPlan(NamedTuple):
    """So many violating readings, each of another sensor, beside so many messages a second."""

    alerts: int
    rate: int
    embedded: bool = False


class _Arrivals:
    """A webhook's receiver: when the message about each sensor came, and when its transition was decided."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.decided_at: dict[str, float] = {}
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection (HTTP/1.1 with Content-Length, which is what the sender sends)."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                body = await reader.readexactly(length)
                now = time.time()
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                alert = json.loads(body)
                sensor = alert["alert"]["subject"]
                self.at.setdefault(sensor, now)
                self.decided_at.setdefault(sensor, alert["created_at"] / 1000)
        writer.close()


@contextlib.asynccontextmanager
async def _receiver() -> AsyncIterator[_Arrivals]:
    arrivals = _Arrivals()
    server = await asyncio.start_server(arrivals.serve, "127.0.0.1", 0, limit=_LARGEST_HEAD)
    arrivals.port = server.sockets[0].getsockname()[1]
    async with server:
        yield arrivals


async def bench_latency(plan: LatencyPlan) -> dict[str, Any]:
    """Percentiles in milliseconds from publish to the transition's decision and to the webhook's arrival."""
    with tempfile.TemporaryDirectory(prefix="town-bench-") as name:
        folder = Path(name)
        (folder / "state").mkdir()
        async with contextlib.AsyncExitStack() as stack:
            arrivals = await stack.enter_async_context(_receiver())
            webhook = f"http://127.0.0.1:{arrivals.port}/"
            write_folder(folder / "town", sensors=max(1_000, plan.alerts), rules=1, webhook=webhook)
            broker = await stack.enter_async_context(running_broker(folder, embedded=plan.embedded))
            store, url = await _store(stack, folder, embedded=plan.embedded)
            await stack.enter_async_context(running_brain(folder, broker=broker, store=url))
            sent, rate = await _play(plan, broker, arrivals)
        return {
            "latency": _figures(plan, sent, arrivals) | {"background_per_s": round(rate)},
            "broker": broker.name,
            "store": store,
        }


async def _store(stack: contextlib.AsyncExitStack, folder: Path, *, embedded: bool) -> tuple[str, str]:
    """InfluxDB with its database, or DuckDB inside the brain, as a town without a server has it."""
    server = None if embedded else await stack.enter_async_context(running_store(folder))
    if server is None or server.ask is not None:
        return "duckdb in the brain", "duckdb:"
    return server.name, server.url


async def _play(plan: LatencyPlan, broker: Server, arrivals: _Arrivals) -> tuple[dict[str, float], float]:
    """Send both; returns when each violating reading was sent, and the background's rate as it was."""
    seconds = plan.alerts * EVERY + 2
    traffic = starting(wall_clock(), messages=max(1, int(plan.rate * seconds)), sensors=1_000, values=1, qos=1)
    load = {"traffic": traffic._asdict(), "port": broker.port, "rate": plan.rate, "window": broker.window}
    async with child("brain.bench.load", load) as background:
        await background.hear(_STARTS_WITHIN)
        publisher = Publisher(broker.port, "bench-alarms", window=broker.window)
        background.tell(go=True)
        await asyncio.sleep(1)
        sent = await _violate(plan.alerts, publisher)
        ended = await background.hear(_STARTS_WITHIN)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WITHIN):
                while len(arrivals.at) < len(sent):  # noqa: ASYNC110 - looked at after the end, nothing is measured by it
                    await asyncio.sleep(0.05)
        return sent, ended["sent"] / ended["seconds"]


async def _violate(count: int, publisher: Publisher) -> dict[str, float]:
    loop, sent = asyncio.get_running_loop(), dict[str, float]()
    began = loop.time()
    for number in range(count):
        await asyncio.sleep(began + number * EVERY - loop.time())
        sensor = sensor_id(number)
        reading = {"sensor": sensor, "at": wall_clock(), "values": {QUANTITIES[0]: _TOO_HOT}}
        packet = mqtt5.PublishPacket(
            topic(number), json.dumps(reading).encode(), qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=number % 65_535 + 1
        )
        sent[sensor] = time.time()
        publisher.publish([packet.write()], acknowledged=False)
    return sent


def _figures(plan: LatencyPlan, sent: dict[str, float], arrivals: _Arrivals) -> dict[str, Any]:
    came = [sensor for sensor in sent if sensor in arrivals.at]
    return {
        "alerts": plan.alerts,
        "missing": len(sent) - len(came),
        "to_transition_ms": _percentiles([arrivals.decided_at[sensor] - sent[sensor] for sensor in came]),
        "to_webhook_ms": _percentiles([arrivals.at[sensor] - sent[sensor] for sensor in came]),
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, float | None]:
    """p50, p99 and the longest, in milliseconds."""
    ordered = sorted(seconds)
    if not ordered:
        return {"p50": None, "p99": None, "max": None}
    picked = {"p50": ordered[len(ordered) // 2], "p99": ordered[int(0.99 * len(ordered))], "max": ordered[-1]}
    return {name: round(1000 * max(0.0, took), 1) for name, took in picked.items()}
