import json
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from town.folder import load_town
from town.town import Town

FOLDER = Path(__file__).parents[2] / "towns" / "huangjiu"

# What the keys of Zigbee2MQTT's "exposes" can feed.
ZIGBEE_KINDS = {
    "smoke_detector", "co_detector", "gas_detector", "leak_detector", "door_contact", "motion_detector",
    "room_climate", "power_meter", "panic_button", "gateway",
}  # fmt: skip


@cache
def huangjiu() -> Town:
    town, findings = load_town(FOLDER)
    assert findings == [] and town is not None, "\n".join(map(str, findings))
    return town


def inside(x: float, y: float, ring: list[list[float]]) -> bool:
    """Whether a point lies in a ring (even-odd rule)."""
    odd = False
    for (ax, ay), (bx, by) in pairwise(ring):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            odd = not odd
    return odd


def features(role: str) -> list[dict[str, Any]]:
    everything = json.loads((FOLDER / "map.geojson").read_text("utf-8"))["features"]
    return [feature for feature in everything if feature["properties"]["role"] == role]


def test_it_is_a_whole_town() -> None:
    town = huangjiu()

    assert len(town.facilities) >= 16 and len(town.sensors) >= 130
    assert set(town.zones) == {"cellars", "brewing", "old_street", "dock", "school", "visitors"}
    decoders = Counter(gateway.decoder for gateway in town.gateways.values())
    assert decoders["native"] >= 4 and decoders["zigbee2mqtt"] == 2
    assert {sensor.gateway for sensor in town.sensors.values()} == set(town.gateways)


def test_every_facility_stands_in_its_zone_on_the_map() -> None:
    rings = {f["properties"]["zone"]: f["geometry"]["coordinates"][0] for f in features("zone")}

    for facility in huangjiu().facilities.values():
        x, y = facility.position.longitude, facility.position.latitude
        assert [zone for zone, ring in rings.items() if inside(x, y, ring)] == [facility.zone], facility.id


def test_every_sensor_stands_within_thirty_metres_of_its_facility() -> None:
    town = huangjiu()

    for sensor in town.sensors.values():
        facility = town.facilities[sensor.facility].position
        assert sensor.position is not None and sensor.place is not None
        assert abs(sensor.position.latitude - facility.latitude) < 0.0003, sensor.id
        assert abs(sensor.position.longitude - facility.longitude) < 0.0003, sensor.id


def test_map_is_closed_and_drawn_around_the_town() -> None:
    (outline,) = features("outline")
    ring = outline["geometry"]["coordinates"][0]

    assert ring[0] == ring[-1]
    assert all(inside(f.position.longitude, f.position.latitude, ring) for f in huangjiu().facilities.values())
    assert len(features("water")) >= 2 and len(features("road")) >= 4


def test_zigbee_devices_are_ones_zigbee_has_with_awkward_names_too() -> None:
    town = huangjiu()
    devices = [s for s in town.sensors.values() if town.gateways[s.gateway].decoder == "zigbee2mqtt"]

    assert {sensor.kind for sensor in devices} <= ZIGBEE_KINDS
    assert any(" " in sensor.external_id for sensor in devices)
    assert any("/" in sensor.external_id for sensor in devices)


def test_every_cellar_is_guarded() -> None:
    town = huangjiu()
    needed = {"smoke_detector", "heat_detector", "co_detector", "room_climate", "door_contact", "badge_reader"}

    cellars = [facility.id for facility in town.facilities.values() if facility.kind == "cellar"]
    assert len(cellars) == 3
    for cellar in cellars:
        assert needed <= {sensor.kind for sensor in town.sensors_of_facility[cellar]}
