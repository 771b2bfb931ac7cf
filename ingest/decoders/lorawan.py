"""What LoRaWAN network servers have in common: gateways that heard an uplink, past readings, times with nanoseconds."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ingest.decoded import DeviceReading
from ingest.decoders.document import MOST_CHANNELS, scalar
from ingest.decoders.lorawan_channels import take_object
from ingest.decoders.values import DeviceValues
from town.moment import SECOND, Moment, parse_moment

HISTORY = "history"
"""The key under which codecs put readings of the past, each with its own time."""
MOST_GATEWAYS = 16
"""Gateways of one uplink that are told of; the best of all counts."""


def read_time(written: Any) -> Moment | None:
    """An RFC 3339 time, up to nanoseconds; None for anything else."""
    try:
        return parse_moment(written) if isinstance(written, str) else None
    except (ValueError, OverflowError):
        return None


def objects(raw: Any) -> list[dict[str, Any]]:
    """The objects of a list; none when it is no list."""
    return [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []


def add_radio(into: DeviceValues, gateways: list[dict[str, Any]]) -> None:
    """The signal at the gateway that heard the device best; a figure left out is 0, as protobuf's JSON does it."""
    heard = [(_figure(each.get("rssi")), _figure(each.get("snr"))) for each in gateways]
    if heard:
        rssi, snr = max(heard)
        into.add("rssi", rssi, quantity="rssi", unit="dBm")
        into.add("snr", snr, quantity="snr", unit="dB")


def _figure(raw: Any) -> float:
    value = scalar(raw)
    return value if isinstance(value, float) and math.isfinite(value) else 0.0


def add_each(into: DeviceValues, named: Iterable[tuple[str, Any, str | None]]) -> None:
    """What the network server says of an uplink: channel, raw value and unit; what is missing is left out."""
    for channel, raw, unit in named:
        value = scalar(raw)
        if value is not None:
            into.add(channel, value, unit=unit)


def readings(values: DeviceValues, decoded: Mapping[str, Any], at: Moment | None) -> Iterator[DeviceReading]:
    """The readings of an uplink: of the device, of what it has several of, and of its past."""
    past = objects(decoded.get(HISTORY))[:MOST_CHANNELS]
    now = {key: raw for key, raw in decoded.items() if key != HISTORY or not past}
    apart = list(take_object(values.device, now, values))
    if values:
        yield values.reading(at)
    yield from (each.reading(at) for each in apart)
    for number, entry in enumerate(past):
        yield from _past(values.device, f"{HISTORY}.{number}", entry)


def _past(device: str, path: str, entry: Mapping[str, Any]) -> Iterator[DeviceReading]:
    """One reading of the past; it counts only with its own time, or it would be taken for a new one."""
    key = next((key for key in ("timestamp", "time", "ts") if key in entry), None)
    at = _past_time(entry.get(key)) if key is not None else None
    old = DeviceValues(device)
    if at is None:
        add_each(old, ((f"{path}.{name}", raw, None) for name, raw in entry.items()))
        if old:
            yield old.reading(None)
        return
    apart = list(take_object(device, {name: raw for name, raw in entry.items() if name != key}, old))
    yield from (each.reading(at) for each in (old, *apart) if each)


def _past_time(raw: Any) -> Moment | None:
    """Unix seconds, as codecs give it, or an RFC 3339 time."""
    if isinstance(raw, str):
        return read_time(raw)
    value = scalar(raw)
    if not isinstance(value, float) or not 1e9 <= value < 1e10:
        return None
    return round(value * SECOND)
