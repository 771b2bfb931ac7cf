"""Normalized payload of The Things Stack (https://www.thethingsindustries.com/docs/integrations/payload-formatters/)."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any, NamedTuple

from ingest.decoded import DeviceReading, Fault
from ingest.decoders.document import leaves
from ingest.decoders.lorawan import read_time
from ingest.decoders.values import DeviceValues, as_number, as_truth
from ingest.reason import Reason
from town.quantity import Value


class Field(NamedTuple):
    """A field of the schema: its quantity if it has one, its unit, and the bounds the schema sets.

    The schema's 900 hPa for air pressure is left out: a highland town is below it all the year.
    """

    quantity: str | None
    unit: str | None
    low: float = 0
    high: float = inf


_ZERO_KELVIN = -273.15
_NUMBERS: dict[str, Field] = {
    "air.temperature": Field("temperature", "Cel", _ZERO_KELVIN),
    "air.relativeHumidity": Field("humidity", "%RH", 0, 100),
    "air.pressure": Field("pressure", "hPa", 300, 1100),
    "air.co2": Field("co2", "ppm"),
    "air.lightIntensity": Field("illuminance", "lx"),
    "wind.speed": Field("wind_speed", "m/s"),
    "wind.direction": Field("wind_direction", "deg", 0, 359.999999),
    "rain.intensity": Field("rain_rate", "mm/h"),
    "rain.cumulative": Field(None, "mm"),
    "soil.depth": Field(None, "cm"),
    "soil.moisture": Field("soil_moisture", "%", 0, 100),
    "soil.temperature": Field("temperature", "Cel", _ZERO_KELVIN),
    "soil.ec": Field("conductivity", "dS/m", 0, 621),
    "soil.pH": Field("ph", "pH", 0, 14),
    **{f"soil.{element}": Field(None, "ppm", 0, 1_000_000) for element in ("n", "p", "k")},
    "water.temperature.current": Field("temperature", "Cel", _ZERO_KELVIN),
    **{f"water.temperature.{name}": Field(None, "Cel", _ZERO_KELVIN) for name in ("min", "max", "avg")},
    "metering.water.total": Field("volume", "l"),
    "action.motion.count": Field(None, "count"),
    "battery": Field("voltage", "V"),
    "position.latitude": Field(None, "lat", -90, 90),
    "position.longitude": Field(None, "lon", -180, 180),
}
_TRUTHS = {"water.leak": "leak", "action.motion.detected": "motion"}
_OPEN = {"open": True, "closed": False}
_TEXTS = ("air.location",)


def take_normalized(into: DeviceValues, entries: list[dict[str, Any]], faults: list[Fault]) -> Iterator[DeviceReading]:
    """Take the measurements of a normalized payload; yields those that have a time of their own."""
    for entry in entries:
        own = read_time(entry.get("time"))
        values = into if own is None else DeviceValues(into.device)
        for path, value in leaves({key: raw for key, raw in entry.items() if key != "time"}):
            fault = _take(values, path, value, entry)
            if fault is not None:
                faults.append(fault)
        if own is not None and values:
            yield values.reading(own)


def _take(into: DeviceValues, path: str, value: Value, entry: Mapping[str, Any]) -> Fault | None:
    """Take one value, or say why not: the schema knows all its fields, and drops what is out of bounds."""
    if path in _TEXTS and isinstance(value, str):
        into.add(path, value)
    elif path == "action.contactState" and value in _OPEN:
        into.add(path, _OPEN[str(value)], quantity="open")
    elif path in _TRUTHS and as_truth(value) is not None:
        into.add(path, value, quantity=_TRUTHS[path])
    elif path in _NUMBERS and isinstance(value, float):
        return _take_number(into, path, value, _NUMBERS[path], entry)
    elif path in _NUMBERS or path in _TRUTHS or path in (*_TEXTS, "action.contactState"):
        return Fault(Reason.WRONG_TYPE, f"{path} = {value!r}"[:120])
    else:
        return Fault(Reason.WRONG_SHAPE, f"{path}: unknown field"[:120])
    return None


def _take_number(into: DeviceValues, path: str, value: float, field: Field, entry: Mapping[str, Any]) -> Fault | None:
    if not field.low <= value <= field.high:
        return Fault(Reason.OUT_OF_RANGE, f"{path} = {value}")
    # With the air's temperature beside it, that of soil or water is not the one that is meant.
    air = entry.get("air")
    beside = field.quantity == "temperature" and path != "air.temperature"
    shadowed = beside and isinstance(air, dict) and as_number(air.get("temperature", "")) is not None
    into.add(path, value, quantity=None if shadowed else field.quantity, unit=field.unit)
    return None
