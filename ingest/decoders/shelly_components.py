"""What the attributes of Shelly components mean (https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/)."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """The quantity of an attribute if it has one, and its unit if it has one."""

    quantity: str | None = None
    unit: str | None = None


NOTHING = Meaning()

_METER: dict[str, Meaning] = {
    "apower": Meaning("power", "W"),
    "act_power": Meaning("power", "W"),
    "aprtpower": Meaning(None, "VA"),
    "aprt_power": Meaning(None, "VA"),
    "voltage": Meaning("voltage", "V"),
    "current": Meaning("current", "A"),
    "freq": Meaning("frequency", "Hz"),
    "pf": Meaning("power_factor", "/"),
    "aenergy.total": Meaning("energy", "Wh"),
    "ret_aenergy.total": Meaning(None, "Wh"),
    **{
        f"{name}.by_minute.{minute}": Meaning(None, "mWh") for name in ("aenergy", "ret_aenergy") for minute in range(3)
    },
    "temperature.tC": Meaning(None, "Cel"),  # of the device, not of the room
    "temperature.tF": Meaning(None, "degF"),
}

_THREE_PHASES: dict[str, Meaning] = {
    **{f"{phase}_{name}": known._replace(quantity=None) for phase in "abcn" for name, known in _METER.items()},
    "total_act_power": Meaning("power", "W"),
    "total_aprt_power": Meaning(None, "VA"),
    "total_current": Meaning(None, "A"),
}

_ENERGY_DATA: dict[str, Meaning] = {
    "total_act": Meaning("energy", "Wh"),
    "total_act_energy": Meaning("energy", "Wh"),
    "total_act_ret": Meaning(None, "Wh"),
    "total_act_ret_energy": Meaning(None, "Wh"),
    **{f"{phase}_total_act_energy": Meaning(None, "Wh") for phase in "abc"},
    **{f"{phase}_total_act_ret_energy": Meaning(None, "Wh") for phase in "abc"},
}

_PRESENCE: dict[str, Meaning] = {"value": Meaning("occupied"), "num_objects": Meaning(None, "count")}

COMPONENTS: dict[str, dict[str, Meaning]] = {
    "switch": _METER,
    "light": _METER,
    "rgb": _METER,
    "rgbw": _METER,
    "rgbcct": _METER,
    "cct": _METER,
    "cover": _METER,
    "pm1": _METER,
    "em1": _METER,
    "em": _THREE_PHASES,
    "emdata": _ENERGY_DATA,
    "em1data": _ENERGY_DATA,
    "temperature": {"tC": Meaning("temperature", "Cel"), "tF": Meaning(None, "degF")},
    "humidity": {"rh": Meaning("humidity", "%RH")},
    "illuminance": {"lux": Meaning("illuminance", "lx")},
    "voltmeter": {"voltage": Meaning("voltage", "V")},
    "flood": {"alarm": Meaning("leak")},
    "smoke": {"alarm": Meaning("smoke_alarm")},
    "presence": _PRESENCE,
    "presencezone": _PRESENCE,
    "input": {"percent": Meaning(None, "%"), "freq": Meaning(None, "Hz"), "counts.total": Meaning(None, "count")},
    "thermostat": {"current_C": Meaning("temperature", "Cel"), "target_C": Meaning(None, "Cel")},
    "blutrv": {
        "current_C": Meaning("temperature", "Cel"),
        "target_C": Meaning(None, "Cel"),
        "battery": Meaning("battery", "%"),
        "rssi": Meaning("rssi", "dBm"),
    },
    "bthomedevice": {"battery": Meaning("battery", "%"), "rssi": Meaning("rssi", "dBm")},
    "devicepower": {"battery.percent": Meaning("battery", "%"), "battery.V": Meaning(None, "V")},
    "wifi": {"rssi": Meaning("rssi", "dBm")},
}

METERS_OF = {"emdata": "em", "em1data": "em1"}
"""Components that tell more of another component with the same number."""

_PRESSES = ("btn_down", "single_push", "double_push", "triple_push", "long_push")
_BUTTON = {**dict.fromkeys(_PRESSES, ("pressed", True)), "btn_up": ("pressed", False)}
_ALARM = {"alarm": True, "alarm_off": False}

EVENTS: dict[str, dict[str, tuple[str, bool]]] = {
    "input": _BUTTON,
    "bthomedevice": _BUTTON,
    "bthomesensor": _BUTTON,
    "smoke": {event: ("smoke_alarm", there) for event, there in _ALARM.items()},
    "flood": {event: ("leak", there) for event, there in _ALARM.items()},
}
"""What an event of a component says: of push-buttons, wired or over Bluetooth, and of detectors."""
