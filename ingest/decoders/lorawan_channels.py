"""What LoRaWAN payload codecs call things: quantity and unit by the keys they use, whatever their case and dashes.

Every maker writes its codec in its own way. A key stands here when makers agree on what it means and in which unit;
the others are listed without a quantity.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ingest.decoders.document import MOST_CHANNELS, leaves, scalar
from ingest.decoders.values import DeviceValues, as_number
from town.quantity import Value
from town.reading import Flag
from town.units import is_unit, unit_code


class Meaning(NamedTuple):
    """The quantity of a key if it has one, and its unit if that is known."""

    quantity: str | None = None
    unit: str | None = None


NOTHING = Meaning()

_WRITTEN: dict[Meaning, str] = {
    Meaning("temperature", "Cel"): "temperature temp tempc temperaturec airtemperature ambienttemperature tempcsht "
    "tempsoil temperaturesensor soiltemperature watertemperature",
    Meaning(None, "Cel"): "tempcds tempcds18b20 externaltemperature dewpoint temperaturemax temperaturemin",
    Meaning("humidity", "%RH"): "humidity hum humi relativehumidity airhumidity humsht rh humiditysensor",
    Meaning("pressure", "hPa"): "pressure barometricpressure airpressure atmosphericpressure barometer",
    Meaning("co2", "ppm"): "co2 co2ppm co2concentration carbondioxide",
    Meaning("pm2_5", "ug/m3"): "pm25 pm25ugm3",
    Meaning("pm10", "ug/m3"): "pm10",
    Meaning(None, "ug/m3"): "pm1 pm4",
    Meaning("illuminance", "lx"): "illuminance illumination illuminancelx lux illuminancesensor",
    Meaning("noise", "dB"): "laeq leq",
    Meaning(None, "dB"): "laf lafmax lamax lai lcpeak",
    Meaning("soil_moisture", "%"): "soilmoisture soilhumidity watersoil",
    Meaning("conductivity", "uS/cm"): "conductsoil",
    Meaning("irradiance", "W/m2"): "solarradiation irradiance",
    Meaning("wind_speed", "m/s"): "windspeed",
    Meaning("wind_direction", "deg"): "winddirection",
    Meaning("ph", "pH"): "ph soilph waterph",
    Meaning("turbidity", "NTU"): "turbidity",
    Meaning("level", "cm"): "waterdeepcm waterlevelcm",
    Meaning(None, "mm"): "distancemm rainfalltotal",
    Meaning("people", "count"): "peoplecount",
    Meaning("people_in", "count"): "periodin",
    Meaning("people_out", "count"): "periodout",
    Meaning("battery", "%"): "battery batterylevel batterypercent batterypercentage batterypct",
    Meaning("voltage", "V"): "voltage volt batv batvolt batvoltage batteryvoltage battvoltage vbat",
    Meaning("voltage", "mV"): "batmv batterymv batteryvoltagemv vbatmv vdd voltagemv",
    Meaning(None, "lat"): "latitude",
    Meaning(None, "lon"): "longitude",
    Meaning("leak"): "leak waterleak leakage leakagestatus waterleakstatus waterleakagestatus",
    Meaning("open"): "open dooropen dooropenstatus doorstatus door magnetstatus magnet contactstate",
    Meaning("motion"): "motion motiondetected pir pirstatus",
    Meaning("occupied"): "occupied occupancy occupancystatus presence presencesensor carstatus parkingoccupied",
    Meaning("tamper"): "tamper tamperstatus tamperalarm",
    Meaning("smoke_alarm"): "smoke smokestatus smokealarm",
    Meaning("gas_alarm"): "gasstatus gasalarm",
    Meaning("co_alarm"): "coalarm",
    Meaning("pressed"): "pressed press button buttonpressed buttonevent buttonstatus sos",
}
KEYS: dict[str, Meaning] = {key: meaning for meaning, keys in _WRITTEN.items() for key in keys.split()}
"""By the key in small letters, without anything but letters and digits."""

_WORDS: dict[str, tuple[set[str], set[str]]] = {
    "leak": ({"leak", "leaking", "water leak", "flood", "wet"}, {"normal", "no leak", "dry"}),
    "open": ({"open", "opened"}, {"close", "closed"}),
    "motion": ({"trigger", "triggered", "motion"}, {"normal", "idle", "no motion"}),
    "occupied": ({"occupied", "busy"}, {"vacant", "free", "unoccupied", "normal"}),
    "tamper": ({"tamper", "tampered", "uninstalled", "triggered"}, {"installed", "normal"}),
    "smoke_alarm": ({"alarm", "smoke", "smoke alarm", "fire", "silenced", "silent"}, {"normal", "no smoke"}),
    "gas_alarm": ({"alarm", "gas", "silenced", "silent"}, {"normal"}),
    "co_alarm": ({"alarm"}, {"normal"}),
    "pressed": (
        {"pressed", "press", "short", "long", "double", "short press", "long press", "double press", "sos"},
        {"released", "normal"},
    ),
}
"""Words of truths: those for true and those for false. A silenced alarm is still an alarm."""

_WITH_UNIT = re.compile(r"\s*([+-]?[0-9]{1,15}(?:\.[0-9]{0,15})?)\s*([^\s0-9.,:/eE+-][^\s]{0,15})\s*")
"""A number with its unit behind it, as the older codecs of Dragino write their values: `30.11 °C`."""
_CELLS = {"V": "voltage", "%": "battery"}
"""What `Bat` is, of which makers disagree, by the unit that is written beside it."""
_NUMBERED = re.compile(r"(.*[A-Za-z].*)_([0-9]{1,3})")
_NO_PROBE = 327.67
"""What Dragino sends of a probe that is not there."""
_FULL_CELL = 5.0
"""A "battery" with a fraction below it may be volts as well as per cent."""


def take_object(device: str, tree: Mapping[str, Any], into: DeviceValues) -> Iterator[DeviceValues]:
    """Every value of a codec's output, those of the device `into` it; yields what it has several of.

    Cayenne LPP numbers its channels, as `temperature_1` or `{"temperatureSensor": {"1": …}}`. The only one of its kind
    is the device's own, several are devices of their own: `<device>/temperature_1`.
    """
    entries = list(_entries(tree))[:MOST_CHANNELS]
    kinds = [kind for _, kind, _, _ in entries]
    for channel, kind, value, unit in entries:
        if kind is not None and kinds.count(kind) > 1 and _plain(kind) in KEYS:
            apart = DeviceValues(f"{device}/{channel}")
            take(apart, channel, value, unit=unit, key=kind)
            yield apart
        else:
            take(into, channel, value, unit=unit, key=channel if kind is None else kind)


def _entries(tree: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Value, str | None]]:
    """Channel, its kind where it is a numbered one, value and the unit where the codec tells it."""
    for key, raw in list(tree.items())[:MOST_CHANNELS]:
        value = scalar(raw)
        numbered = _NUMBERED.fullmatch(key)
        if value is not None:
            plain = _plain(key) in KEYS or numbered is None
            yield key, None if plain or numbered is None else numbered[1], value, None
        elif isinstance(raw, dict) and (said := scalar(raw.get("value"))) is not None:
            unit = raw.get("unit")
            yield f"{key}.value", None, said, unit if isinstance(unit, str) else None
        elif isinstance(raw, dict) and raw and _plain(key) in KEYS and all(name.isdecimal() for name in raw):
            yield from ((f"{key}.{name}", key, each, None) for name, each in _scalars(raw))
        else:
            yield from ((path, None, inner, None) for path, inner in leaves(raw, key))


def _scalars(tree: Mapping[str, Any]) -> Iterable[tuple[str, Value]]:
    return [(name, value) for name, raw in tree.items() if (value := scalar(raw)) is not None]


def take(into: DeviceValues, channel: str, value: Value, *, unit: str | None, key: str) -> None:
    """One value under its key; a unit that the codec tells counts more than the usual one."""
    plain = _plain(key.removesuffix(".value"))
    quantity, usual = KEYS.get(plain, NOTHING)
    if quantity in _WORDS and isinstance(value, str):
        value = _truth(quantity, value)
    elif isinstance(value, str) and unit is None and (written := _WITH_UNIT.fullmatch(value)) and is_unit(written[2]):
        value, unit = float(written[1]), unit_code(written[2])
        quantity = _CELLS.get(unit) if plain == "bat" else quantity
    number = as_number(value)
    if quantity == "battery" and unit is None and number is not None and number < _FULL_CELL and number % 1:
        quantity = usual = None
    if usual == "Cel" and number == _NO_PROBE:
        quantity = None
        into.flags.append(Flag.OUT_OF_RANGE)
    into.add(channel, value, quantity=quantity, unit=unit or usual)


def _truth(quantity: str, word: str) -> Value:
    plain = word.strip().lower().replace("_", " ")
    true, false = _WORDS[quantity]
    return True if plain in true else False if plain in false else word


def _plain(key: str) -> str:
    return "".join(filter(str.isalnum, key)).lower()
