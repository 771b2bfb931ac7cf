"""What happens to messages while the broker, the store or we ourselves are away."""

import asyncio
import contextlib
import json
import time
from pathlib import Path

import aiomqtt
import pytest

from ingest.intake import Intake
from ingest.quarantine import Quarantine
from ingest.session import Session, SessionSettings
from tests.ingest.test_intake import TELEMETRY, publish, reading
from tests.ingest.town import GatedStore, intake, small_town, until
from tests.ports import free_port
from tests.services import Service

pytestmark = pytest.mark.mosquitto


async def test_nothing_is_lost_while_the_broker_restarts(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, reading(1.0)))
        await until(lambda: store.values("temperature") == [1.0])
        mosquitto.stop()
        await until(lambda: line.parts()[0].state == "down")
        mosquitto.start()
        await publish(mosquitto.port, (TELEMETRY, reading(2.0)))
        await until(lambda: store.values("temperature") == [1.0, 2.0])

        assert line.parts()[0].state == "ok"


async def test_a_broker_that_forgot_us_is_told_again(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        mosquitto.stop()
        for remembered in mosquitto.folder.glob("mosquitto.db*"):
            remembered.unlink()
        await until(lambda: line.parts()[0].state == "down")
        mosquitto.start()
        await until(lambda: line.parts()[0].state == "ok")
        await publish(mosquitto.port, (TELEMETRY, reading(2.0)))
        await until(lambda: store.values("temperature") == [2.0])


async def test_what_is_not_stored_when_the_broker_goes_is_stored_once(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        store.open = False
        await publish(mosquitto.port, (TELEMETRY, reading(1.0)), ("zigbee2mqtt/Back door", {"contact": False}))
        await until(lambda: line.ledger.balance().readings == 2)
        mosquitto.stop()
        await until(lambda: line.parts()[0].state == "down")
        mosquitto.start()
        await until(lambda: line.ledger.balance().redelivered == 2)
        store.open = True
        await until(lambda: line.ledger.balance().settled)

        assert sorted(each.sensor for each in store.readings) == ["D1", "S1"]
        assert line.ledger.balance().balanced


async def test_messages_stay_with_the_broker_until_the_store_has_them(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.open = False
    messages = [(TELEMETRY, reading(float(number), at=1_790_000_000_000 + number)) for number in range(50)]
    async with intake(mosquitto.port, store, tmp_path, receive_max=20) as line:
        await publish(mosquitto.port, *messages)
        await until(lambda: len(store.judged) == 20 and line.parts()[1].state == "down")
        assert line.ledger.received == 20
        assert line.ledger.balance().balanced
    # That process is gone. The next one finds everything in the broker's session.
    store.open = True
    async with intake(mosquitto.port, store, tmp_path, receive_max=20) as line:
        await until(lambda: len(store.readings) == 50)

        assert sorted(store.values("temperature")) == [float(number) for number in range(50)]
        assert line.ledger.balance().redelivered == 20
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, reading(99.0)))
        await until(lambda: len(store.readings) == 51)

        assert line.ledger.received == 1


async def test_a_store_that_comes_back_takes_what_waited(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        store.open = False
        await publish(mosquitto.port, (TELEMETRY, reading(1.0)))
        await until(lambda: line.parts()[1].state == "down")
        store.open = True
        await until(lambda: store.values("temperature") == [1.0])

        assert line.parts()[1].state == "ok"
        assert line.ledger.store_failures > 0


async def test_the_socket_waits_while_too_much_waits(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.open = False
    async with intake(mosquitto.port, store, tmp_path) as line:
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
            for number in range(400):
                payload = json.dumps(reading(1.0, at=1_790_000_000_000 + number)).encode() + b" " * 200_000
                await client.publish(TELEMETRY, payload, qos=1)
        await until(lambda: line.parts()[2].state == "degraded")
        assert line.ledger.received < 300
        assert line.ledger.balance().balanced
        store.open = True
        await until(lambda: line.ledger.received == 400 and line.ledger.balance().settled, seconds=20)

        assert len(store.readings) == 400


async def test_a_dead_peer_is_noticed(tmp_path: Path) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20\x03\x00\x00\x00")  # CONNACK, and a SUBACK for one filter, then silence
        await reader.read(1000)
        writer.write(b"\x90\x04\x00\x01\x00\x01")
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(swallow, "127.0.0.1", port := free_port()):
        settings = SessionSettings("127.0.0.1", port, "c", keep_alive=1)
        session = Session(settings, ["a"], take=lambda *_: None, clock=lambda: 0)
        task = asyncio.create_task(session.run())
        await until(lambda: session.connected)
        await until(lambda: "said nothing" in session.health().detail, seconds=5)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_bug_in_the_store_ends_the_intake(mosquitto: Service, tmp_path: Path) -> None:
    class Broken(GatedStore):
        async def write(self, readings: object, *, vouched: bool = False) -> list[object]:  # type: ignore[override]  # it is broken
            raise ZeroDivisionError

    store = Broken()
    async with Quarantine(tmp_path / "q.db") as quarantine:
        settings = SessionSettings("127.0.0.1", mosquitto.port, "c")
        line = Intake(
            small_town(),
            settings,
            store=store,
            judge=store.judge,
            quarantine=quarantine,
            clock=lambda: time.time_ns() // 1_000_000,
        )
        running = asyncio.create_task(line.run())
        await until(lambda: line.parts()[0].state == "ok")
        await publish(mosquitto.port, (TELEMETRY, reading(1.0)))

        with pytest.raises(ExceptionGroup):
            await asyncio.wait_for(running, 30)
