"""What gateways put on the wire, held against the formats' documentation."""

import json
from typing import Any

import pytest

from simulators.gateways.message import Make, Outgoing
from simulators.gateways.native import LARGEST_ARRAY
from simulators.physics.world import Values, World
from simulators.play import parts
from simulators.schedule import Observation
from simulators.sensors import measure
from town.moment import format_moment, parse_moment
from town.town import Town

AT = parse_moment("2026-11-22T08:00:00.250Z")


def make_of(town: Town, gateway: str) -> Make:
    return next(part.make for part in parts(World(town, seed=1)) if part.gateway == gateway)


def sent(town: Town, sensor: str, values: Values) -> tuple[Outgoing, Any]:
    one = town.sensors[sensor]
    (message,) = make_of(town, one.gateway).telemetry([Observation(AT, one, values)])
    return message, json.loads(message.payload)


def test_a_native_gateway_sends_one_object(town: Town) -> None:
    message, document = sent(town, "CE2-S01", {"smoke": 0.02, "smoke_alarm": False, "temperature": 21.5})

    assert message.topic == "town/huangjiu/gw-cellars/telemetry"
    assert document.pop("at") in (AT, "2026-11-22T08:00:00.250Z")
    assert document == {"sensor": "CE2-S01", "values": {"smoke": 0.02, "smoke_alarm": False, "temperature": 21.5}}
    assert (message.readings, message.retain) == (1, False)


def test_native_gateways_write_times_in_both_ways(town: Town) -> None:
    sensors = {s.gateway: s for s in town.sensors.values() if town.gateways[s.gateway].decoder == "native"}
    written = {type(sent(town, sensor.id, {"rssi": -60.0})[1]["at"]) for sensor in sensors.values()}

    assert written == {int, str}


def test_a_native_gateway_sends_what_was_told_together_in_arrays(town: Town) -> None:
    sensor = town.sensors["CE2-S01"]
    told = [Observation(AT + n, sensor, {"smoke": 0.01}) for n in range(LARGEST_ARRAY + 2)]
    messages = list(make_of(town, "gw-cellars").telemetry(told))

    assert [len(json.loads(one.payload)) for one in messages] == [LARGEST_ARRAY, 2]
    assert [one.readings for one in messages] == [LARGEST_ARRAY, 2]


def test_a_native_status_is_retained_and_its_will_is_offline(town: Town) -> None:
    make = make_of(town, "gw-school")
    status = "town/huangjiu/gw-school/status"

    assert make.hello(AT) == [Outgoing(status, b"online", retain=True)]
    assert make.will == make.farewell() == Outgoing(status, b"offline", retain=True)


def test_a_zigbee_contact_that_touches_is_a_closed_door(town: Town) -> None:
    message, closed = sent(town, "CE2-S10", {"open": False, "battery": 87.0, "rssi": -60.0})
    _, opened = sent(town, "CE2-S10", {"open": True})

    assert message.topic == "zigbee2mqtt-cellars/cellar2_door_1"
    assert (closed["contact"], opened["contact"]) == (True, False)
    assert closed["battery"] == 87 and 2000 < closed["voltage"] < 3100 and 0 < closed["linkquality"] <= 255
    assert closed["last_seen"] == format_moment(AT)


@pytest.mark.parametrize(
    ("sensor", "values", "keys"),
    [
        ("CE2-S03", {"smoke": 0.2, "smoke_alarm": True, "temperature": 20.0},
         {"smoke_density_dbm": 0.2, "smoke": True, "temperature": 20}),
        ("CE2-S07", {"co": 80.0, "co_alarm": True}, {"co": 80, "carbon_monoxide": True}),
        ("MU1-S08", {"motion": True}, {"occupancy": True}),
        ("CE2-S14", {"leak": False}, {"water_leak": False}),
        ("SN1-S12", {"pressed": True}, {"sos": True}),
        ("SN1-S13", {"voltage": 229.4, "power": 100.5}, {"voltage": 229.4, "power": 100.5}),
    ],
)  # fmt: skip
def test_zigbee_keys_are_those_of_the_documentation(
    town: Town, sensor: str, values: Values, keys: dict[str, Any]
) -> None:
    _, document = sent(town, sensor, values)

    assert {key: document[key] for key in keys} == keys


def test_a_bridge_says_hello_with_its_devices_and_their_availability(town: Town) -> None:
    hello = make_of(town, "z2m-cellars").hello(AT)
    documents = {one.topic: json.loads(one.payload) for one in hello}
    devices = documents["zigbee2mqtt-cellars/bridge/devices"]
    names = {each["friendly_name"] for each in devices if each["type"] != "Coordinator"}

    assert all(one.retain for one in hello)
    assert documents["zigbee2mqtt-cellars/bridge/state"] == {"state": "online"}
    assert names == {s.external_id for s in town.sensors.values() if s.gateway == "z2m-cellars"} - {"gateway"}
    assert all(documents[f"zigbee2mqtt-cellars/{name}/availability"] == {"state": "online"} for name in names)
    assert len({each["ieee_address"] for each in devices}) == len(devices)


def test_every_key_that_a_zigbee_device_sends_is_exposed_with_its_unit(town: Town, world: World) -> None:
    bridge = make_of(town, "z2m-street")
    devices = json.loads(bridge.hello(AT)[1].payload)
    exposed = {each["friendly_name"]: each["definition"]["exposes"] for each in devices[1:]}
    units = {feature["property"]: feature.get("unit") for feature in exposed["warehouse3_door_1"]}

    assert units["voltage"] == "mV"
    assert {f["property"]: f.get("unit") for f in exposed["warehouse3_meter_1"]}["voltage"] == "V"
    for sensor in (s for s in town.sensors.values() if s.gateway == "z2m-street" and s.external_id != "gateway"):
        _, document = sent(town, sensor.id, dict.fromkeys(town.kinds[sensor.kind].quantities[:2], 1.0))
        known = {feature["property"] for feature in exposed[sensor.external_id]}
        assert document.keys() - known <= {"last_seen"}, sensor.id


def changed(town: Town, **changes: object) -> Town:
    return Town.model_validate({name: getattr(town, name) for name in Town.model_fields} | changes)


def test_a_gateway_of_a_make_nobody_simulates_keeps_silent_and_is_named(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    other = town.gateways["gw-water"].model_copy(update={"decoder": "sparkplug"})
    gateways = town.gateways | {"gw-water": other}
    played = [part.gateway for part in parts(World(changed(town, gateways=gateways), seed=1))]

    assert set(played) == town.gateways.keys() - {"gw-water"}
    assert "gw-water" in caplog.text and "sparkplug" in caplog.text


def test_a_kind_of_the_towns_own_sends_values_inside_its_ranges(town: Town) -> None:
    vat = town.kinds["room_climate"].model_copy(
        update={"id": "vat", "quantities": ("ph", "temperature", "fault", "state", "energy"), "ranges": {"ph": (3, 5)}}
    )
    sensor = town.sensors["BR1-S01"].model_copy(update={"kind": "vat"})
    own = changed(town, kinds=town.kinds | {"vat": vat}, sensors=town.sensors | {sensor.id: sensor})
    told = measure(World(own, seed=1), sensor, AT, since=30_000)

    assert told.keys() == set(vat.quantities)
    assert isinstance(told["ph"], float) and 3 < told["ph"] < 5
    assert (told["fault"], told["state"]) == (False, "normal")
