"""The embedded broker, which hands out a hundred messages ahead of their acknowledgement and no more."""

import asyncio
import json
from pathlib import Path

import aiomqtt

from brain.broker import embedded_broker
from tests.ingest.test_intake import TELEMETRY, reading
from tests.ingest.town import NOON, GatedStore, intake, until
from tests.ports import free_ports


async def test_more_messages_than_it_hands_out_at_once_all_arrive(tmp_path: Path) -> None:
    store, port = GatedStore(), free_ports(2)
    async with embedded_broker(port), intake(port + 1, store, tmp_path) as line:
        async with aiomqtt.Client("127.0.0.1", port) as device:
            for number in range(1_000):
                await device.publish(TELEMETRY, json.dumps(reading(20.0, at=NOON + number)), qos=1)
        await until(lambda: line.ledger.balance().stored == 1_000)

        assert line.ledger.balance().balanced
        assert [each.measured_at for each in store.readings] == [NOON + number for number in range(1_000)]


async def test_two_megabytes_are_refused_and_what_follows_arrives(tmp_path: Path) -> None:
    store, port = GatedStore(), free_ports(2)
    async with embedded_broker(port), intake(port + 1, store, tmp_path) as line:
        async with aiomqtt.Client("127.0.0.1", port) as device:
            await device.publish(TELEMETRY, b" " * 2_000_000, qos=1)
            await device.publish(TELEMETRY, json.dumps(reading(20.0)), qos=1)
        async with asyncio.timeout(10):
            await until(lambda: line.ledger.balance().stored == 1)

        assert line.ledger.balance().rejected == 1
        assert line.ledger.connections <= 1


async def test_its_session_is_found_again(tmp_path: Path) -> None:
    store, port = GatedStore(), free_ports(2)
    async with embedded_broker(port):
        async with intake(port + 1, store, tmp_path):
            pass
        async with aiomqtt.Client("127.0.0.1", port) as device:
            await device.publish(TELEMETRY, json.dumps(reading(20.0)), qos=1)
        async with intake(port + 1, store, tmp_path) as line:
            await until(lambda: line.ledger.balance().stored == 1)

            assert store.values("temperature") == [20.0]
