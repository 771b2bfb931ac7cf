"""What the keys of a Zigbee2MQTT state mean, and in which units (https://www.zigbee2mqtt.io/guide/usage/exposes.html)."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest.decoded import Channel
from ingest.decoders.values import as_truth, fit, plain_unit
from town.quantity import Value

_DEEPEST_EXPOSES = 4

CHANNELS: dict[str, tuple[str, str | None]] = {
    "temperature": ("temperature", "°C"),
    "humidity": ("humidity", "%"),
    "pressure": ("pressure", "hPa"),
    "illuminance": ("illuminance", "lx"),
    "illuminance_lux": ("illuminance", "lx"),
    "co2": ("co2", "ppm"),
    "co": ("co", "ppm"),
    "voc": ("voc", "µg/m³"),
    "pm25": ("pm2_5", "µg/m³"),
    "pm10": ("pm10", "µg/m³"),
    "noise": ("noise", "dB"),
    "soil_moisture": ("soil_moisture", "%"),
    "ph": ("ph", "pH"),
    "liquid_depth": ("level", "m"),
    "wind_speed": ("wind_speed", "m/s"),
    "flow": ("flow", "m³/h"),
    "power": ("power", "W"),
    "energy": ("energy", "kWh"),
    "current": ("current", "A"),
    "power_factor": ("power_factor", "/"),
    "ac_frequency": ("frequency", "Hz"),
    "voltage": ("voltage", None),
    "battery": ("battery", "%"),
    "smoke_density_dbm": ("smoke", "dB/m"),
    "contact": ("open", None),
    "occupancy": ("motion", None),
    "presence": ("occupied", None),
    "water_leak": ("leak", None),
    "smoke": ("smoke_alarm", None),
    "gas": ("gas_alarm", None),
    "carbon_monoxide": ("co_alarm", None),
    "tamper": ("tamper", None),
    "fault": ("fault", None),
    "sos": ("pressed", None),
    "action": ("pressed", None),
}
"""Quantity of each key that has one, and the unit the key is in when the bridge does not tell."""

_OTHER_UNITS = {"device_temperature": "Cel", "soil_temperature": "Cel", "local_temperature": "Cel"}
"""Units of keys without a quantity, when the bridge does not tell."""
_OF_A_PART = {"power": "W", "energy": "kWh", "current": "A", "voltage": "V", "power_factor": "/"}
"""The same for phases of a meter and outlets of a strip, which are on the mains: `voltage_phase_b`, `power_l1`."""
_PART = re.compile(r"_(?:phase_[abc]|l[1-9])$")

_PRESSED = {
    "single", "double", "triple", "quadruple", "hold", "long", "short", "press", "pressed", "emergency", "panic", "sos",
}  # fmt: skip
_RELEASED = {"release", "released"}
_BUTTONS = {"button", "left", "right", "center", "top", "bottom", "both"}
"""Which button it was, in an action of several; a number says it, too."""


def convert(key: str, value: Value, unit: str | None, state: Mapping[str, Any]) -> tuple[str, Value] | Channel:
    """The quantity and value of a key in canonical units, or the key as it is when it has none or its unit is unknown.

    `unit` is what the bridge told, `state` the whole message: what stands beside a key can say what it means.
    """
    special = _SPECIAL.get(key)
    if special is not None:
        return special(key, value, unit, state)
    if key not in CHANNELS:
        usual = _OTHER_UNITS.get(key) or _OF_A_PART.get(_PART.sub("", key))
        return Channel(key, value, plain_unit(unit or usual))
    return _scaled(key, value, unit, CHANNELS[key][1])


def _scaled(key: str, value: Value, unit: str | None, usual: str | None) -> tuple[str, Value] | Channel:
    """The value in the quantity's own unit, which is the usual one of its key; a Channel when there is no way there.

    What is no value of the quantity at all is passed on as it is, for the resolver to refuse.
    """
    quantity = CHANNELS[key][0]
    if isinstance(value, bool if usual is None else float) and (not unit or unit == usual):
        return quantity, value
    fitting = fit(quantity, value, unit or usual)
    if fitting is not None:
        return quantity, fitting
    return Channel(key, value, plain_unit(unit)) if unit and isinstance(value, float) else (quantity, value)


def _contact(key: str, value: Value, unit: str | None, state: Mapping[str, Any]) -> tuple[str, Value] | Channel:
    closed = as_truth(value)
    return "open", value if closed is None else not closed  # contact true: the magnet is there, closed


def _action(key: str, value: Value, unit: str | None, state: Mapping[str, Any]) -> tuple[str, Value] | Channel:
    """A press or a release, also of one button among several: `1_single`, `left_hold`, `button_2_press_release`."""
    words = set(value.split("_")) if isinstance(value, str) else set()
    words -= {word for word in words if word in _BUTTONS or word.isdecimal()}
    if value == "" or words & _RELEASED:
        return ("pressed", False) if words <= _PRESSED | _RELEASED | {""} else Channel(key, value)
    return ("pressed", True) if words and words <= _PRESSED else Channel(key, value)


def _voltage(key: str, value: Value, unit: str | None, state: Mapping[str, Any]) -> tuple[str, Value] | Channel:
    """Millivolts of a battery or volts of the mains: told by the bridge, else by what stands beside it."""
    if unit is None and ("battery" in state or "battery_low" in state):
        unit = "mV"
    elif unit is None and {"power", "current", "energy"} & state.keys():
        unit = "V"
    return Channel(key, value) if unit is None else _scaled(key, value, unit, "V")


def _illuminance(key: str, value: Value, unit: str | None, state: Mapping[str, Any]) -> tuple[str, Value] | Channel:
    """Version 1 sends a raw figure and, beside it, `illuminance_lux`; version 2 sends lux."""
    if "illuminance_lux" in state:
        return Channel(key, value)
    return _scaled(key, value, unit, "lx")


_SPECIAL: dict[str, Callable[[str, Value, str | None, Mapping[str, Any]], tuple[str, Value] | Channel]] = {
    "contact": _contact,
    "action": _action,
    "voltage": _voltage,
    "illuminance": _illuminance,
}


def units(definition: Any) -> dict[str, str]:
    """Units by key of a device's `definition.exposes`; nothing for a device the bridge does not know."""
    exposes = definition.get("exposes") if isinstance(definition, dict) else None
    found: dict[str, str] = {}
    for each in _exposed(exposes, _DEEPEST_EXPOSES):
        key, unit = each.get("property"), each.get("unit")
        if isinstance(key, str) and isinstance(unit, str):
            found[key] = unit
    return found


def _exposed(exposes: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Every feature, those inside others (a lock, a switch) included."""
    if not isinstance(exposes, list) or not depth:
        return
    for each in exposes:
        if isinstance(each, dict):
            yield each
            yield from _exposed(each.get("features"), depth - 1)
