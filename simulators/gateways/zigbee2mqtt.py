"""A Zigbee2MQTT bridge (https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html, version 2)."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from simulators.gateways.message import Outgoing
from simulators.gateways.zigbee_devices import coordinator_entry, device_entry
from simulators.physics.device import MAINS_POWERED
from simulators.schedule import Observation
from town.gateway import Gateway
from town.moment import Moment, format_moment
from town.quantity import Value
from town.sensor import Sensor
from town.town import Town

_encode = msgspec.json.Encoder().encode

_KEYS = {
    "smoke": "smoke_density_dbm",
    "smoke_alarm": "smoke",
    "co_alarm": "carbon_monoxide",
    "gas_alarm": "gas",
    "gas": "gas_value",
    "motion": "occupancy",
    "leak": "water_leak",
    "pressed": "sos",
    "frequency": "ac_frequency",
    "pm2_5": "pm25",
    "occupied": "presence",
}
"""Keys of the state where they differ from the quantity's name."""


class Zigbee2Mqtt:
    """One bridge with its devices, whose friendly names are the sensors' external ids."""

    def __init__(self, town: Town, gateway: Gateway, sensors: Sequence[Sensor], *, seed: int) -> None:
        self._base = str(gateway.options.get("base", "zigbee2mqtt"))
        self._seed = seed
        self._devices = [sensor for sensor in sensors if sensor.kind != "gateway"]
        self.will = Outgoing(f"{self._base}/bridge/state", b'{"state":"offline"}', retain=True)

    def hello(self, now: Moment) -> list[Outgoing]:
        """That the bridge is there, which devices it has, and that they are there; all retained."""
        online = b'{"state":"online"}'
        entries = [coordinator_entry(self._base, seed=self._seed)]
        entries += [device_entry(sensor, seed=self._seed) for sensor in self._devices]
        return [
            Outgoing(f"{self._base}/bridge/state", online, retain=True),
            Outgoing(f"{self._base}/bridge/devices", _encode(entries), retain=True),
            *(Outgoing(f"{self._base}/{d.external_id}/availability", online, retain=True) for d in self._devices),
        ]

    def farewell(self) -> Outgoing:
        """That the bridge goes."""
        return self.will

    def telemetry(self, told: Sequence[Observation]) -> Iterator[Outgoing]:
        """The state of each device on its own topic. The bridge itself sends no readings."""
        for one in told:
            if one.sensor.kind != "gateway":
                payload = _encode(state(one))
                yield Outgoing(f"{self._base}/{one.sensor.external_id}", payload, readings=1)


def state(one: Observation) -> dict[str, Any]:
    """The state object of a device, as it comes with `last_seen: ISO_8601`."""
    told: dict[str, Any] = {}
    for quantity, value in one.values.items():
        if quantity == "rssi":
            told["linkquality"] = _link_quality(value)
        elif quantity == "open":
            told["contact"] = not value
        else:
            # JavaScript writes whole numbers without a point
            whole = isinstance(value, float) and value.is_integer()
            told[_KEYS.get(quantity, quantity)] = int(value) if whole else value
    if one.sensor.kind not in MAINS_POWERED:
        told["voltage"] = 2_500 + 6 * round(float(one.values.get("battery", 100.0)) - 20)
    else:
        told.setdefault("linkquality", 128)
    return {**told, "last_seen": format_moment(one.at)}


def _link_quality(rssi: Value) -> int:
    return max(1, min(255, round((float(rssi) + 100) * 4)))
