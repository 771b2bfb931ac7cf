"""Tasmota (https://tasmota.github.io/docs/MQTT/): `tele/<topic>/SENSOR`, `STATE`, `LWT`, and answers to `Status 8`.

Each sensor of a device is a top-level key of its messages, and becomes a device of its own: `<topic>/DS18B20-1`. What
speaks of the device itself (its switches, its radio, whether it is there) is said of `<topic>`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ingest.decoded import IGNORED, Decoded, DeviceReading, DeviceStatus, Kind, Rejected
from ingest.decoders.document import MOST_CHANNELS, leaves, read_object, scalar
from ingest.decoders.tasmota_channels import (
    PRESSURE,
    SPEED,
    TEMP,
    UNIT_KEYS,
    ZIGBEE,
    ZIGBEE_UNITS,
    Meaning,
    meaning,
    told_units,
)
from ingest.decoders.values import DeviceValues
from ingest.reason import Reason
from town.decoder_options import TasmotaOptions
from town.moment import SECOND, Moment, from_datetime
from town.quantity import Value
from town.reading import Flag

_PREFIXES = ("tele", "stat", "cmnd")
_SENSOR_STATUS = ("STATUS8", "STATUS10")
_ONLINE = {b"online": True, b"offline": False}
_NUMBERED = re.compile(r"([A-Za-z]+)[0-9]+")
_POWER_ON = 85.0
"""What a DS18B20 says before its first measurement."""


class Device(NamedTuple):
    """How the clocks and the older versions of a gateway's devices are to be read."""

    zone: tzinfo | None
    units: Mapping[str, str]


def start(options: Mapping[str, Any]) -> Device:
    """What the options say, and nothing to remember; raises ValueError for options that are wrong."""
    read = TasmotaOptions.model_validate(options)
    told = {TEMP: read.temp_unit, PRESSURE: read.pressure_unit, SPEED: read.speed_unit}
    units = {key: unit for key, unit in told.items() if unit is not None}
    return Device(None if read.time_zone is None else ZoneInfo(read.time_zone), units)


def decode(topic: str, payload: bytes, received_at: Moment, state: Device) -> Decoded | Rejected:
    """Read one message of a device."""
    levels = topic.split("/")
    prefix = next((each for each in _PREFIXES if each in levels[:-1]), None)
    if prefix is None:
        return Rejected(Reason.UNKNOWN_TOPIC, "tele, stat or cmnd is part of every topic")
    levels.remove(prefix)
    device, what = "/".join(levels[:-1]), levels[-1]
    if prefix == "tele" and what == "LWT":
        return _will(device, payload)
    if prefix == "tele" and what in ("SENSOR", "STATE", ZIGBEE):
        document = read_object(payload)
    elif prefix == "stat" and what in _SENSOR_STATUS:
        document = _answer(payload)
    else:
        return IGNORED  # commands, their echoes, what a device says of its firmware
    if isinstance(document, Rejected):
        return document
    readings = tuple(_readings(device, document, state))
    return Decoded(Kind.STATUS if what == "STATE" else Kind.TELEMETRY, readings)


def _will(device: str, payload: bytes) -> Decoded | Rejected:
    if not payload:
        return IGNORED  # the broker was told to forget it
    online = _ONLINE.get(payload.strip().lower())
    if online is None:
        return Rejected(Reason.WRONG_SHAPE, "LWT is Online or Offline")
    return Decoded(Kind.STATUS, statuses=(DeviceStatus(device, online),))


def _answer(payload: bytes) -> dict[str, Any] | Rejected:
    """What an answer to `Status 8` or `Status 10` wraps."""
    document = read_object(payload)
    if isinstance(document, Rejected):
        return document
    wrapped = document.get("StatusSNS")
    return wrapped if isinstance(wrapped, dict) else Rejected(Reason.WRONG_SHAPE, "`StatusSNS` must be an object")


def _readings(device: str, document: Mapping[str, Any], state: Device) -> Iterator[DeviceReading]:
    at, flags = _time(document, state.zone)
    units = told_units(document, state.units)
    for values in _devices(device, document, units):
        if values:
            values.flags += flags
            yield values.reading(at)


