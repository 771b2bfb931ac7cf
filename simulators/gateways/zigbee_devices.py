"""The entries of `bridge/devices`, as Zigbee2MQTT lists its coordinator and everything paired with it.

Fields: https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html#zigbee2mqtt-bridge-devices, features:
https://www.zigbee2mqtt.io/guide/usage/exposes.html.
"""

from typing import Any

from simulators.physics.chance import key
from simulators.physics.device import MAINS_POWERED
from town.sensor import Sensor

_READ = 1  # access: published in the state

Feature = tuple[str, str, str | None]
"""The key of the state, the type of the feature, and the unit it comes in."""

MODELS: dict[str, tuple[str, str, tuple[Feature, ...]]] = {
    "smoke_detector": (
        "ZS-SMOKE-2",
        "Photoelectric smoke detector with thermometer",
        (
            ("smoke", "binary", None),
            ("smoke_density_dbm", "numeric", "dB/m"),
            ("temperature", "numeric", "°C"),
            ("fault", "binary", None),
        ),
    ),
    "co_detector": (
        "ZS-CO-1",
        "Carbon monoxide detector",
        (("carbon_monoxide", "binary", None), ("co", "numeric", "ppm")),
    ),
    "gas_detector": (
        "ZS-GAS-1",
        "Combustible gas detector",
        (("gas", "binary", None), ("gas_value", "numeric", "LEL")),
    ),
    "leak_detector": ("ZS-LEAK-1", "Water leak detector", (("water_leak", "binary", None),)),
    "door_contact": ("ZS-DOOR-3", "Door contact", (("contact", "binary", None),)),
    "motion_detector": ("ZS-PIR-1", "Motion detector", (("occupancy", "binary", None),)),
    "panic_button": ("ZS-SOS-1", "Emergency button", (("sos", "binary", None),)),
    "room_climate": (
        "ZS-AIR-4",
        "Room climate sensor",
        (
            ("temperature", "numeric", "°C"),
            ("humidity", "numeric", "%"),
            ("co2", "numeric", "ppm"),
            ("voc", "numeric", "µg/m³"),
        ),
    ),
    "power_meter": (
        "ZS-METER-3",
        "Energy meter for the distribution board",
        (
            ("power", "numeric", "W"),
            ("energy", "numeric", "kWh"),
            ("voltage", "numeric", "V"),
            ("current", "numeric", "A"),
            ("ac_frequency", "numeric", "Hz"),
            ("power_factor", "numeric", None),
        ),
    ),
}
"""By kind of sensor: model, description and features. Makers and models are invented."""

_BATTERY: tuple[Feature, ...] = (("battery", "numeric", "%"), ("voltage", "numeric", "mV"))


def device_entry(sensor: Sensor, *, seed: int) -> dict[str, Any]:
    """The entry of one device."""
    model, description, features = MODELS.get(sensor.kind, ("ZS-ANY-1", "Sensor", ()))
    mains = sensor.kind in MAINS_POWERED
    features += (() if mains else _BATTERY) + (("linkquality", "numeric", "lqi"),)
    return {
        **_paired(sensor.external_id, seed=seed),
        "type": "Router" if mains else "EndDevice",
        "friendly_name": sensor.external_id,
        "definition": {
            "model": model,
            "vendor": "Zhenshan",
            "description": description,
            "source": "native",
            "exposes": [_expose(feature) for feature in features],
            "options": [],
            "supports_ota": False,
        },
        "power_source": "Mains (single phase)" if mains else "Battery",
        "manufacturer": "Zhenshan",
        "model_id": model,
        "software_build_id": "2.1.4",
        "date_code": "20250318",
    }


def coordinator_entry(base: str, *, seed: int) -> dict[str, Any]:
    """The entry of the radio itself."""
    return {
        **_paired(base, seed=seed),
        "type": "Coordinator",
        "network_address": 0,
        "friendly_name": "Coordinator",
        "definition": None,
        "endpoints": {"1": {"bindings": [], "configured_reportings": [], "clusters": {"input": [], "output": []}}},
    }


def _paired(name: str, *, seed: int) -> dict[str, Any]:
    number = key(seed, "ieee address", name)
    return {
        "ieee_address": f"0x00158d{number & 0xFFFFFFFFFF:010x}",
        "network_address": number >> 40 & 0xFFF7 or 1,
        "supported": True,
        "disabled": False,
        "interviewing": False,
        "interview_completed": True,
        "interview_state": "SUCCESSFUL",
        "endpoints": {
            "1": {
                "bindings": [],
                "configured_reportings": [],
                "clusters": {"input": ["genBasic", "genPowerCfg"], "output": ["genOta"]},
                "scenes": [],
            }
        },
    }


def _expose(feature: Feature) -> dict[str, Any]:
    name, kind, unit = feature
    shown: dict[str, Any] = {"type": kind, "name": name, "property": name, "label": name, "access": _READ}
    if kind == "binary":
        # a contact that touches is a closed door: the one binary whose "on" is false
        shown |= {"value_on": name != "contact", "value_off": name == "contact"}
    return shown | ({"unit": unit} if unit else {})
