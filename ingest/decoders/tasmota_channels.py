"""What the keys of Tasmota sensors mean, and in which units (https://tasmota.github.io/docs/Supported-Peripherals/)."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

TEMP, PRESSURE, SPEED = "TempUnit", "PressureUnit", "SpeedUnit"
"""Keys beside the sensors that tell units; the units below that are one of them are looked up there."""
UNIT_KEYS = (TEMP, PRESSURE, SPEED)


class Meaning(NamedTuple):
    """The quantity of a key if it has one, and its unit if that is known."""

    quantity: str | None = None
    unit: str | None = None


NOTHING = Meaning()
ZIGBEE = "ZbReceived"
"""The key of what a Zigbee bridge heard of its devices."""
ZIGBEE_UNITS = {TEMP: "C", PRESSURE: "hPa"}
"""Zigbee has units of its own, whatever the bridge shows its own sensors in."""

_KEYS: dict[str, Meaning] = {
    "Temperature": Meaning("temperature", TEMP),
    "Humidity": Meaning("humidity", "%RH"),
    "DewPoint": Meaning(None, TEMP),
    "HeatIndex": Meaning(None, TEMP),
    "OBJTMP": Meaning(None, TEMP),
    "AMBTMP": Meaning(None, TEMP),
    "Pressure": Meaning("pressure", PRESSURE),
    "SeaPressure": Meaning(None, PRESSURE),
    "Illuminance": Meaning("illuminance", "lx"),
    "CarbonDioxide": Meaning("co2", "ppm"),
    "eCO2": Meaning(None, "ppm"),  # estimated from organic compounds
    "TVOC": Meaning(None, "ppb"),
    **dict.fromkeys(("PM1", "PM1_0", "PM4", "PM4_0", "CF1", "CF2.5", "CF10"), Meaning(None, "ug/m3")),
    **dict.fromkeys(("PM2.5", "PM2_5"), Meaning("pm2_5", "ug/m3")),
    **dict.fromkeys(("PM10", "PM10_0"), Meaning("pm10", "ug/m3")),
    "pH": Meaning("ph", "pH"),
    "Weight": Meaning(None, "kg"),
    "ProbeTemperature": Meaning("temperature", TEMP),
    "ReferenceTemperature": Meaning(None, TEMP),
    "Battery": Meaning("battery", "%"),
    "RSSI": Meaning("rssi", "dBm"),
    "Speed.Act": Meaning("wind_speed", SPEED),
    "Speed.Avg": Meaning(None, SPEED),
    "Speed.Min": Meaning(None, SPEED),
    "Speed.Max": Meaning(None, SPEED),
    "Dir.Deg": Meaning("wind_direction", "deg"),
    **dict.fromkeys(("Dir.Avg", "Dir.Min", "Dir.Max", "Dir.Range"), Meaning(None, "deg")),
}

_ENERGY: dict[str, Meaning] = {
    "Total": Meaning("energy", "kWh"),
    "Energy": Meaning("energy", "kWh"),
    "TotalTariff": Meaning(None, "kWh"),
    "Yesterday": Meaning(None, "kWh"),
    "Today": Meaning(None, "kWh"),
    **dict.fromkeys(("ImportActive", "ExportActive", "ImportTariff", "ExportTariff"), Meaning(None, "kWh")),
    **dict.fromkeys(("ImportReactive", "ExportReactive"), Meaning(None, "kvarh")),
    "Period": Meaning(None, "Wh"),
    "Power": Meaning("power", "W"),
    "ApparentPower": Meaning(None, "VA"),
    "ReactivePower": Meaning(None, "var"),
    "Factor": Meaning("power_factor", "/"),
    "Frequency": Meaning("frequency", "Hz"),
    "Voltage": Meaning("voltage", "V"),
    "Current": Meaning("current", "A"),
    "CurrentNeutral": Meaning(None, "A"),
    "PhaseAngle": Meaning(None, "deg"),
}
_POWER_MONITOR = {key: _ENERGY[key] for key in ("Voltage", "Current", "Power")}

_ZIGBEE: dict[str, Meaning] = {
    **{key: _KEYS[key] for key in ("Temperature", "Humidity", "Pressure")},
    "BatteryPercentage": Meaning("battery", "%"),
    "BatteryVoltage": Meaning("voltage", "V"),
    "Contact": Meaning("open"),  # the alarm of a door contact: 1 is open
    "Occupancy": Meaning("motion"),
    "Fire": Meaning("smoke_alarm"),
    "Water": Meaning("leak"),
    "CO": Meaning("co_alarm"),
}

# A key means something else in these sensors, or nothing that is measured around them.
_SENSORS: dict[str, dict[str, Meaning]] = {
    "ENERGY": _ENERGY,
    "CTEnergy": _ENERGY,
    **dict.fromkeys(("INA219", "INA226", "INA3221"), _POWER_MONITOR),
    "ESP32": {"Temperature": Meaning(None, TEMP)},  # the chip
    ZIGBEE: _ZIGBEE,
    "Flora": {
        "Humidity": Meaning("soil_moisture", "%"),
        "Moisture": Meaning("soil_moisture", "%"),
        "Fertility": Meaning(None, "uS/cm"),
    },
    "MtrReceived": {},  # what other Matter devices said: Power 1 is on, not a watt
    "Wifi": {"RSSI": Meaning(None, "%"), "Signal": Meaning("rssi", "dBm")},
    "SR04": {"Distance": Meaning(None, "cm")},
    "ME007": {"Distance": Meaning(None, "cm")},
    "HRXL": {"Distance": Meaning(None, "mm")},
    "LD2410": {"Distance": Meaning(None, "cm")},
    "LD2410S": {"Distance": Meaning(None, "cm"), "People": Meaning("people", "count")},
    "VL53L0X": {"Distance": Meaning(None, "mm")},
    "VL53L1X": {"Distance": Meaning(None, "mm")},
    "AS3935": {"Distance": Meaning(None, "km")},
    "MLX90614": {"OBJTMP": Meaning("temperature", TEMP), "AMBTMP": Meaning(None, TEMP)},
}
_ONLY_OWN = {"ENERGY", "CTEnergy", "MtrReceived", "Wifi", ZIGBEE}
"""Sensors whose other keys mean nothing to us, whatever they are called."""
_END_OF_MAC = re.compile(r"[0-9A-Fa-f]{6}$")
"""By which sensors that are heard over Bluetooth are told apart, with a dash before it or without."""


def meaning(sensor: str, key: str, units: Mapping[str, str]) -> Meaning:
    """What a key of a sensor means. A unit that is told beside the sensors, and was not, is not known."""
    model = sensor.partition("-")[0]
    model = model if model in _SENSORS else _END_OF_MAC.sub("", model)
    if sensor.startswith("CTEnergy"):
        model = "CTEnergy"
    found = _SENSORS.get(model, {}).get(key)
    if found is None:
        found = NOTHING if model in _ONLY_OWN else _KEYS.get(key, NOTHING)
    return found._replace(unit=units.get(found.unit)) if found.unit in UNIT_KEYS else found


def told_units(document: Mapping[str, Any], assumed: Mapping[str, str]) -> dict[str, str]:
    """The units a message tells, or else those that were agreed on."""
    told = {key: document[key] for key in UNIT_KEYS if isinstance(document.get(key), str)}
    return {**assumed, **told}