def _devices(device: str, document: Mapping[str, Any], units: Mapping[str, str]) -> Iterator[DeviceValues]:
    """The device itself and each of its sensors."""
    itself = DeviceValues(device)
    for key, raw in list(document.items())[:MOST_CHANNELS]:
        if key == "Time" or key in UNIT_KEYS:
            continue
        value = scalar(raw)
        if value is not None:
            itself.add(key, value, unit="V" if key == "Vcc" else None)
        elif key == "Wifi":
            _take(itself, key, raw, units, sensor=key)
        elif key == ZIGBEE and isinstance(raw, dict):
            yield from _behind_bridge(device, raw, f"{ZIGBEE}.")
        elif _is_zigbee(raw):
            yield from _behind_bridge(device, {key: raw}, "")
        else:
            yield from _sensors(device, key, raw, units)
    yield itself


def _is_zigbee(raw: Any) -> bool:
    """Whether a device of a Zigbee bridge stands where sensors do, as SetOption100 and SetOption118 want it."""
    address = raw.get("Device") if isinstance(raw, dict) else None
    return isinstance(address, str) and address.startswith("0x")


def _behind_bridge(device: str, heard: Mapping[str, Any], path: str) -> Iterator[DeviceValues]:
    """The devices of a Zigbee bridge, by their short address or the name they were given; the topic may name it too."""
    for name, each in list(heard.items())[:MOST_CHANNELS]:
        values = DeviceValues(device if device.rpartition("/")[2] == name else f"{device}/{name}")
        _take(values, f"{path}{name}", each, ZIGBEE_UNITS, sensor=ZIGBEE)
        yield values


def _sensors(device: str, key: str, raw: Any, units: Mapping[str, str]) -> Iterator[DeviceValues]:
    """One sensor, and beside it what it has several of: the clamps and the numbered inputs of ANALOG."""
    apart = _apart(raw) if key.startswith("ANALOG") and isinstance(raw, dict) else {}
    for name, each in apart.items():
        one = DeviceValues(f"{device}/{key}.{name}")
        only = scalar(each)
        if only is None:
            _take(one, f"{key}.{name}", each, units, sensor=name)
        else:
            _add(one, f"{key}.{name}", only, meaning(key, name.rstrip("0123456789"), units))
        yield one
    values = DeviceValues(f"{device}/{key}")
    own = {name: each for name, each in raw.items() if name not in apart} if isinstance(raw, dict) else raw
    _take(values, key, own, units, sensor=key)
    yield values


def _apart(analog: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of ANALOG that are sensors of their own; `A0` is the name of its only pin on small chips."""
    return {
        name: each
        for name, each in list(analog.items())[:MOST_CHANNELS]
        if name != "A0" and (isinstance(each, dict) or _NUMBERED.fullmatch(name))
    }


def _take(into: DeviceValues, path: str, raw: Any, units: Mapping[str, str], *, sensor: str) -> None:
    """Every value of a sensor. Of the lists inside it (the phases of a meter) only the unit is known."""
    if not isinstance(raw, dict):
        for channel, value in leaves(raw, path):
            into.add(channel, value)
        return
    for key, each in list(raw.items())[:MOST_CHANNELS]:
        only = scalar(each)
        if only is not None:
            _add(into, f"{path}.{key}", only, meaning(sensor, key, units))
            continue
        within = meaning(sensor, key, units).unit
        for channel, inner in leaves(each, key):
            known = meaning(sensor, channel, units)
            _add(into, f"{path}.{channel}", inner, known if known.unit else Meaning(None, within))


def _add(into: DeviceValues, channel: str, value: Value, known: Meaning) -> None:
    quantity, unit = known
    if channel.startswith("DS18") and quantity == "temperature" and value == _POWER_ON:
        quantity = None
        into.flags.append(Flag.OUT_OF_RANGE)
    into.add(channel, value, quantity=quantity, unit=unit)


def _time(document: Mapping[str, Any], zone: tzinfo | None) -> tuple[Moment | None, list[Flag]]:
    """When it was measured: by the clock of the device, which runs in its local time unless it says otherwise."""
    epoch = document.get("Epoch")
    if type(epoch) is int and 0 < epoch < 1 << 33:
        return epoch * SECOND, []
    written = document.get("Time")
    try:
        at = datetime.fromisoformat(written) if isinstance(written, str) else None
        if at is None:
            return None, []
        if at.tzinfo is not None:
            return from_datetime(at), []
        flags = [Flag.ZONE_ASSUMED] if zone is None else []
        return from_datetime(at.replace(tzinfo=zone or UTC)), flags
    except (ValueError, OverflowError):
        return None, []
