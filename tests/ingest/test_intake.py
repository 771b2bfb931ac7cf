"""The whole line on a real broker: what comes in, what is refused and why, and what is acknowledged when."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from ingest.quarantine import list_entries, show_entry
from ingest.reason import Reason, Scope
from tests.ingest.town import GatedStore, intake, until
from tests.services import Service
from town.reading import Flag, Reading

TELEMETRY = "town/t/gw/telemetry"
pytestmark = pytest.mark.mosquitto


def reading(value: Any, *, sensor: str = "S1", at: Any = None, quantity: str = "temperature") -> dict[str, Any]:
    return {"sensor": sensor, "at": at or time.time_ns() // 1_000_000, "values": {quantity: value}}


async def publish(port: int, *messages: tuple[str, Any], retain: bool = False) -> None:
    async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        for topic, payload in messages:
            data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            await client.publish(topic, data, qos=1, retain=retain)


async def test_readings_of_both_formats_are_judged_and_stored(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, reading(21.5)), ("zigbee2mqtt/Back door", {"contact": False}))
        await until(lambda: line.ledger.balance().stored == 2)

        assert {each.sensor: each.values for each in store.readings} == {
            "S1": {"temperature": 21.5},
            "D1": {"open": True},
        }
        assert store.judged == store.readings
        assert line.ledger.balance().balanced and line.ledger.balance().settled


async def test_rules_hear_a_reading_before_its_batch_is_closed(mosquitto: Service, tmp_path: Path) -> None:
    closed: list[int] = []

    class Watching(GatedStore):
        async def judge(self, readings: Sequence[Reading]) -> None:
            closed.append(line.ledger.batches)
            assert line.stored_until <= readings[0].received_at

    async with intake(mosquitto.port, Watching(), tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, reading(21.5)))
        await until(lambda: line.ledger.balance().stored == 1)

        assert closed == [0] and line.ledger.batches == 1


@pytest.mark.parametrize(
    ("payload", "reason", "scope"),
    [
        (b'{"sensor": "S1", "values"', Reason.NOT_JSON, Scope.MESSAGE),
        (b'{"sensor": "S1", "values": {"temperature": "\xff"}}', Reason.NOT_UTF8, Scope.MESSAGE),
        ([1], Reason.WRONG_SHAPE, Scope.READING),
        (reading("21.5"), Reason.WRONG_TYPE, Scope.READING),
        (reading(True), Reason.WRONG_TYPE, Scope.READING),
        (reading(1.0, sensor="S9"), Reason.UNKNOWN_SENSOR, Scope.READING),
        (reading(1.0, quantity="charm"), Reason.UNKNOWN_QUANTITY, Scope.READING),
        (reading(4000.0), Reason.OUT_OF_RANGE, Scope.READING),
        (reading(float("nan")), Reason.NOT_A_NUMBER, Scope.READING),
        (b'{"sensor": "S1", "values": {"temperature": 1e999}}', Reason.NOT_A_NUMBER, Scope.READING),
        (b'{"sensor": "S1", "values": {}}', Reason.NO_VALUES, Scope.READING),
        (reading(20.0, at="2031-01-01T00:00:00Z"), Reason.CLOCK_FUTURE, Scope.CLOCK),
        (reading(20.0, at=1000), Reason.CLOCK_PAST, Scope.CLOCK),
        (b" " * 2_000_000, Reason.TOO_LARGE, Scope.MESSAGE),
        (b" " * 300_000, Reason.TOO_LARGE, Scope.MESSAGE),
    ],
)
async def test_what_is_wrong_is_named_and_the_rest_is_stored(
    mosquitto: Service, tmp_path: Path, payload: Any, reason: Reason, scope: Scope
) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, payload), (TELEMETRY, reading(1.0, sensor="S2")))
        await until(lambda: any(each.sensor == "S2" for each in store.readings) and line.ledger.balance().settled)

        (entry,) = list_entries(tmp_path / "quarantine.db")
        sent = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        assert (entry.reason, entry.scope, entry.gateway, entry.topic) == (reason, scope, "gw", TELEMETRY)
        assert (entry.size, entry.payload) == (len(sent), sent[:4096])
        assert show_entry(tmp_path / "quarantine.db", entry.id) == entry
        assert line.ledger.balance().balanced


async def test_a_wrong_clock_is_replaced_and_said(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        late = time.time_ns() // 1_000_000 - 3_600_000
        times = [late, 1000, "2031-01-01T00:00:00Z"]
        await publish(mosquitto.port, *((TELEMETRY, reading(20.0, at=at)) for at in times))
        await publish(mosquitto.port, (TELEMETRY, {"sensor": "S1", "values": {"temperature": 20.0}}))
        await until(lambda: line.ledger.balance().stored == 4)

        assert [each.flags for each in store.readings] == [
            (),
            (Flag.CLOCK_PAST,),
            (Flag.CLOCK_FUTURE,),
            (Flag.NO_CLOCK,),
        ]
        assert store.readings[0].measured_at == late
        assert all(0 <= each.measured_at - each.received_at < 5 for each in store.readings[1:])


async def test_neighbours_of_a_wrong_value_and_a_wrong_reading_are_kept(mosquitto: Service, tmp_path: Path) -> None:
    store, now = GatedStore(), time.time_ns() // 1_000_000
    values = {"temperature": 20.5, "smoke": float("nan"), "smoke_alarm": True}
    async with intake(mosquitto.port, store, tmp_path) as line:
        message = [{"sensor": "S1", "at": now, "values": values}, {"sensor": 5}, reading(3.0, sensor="S2")]
        await publish(mosquitto.port, (TELEMETRY, message))
        await until(lambda: line.ledger.balance().stored == 2)

        assert store.readings[0].values == {"temperature": 20.5, "smoke_alarm": True}
        assert store.readings[0].refused == {"smoke": Flag.OUT_OF_RANGE}
        account = line.ledger.accounts["gw"]
        assert (account.readings, account.stored) == (3, 2)
        assert (account.refused, account.quarantined) == ({Reason.NOT_A_NUMBER: 1}, {Reason.WRONG_SHAPE: 1})


async def test_the_same_message_twice_is_stored_once(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        twice = (TELEMETRY, reading(21.5))
        await publish(mosquitto.port, twice, twice, (TELEMETRY, reading(3.0, sensor="S2")))
        await until(lambda: line.ledger.balance().stored == 2)

        assert [each.sensor for each in store.readings] == ["S1", "S2"]
        assert line.ledger.accounts["gw"].quarantined == {Reason.DUPLICATE: 1}
        assert line.ledger.balance().balanced


async def test_what_the_store_refuses_is_kept_in_quarantine(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.refuses = lambda each: each.sensor == "S1"
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, [reading(1.0), reading(2.0, sensor="S2")]))
        await until(lambda: line.ledger.balance().stored == 1)

        (entry,) = list_entries(tmp_path / "quarantine.db", reason=Reason.REFUSED_BY_STORE)
        assert entry.detail.startswith("type_conflict")
        assert line.ledger.balance().balanced


async def test_a_gateway_says_whether_it_is_there(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    await publish(mosquitto.port, ("town/t/gw/status", b"online"), retain=True)
    async with intake(mosquitto.port, store, tmp_path) as line:
        await until(lambda: store.values("online") == [True])
        assert line.ledger.balance().retained == 1
        await publish(mosquitto.port, ("town/t/gw/status", b"offline"))
        await until(lambda: store.values("online") == [True, False])

        assert [(each.gateway, each.online) for each in line.statuses()] == [("gw", False), ("z2m", None)]


async def test_a_state_kept_by_the_broker_without_a_time_is_no_news(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    await publish(mosquitto.port, ("zigbee2mqtt/Back door", {"contact": False}), retain=True)
    async with intake(mosquitto.port, store, tmp_path) as line:
        await until(lambda: bool(list_entries(tmp_path / "quarantine.db")))

        assert list_entries(tmp_path / "quarantine.db")[0].reason is Reason.STALE
        assert line.ledger.balance().stored == 0


async def test_a_long_list_of_devices_is_no_large_reading(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    exposes = [{"property": "voltage", "unit": "mV", "description": "x" * 3_000}]
    devices = [{"friendly_name": f"device {n}", "definition": {"exposes": exposes}} for n in range(200)]
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(
            mosquitto.port, ("zigbee2mqtt/bridge/devices", devices), ("zigbee2mqtt/Back door", {"contact": True})
        )
        await until(lambda: line.ledger.balance().stored == 1)

        assert line.ledger.accounts["z2m"].decoded == 2


async def test_the_figures_say_what_came_and_what_became_of_it(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, b"oops"), ("town/t/gw/status", b"online"), (TELEMETRY, reading(1.0)))
        await until(lambda: line.ledger.balance().stored == 2)

        figures = {
            (each.name.removeprefix("town_ingest_"), *each.labels.values()): each.value for each in line.figures()
        }
        assert figures["messages_received", "gw"] == 3
        assert figures["messages_rejected", "gw", "not_json"] == 1
        assert figures["readings_stored", "gw"] == 2
        assert figures["connections",] == 1
        assert [part.part for part in line.parts()] == ["broker", "store", "ingest", "ledger"]
