"""Several ingest processes on one shared subscription: one is killed, and nothing is missing."""

import asyncio
from pathlib import Path

from brain.bench.children import Child, child
from brain.bench.folder import write_folder
from brain.bench.ingest import intake_plan
from brain.bench.servers import Server
from brain.bench.stored import count_stored
from brain.bench.traffic import starting
from brain.clock import wall_clock
from tests import services

INGEST = "brain.bench.intake_process"


async def stored(ingest: Child, enough: int) -> None:
    """Return once it has stored so many."""
    async with asyncio.timeout(30):
        while (await ingest.ask(figures=True))["stored"] < enough:
            await asyncio.sleep(0.02)  # asked over a pipe: it tells nothing by itself


async def test_one_of_two_that_share_is_killed_and_nothing_is_lost(
    tmp_path: Path, mosquitto: services.Service, influxd: services.Service
) -> None:
    write_folder(tmp_path / "town", sensors=100)
    broker = Server("mosquitto", mosquitto.port)
    store = Server("influxdb", influxd.port, f"influxdb://127.0.0.1:{influxd.port}/shared")
    traffic = starting(wall_clock(), messages=4_000, sensors=100, values=1, qos=1)
    one, other = (intake_plan(tmp_path, broker, store, client_id=name, share="both") for name in ("one", "other"))
    load = {"traffic": traffic._asdict(), "port": broker.port, "rate": 2_000, "window": broker.window}

    async with (
        child(INGEST, one) as killed,
        child(INGEST, other) as survivor,
        child("brain.bench.load", load) as sender,
    ):
        for each in (killed, survivor, sender):
            await each.hear(30)
        sender.tell(go=True)
        await stored(killed, 200)
        await killed.kill()
        await stored(survivor, 1_000)
        async with child(INGEST, one) as again:
            await again.hear(30)
            await sender.hear(30)
            async with asyncio.timeout(30):
                while (found := await count_stored(store, tmp_path / "town", traffic)) < traffic.messages:
                    await asyncio.sleep(0.2)  # what is in a server is asked, again and again

    assert found == traffic.messages
