"""Device classes of Home Assistant and what they are here.

https://www.home-assistant.io/integrations/sensor/#device-class and …/binary_sensor/#device-class
"""

from town.kind import COMMON_QUANTITIES

SENSOR: dict[str, str] = {
    "temperature": "temperature",
    "humidity": "humidity",
    "pressure": "pressure",
    "atmospheric_pressure": "pressure",
    "pm25": "pm2_5",
    "pm10": "pm10",
    "carbon_dioxide": "co2",
    "carbon_monoxide": "co",
    "nitrogen_dioxide": "no2",
    "ozone": "o3",
    "sulphur_dioxide": "so2",
    "volatile_organic_compounds": "voc",
    "illuminance": "illuminance",
    "irradiance": "irradiance",
    "sound_pressure": "noise",
    "wind_speed": "wind_speed",
    "wind_direction": "wind_direction",
    "precipitation_intensity": "rain_rate",
    "moisture": "soil_moisture",
    "ph": "ph",
    "conductivity": "conductivity",
    "power": "power",
    "energy": "energy",
    "voltage": "voltage",
    "current": "current",
    "frequency": "frequency",
    "power_factor": "power_factor",
    "water": "volume",
    "volume_flow_rate": "flow",
    "battery": "battery",
    "signal_strength": "rssi",
}
"""Quantity of each class of a `sensor` that has one."""

UNITS_LEFT_OUT = {"ph": "pH", "power_factor": "/"}
"""Units of quantities whose entities need not tell one."""

BINARY: dict[str, str] = {
    "smoke": "smoke_alarm",
    "gas": "gas_alarm",
    "carbon_monoxide": "co_alarm",
    "heat": "heat_alarm",
    "moisture": "leak",
    "door": "open",
    "garage_door": "open",
    "window": "open",
    "opening": "open",
    "motion": "motion",
    "occupancy": "occupied",
    "presence": "occupied",
    "tamper": "tamper",
    "problem": "fault",
    "running": "running",
    "connectivity": "online",
}
"""Quantity of each class of a `binary_sensor` that has one; ON is true. ON of `battery` is low, of `lock` unlocked."""

COMPONENTS = frozenset({
    "alarm_control_panel", "binary_sensor", "button", "camera", "climate", "cover", "device_automation",
    "device_tracker", "event", "fan", "humidifier", "image", "lawn_mower", "light", "lock", "notify", "number", "scene",
    "select", "sensor", "siren", "switch", "tag", "text", "update", "vacuum", "valve", "water_heater",
})  # fmt: skip
"""Components that MQTT discovery knows; only those with a state are learned."""
WITHOUT_STATE = frozenset({"button", "device_automation", "notify", "scene", "tag"})
"""Components that send no state, whatever topic stands beside them in the announcement of a device."""

_OF_THE_DEVICE = {*COMMON_QUANTITIES, "voltage", "online", "fault"}


def quantity_of(component: str, device_class: str | None, category: str | None) -> str | None:
    """The quantity of an entity. A diagnostic one speaks of the device: its temperature is not the room's."""
    classes = SENSOR if component == "sensor" else BINARY if component == "binary_sensor" else {}
    quantity = classes.get(device_class or "")
    return quantity if category != "diagnostic" or quantity in _OF_THE_DEVICE else None
