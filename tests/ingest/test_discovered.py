"""Devices that nobody listed are remembered with what they say, in bounds, until they are sensors."""

from pathlib import Path

import pytest

from ingest.decoded import DeviceReading
from ingest.discovered import KEPT_BYTES, MOST_DEVICES, Discovered, guess_kind, list_discovered
from ingest.quantity_types import hold_types, type_findings
from tests.ingest.test_intake import TELEMETRY, publish, reading
from tests.ingest.town import NOON, GatedStore, intake, small_town, until
from tests.services import Service
from town.builtin import builtin_kinds
from town.errors import ConfigError
from town.quantity import ValueType


def said(device: str, **values: float) -> list[DeviceReading]:
    return [DeviceReading(device, None, dict(values))]


async def test_a_device_is_remembered_with_all_its_quantities(tmp_path: Path) -> None:
    async with Discovered(tmp_path / "d.db", small_town()) as discovered:
        discovered.note("gw", said("N1", temperature=1.0), b"first", NOON)
        discovered.note("gw", said("N1", humidity=2.0), b"x" * 9_999, NOON + 30_000)
        discovered.note("gw", said("S1", humidity=2.0), b"known", NOON)
    async with Discovered(tmp_path / "d.db", small_town()) as discovered:
        discovered.note("gw", said("N1", humidity=2.0), b"third", NOON + 60_000)
    (device,) = list_discovered(tmp_path / "d.db")

    assert (device.gateway, device.device, device.count) == ("gw", "N1", 3)
    assert (device.first_at, device.last_at, device.interval) == (NOON, NOON + 60_000, 30_000)
    assert device.quantities == ("temperature", "humidity") and device.sample == b"third"
    assert list_discovered(tmp_path / "d.db", {("gw", "N1")}) == []


async def test_no_sender_can_fill_the_memory_or_the_disk(tmp_path: Path) -> None:
    async with Discovered(tmp_path / "d.db", small_town()) as discovered:
        for number in range(MOST_DEVICES + 50):
            discovered.note("gw", said(f"N{number}", temperature=1.0), b"x" * 9_999, NOON)
        discovered.note("gw", said("x" * 1_000, temperature=1.0), b"", NOON)
    found = list_discovered(tmp_path / "d.db")

    assert len(found) == MOST_DEVICES
    assert {len(device.sample) for device in found} == {KEPT_BYTES}


@pytest.mark.parametrize(
    ("quantities", "kind"),
    [
        ({"temperature", "humidity", "battery"}, "room_climate"),
        ({"pm2_5", "pm10"}, "air_station"),
        ({"open", "battery", "tamper"}, "door_contact"),
        ({"ph", "turbidity", "temperature"}, "water_quality"),
        ({"power", "energy", "voltage", "current"}, "power_meter"),
        ({"battery", "rssi"}, None),
        (set(), None),
    ],
)
def test_the_kind_is_guessed_from_what_was_said(quantities: set[str], kind: str | None) -> None:
    assert guess_kind(quantities, builtin_kinds().kinds) == kind


@pytest.mark.mosquitto
async def test_an_unknown_device_behind_a_gateway_is_discovered(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, [reading(7.5, sensor="N1"), reading(1.0)]))
        await until(lambda: line.ledger.balance().stored == 1)
    (device,) = list_discovered(tmp_path / "discovered.db")

    assert (device.gateway, device.device, device.quantities) == ("gw", "N1", ("temperature",))
    assert b'"N1"' in device.sample


def test_a_quantity_keeps_its_type_for_ever(tmp_path: Path) -> None:
    town, path = small_town(), tmp_path / "types.json"
    hold_types(path, town, store="duckdb:")
    text = town.quantities["temperature"].model_copy(update={"type": ValueType.TEXT, "unit": None})
    changed = town.model_copy(update={"quantities": {**town.quantities, "temperature": text}})
    with pytest.raises(ConfigError, match="`temperature` is float in this store for ever, and cannot become text"):
        hold_types(path, changed, store="duckdb:")

    assert type_findings(path, town, store="duckdb:") == []
    hold_types(path, changed, store="influxdb://elsewhere/town")  # another store, which has nothing yet
