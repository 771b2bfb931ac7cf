"""Any JSON at all: `gateways.yaml` says where the device, the time and each quantity stand, and in which unit.

The options are checked when the town folder is read (`town.channel_options.MappedOptions`); docs/formats/mapped.md
explains them.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ingest.decoded import Channel, Decoded, DeviceReading, Fault, Kind, Rejected
from ingest.decoders.document import leaves, read_json, scalar
from ingest.decoders.free_names import converted
from ingest.decoders.values import as_number, as_truth
from ingest.reason import Reason
from town.builtin import builtin_kinds
from town.channel_options import MappedOptions, MappedValue
from town.json_path import JsonPath, parse_path
from town.moment import SECOND, Moment, from_datetime
from town.quantity import Quantity, Value, ValueType
from town.reading import Flag

_MOST_ITEMS = 10_000
_LONGEST_DEVICE = 255
_SECONDS_BELOW = 1e11
"""A number below it is seconds since 1970 (year 5138), any other milliseconds (1973)."""
_LAST_MOMENT = 253_402_300_799_999


class _Place(NamedTuple):
    """Where a quantity stands, and what is done with what is found there."""

    quantity: Quantity
    path: JsonPath
    told: MappedValue


class Layout(NamedTuple):
    """The options of one gateway, ready for use."""

    device: JsonPath | int | str
    at: JsonPath | None
    each: JsonPath | None
    places: tuple[_Place, ...]
    zone: ZoneInfo | None


def start(options: Mapping[str, Any]) -> Layout:
    """Read the options; raises ValueError naming the one that is wrong."""
    written = {name: value for name, value in options.items() if name != "quantities"}
    told = MappedOptions.model_validate(written)
    quantities: Mapping[str, Quantity] = options.get("quantities") or builtin_kinds().quantities
    for name in told.values:
        if name not in quantities:
            raise ValueError(f"values: there is no quantity {name!r}")
    each = None if told.each is None else parse_path(told.each)
    return Layout(
        _device_option(told),
        None if told.at is None else parse_path(told.at),
        each,
        tuple(_Place(quantities[name], parse_path(value.path), value) for name, value in told.values.items()),
        None if told.time_zone is None else ZoneInfo(told.time_zone),
    )


def _device_option(told: MappedOptions) -> JsonPath | int | str:
    if isinstance(told.device, str):
        return parse_path(told.device)
    return told.device.topic if told.device.topic is not None else told.device.name or ""


def decode(topic: str, payload: bytes, received_at: Moment, state: Layout) -> Decoded | Rejected:
    """Read one message; with `each`, every item of that list is a reading."""
    document = read_json(payload)
    if isinstance(document, Rejected):
        return document
    items = [document] if state.each is None else state.each.find(document, document)
    if not isinstance(items, list):
        return Rejected(Reason.WRONG_SHAPE, "there is no list where `each` says")
    if len(items) > _MOST_ITEMS:
        return Rejected(Reason.TOO_LARGE, f"{len(items)} readings")
    read = [_reading(topic, document, item, state) for item in items]
    readings = tuple(each for each in read if isinstance(each, DeviceReading))
    faults = tuple(each for each in read if isinstance(each, Fault))
    if faults and not readings:
        return Rejected(faults[0].reason, faults[0].detail)
    return Decoded(Kind.TELEMETRY, readings, faults=faults)


def _reading(topic: str, whole: Any, item: Any, state: Layout) -> DeviceReading | Fault:
    device = _device(topic, whole, item, state.device)
    if device is None:
        return Fault(Reason.WRONG_SHAPE, "there is no device where `device` says")
    values: dict[str, Value] = {}
    channels: dict[str, str] = {}
    others: list[Channel] = []
    for place in state.places:
        raw = scalar(place.path.find(whole, item))
        if raw is None:
            continue
        channel = _dotted(place.path)
        value = _value(place, raw)
        if value is None:
            others.append(Channel(channel, raw, place.told.unit))
            continue
        values[place.quantity.id] = value
        channels[place.quantity.id] = channel
    others += [Channel(name, value) for name, value in _rest(whole, item, state)]
    at, assumed = _moment(None if state.at is None else state.at.find(whole, item), state.zone)
    return DeviceReading(device, at, values, tuple(others), channels, (Flag.ZONE_ASSUMED,) if assumed else ())


def _device(topic: str, whole: Any, item: Any, told: JsonPath | int | str) -> str | None:
    """The device by a path, by a level of the topic counted from 1 or, below 0, from its end, or by a fixed name."""
    if isinstance(told, str):
        return told
    if isinstance(told, int):
        levels = topic.split("/")
        index = told - 1 if told > 0 else told
        return levels[index] if -len(levels) <= index < len(levels) and levels[index] else None
    found = told.find(whole, item)
    if type(found) is int:
        found = str(found) if abs(found) < 1 << 63 else None
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST_DEVICE else None


def _value(place: _Place, raw: Value) -> Value | None:
    """What was found as a value of the quantity, in its own unit; None when it is none."""
    quantity, told = place.quantity, place.told
    match quantity.type:
        case ValueType.BOOL:
            return _truth(told, raw)
        case ValueType.TEXT:
            return raw if isinstance(raw, str) else None
    number = as_number(raw)
    if number is None:
        return None
    number = number * told.factor if told.factor != 1 else number
    unit = told.unit or quantity.unit
    return number if unit is None or quantity.unit is None else converted(number, unit, quantity.unit)


def _truth(told: MappedValue, raw: Value) -> bool | None:
    if told.true_for is None:
        return as_truth(raw)
    if _is_among(raw, told.true_for):
        return True
    return False if told.false_for is None or _is_among(raw, told.false_for) else None


def _is_among(raw: Value, words: Iterable[bool | float | str]) -> bool:
    """Whether it is one of the words, of the same kind: 1 is neither true nor "1"."""
    return any(type(raw) is type(word) and raw == word for word in words)


def _rest(whole: Any, item: Any, state: Layout) -> Iterator[tuple[str, Value]]:
    """What else the payload or the item holds, under its path with dots; not what tells the device and the time."""
    paths = [place.path for place in state.places]
    paths += [path for path in (state.at, state.device) if isinstance(path, JsonPath)]
    of_item = state.each is not None
    taken = {_dotted(path) for path in paths if path.from_item is of_item or not of_item}
    return ((name, value) for name, value in leaves(item) if name not in taken)


def _dotted(path: JsonPath) -> str:
    return ".".join(map(str, path.steps))


def _moment(raw: Any, zone: ZoneInfo | None) -> tuple[Moment | None, bool]:
    """The time, and whether its zone had to be guessed; None for none, and for what cannot be read as one."""
    number = as_number(raw) if isinstance(raw, int | float | str) and not isinstance(raw, bool) else None
    if number is not None:
        moment = number * SECOND if abs(number) < _SECONDS_BELOW else number
        return (round(moment), False) if 0 <= moment <= _LAST_MOMENT else (None, False)
    try:
        at = datetime.fromisoformat(raw.strip()) if isinstance(raw, str) else None
        if at is None:
            return None, False
        return from_datetime(at if at.tzinfo else at.replace(tzinfo=zone or UTC)), at.tzinfo is None and zone is None
    except (ValueError, OverflowError):
        return None, False
