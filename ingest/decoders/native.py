"""The native format: one JSON object, or an array of them, on `…/telemetry`; `online` or `offline` on `…/status`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from ingest.decoded import Decoded, DeviceReading, DeviceStatus, Fault, Kind, Rejected
from ingest.reason import Reason
from town.moment import Moment, from_datetime, parse_moment

_TELEMETRY = Kind.TELEMETRY  # looking an enum member up costs as much as making a reading
_ONLINE = {b"online": True, b"offline": False}


class _Wire(msgspec.Struct, gc=False):
    sensor: str
    values: dict[str, float | bool | str]
    at: int | Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class Plain(msgspec.Struct, gc=False):
    """What nearly every message is: one reading with its time in milliseconds. It can stand for a `DeviceReading`."""

    device: str = msgspec.field(name="sensor")
    at: int
    values: dict[str, float | bool | str]


read_plain = msgspec.json.Decoder(Plain).decode
"""A payload that is one plain reading; raises msgspec.DecodeError for anything else, right or wrong."""

validate = msgspec.json.Decoder(_Wire | list[_Wire]).decode
"""A whole telemetry message, checked: types, names and times; raises msgspec.DecodeError."""


def start(options: Mapping[str, Any]) -> None:
    """No options and nothing to remember; raises ValueError for any option."""
    if options:
        raise ValueError(f"native has no option {next(iter(options))!r}")


def quick(topic: str) -> bool:
    """Whether plain readings come on a topic."""
    return topic.endswith("/telemetry")


def decode(topic: str, payload: bytes, received_at: Moment, state: None) -> Decoded | Rejected:
    """Read one message; a reading that is wrong in itself becomes a fault, its neighbours are kept."""
    if topic.endswith("/telemetry"):
        try:
            wire = validate(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _decode_each(payload)
        if type(wire) is _Wire:
            at = wire.at
            if at is None or type(at) is int:  # nearly always, and a call costs
                return Decoded(_TELEMETRY, (DeviceReading(wire.sensor, at, wire.values),))
            return Decoded(_TELEMETRY, (_reading(wire),))
        return Decoded(_TELEMETRY, tuple([_reading(each) for each in wire]))
    if topic.endswith("/status"):
        return _status(payload)
    return Rejected(Reason.UNKNOWN_TOPIC, "a native gateway sends on …/telemetry and …/status")


def _reading(wire: _Wire) -> DeviceReading:
    at = wire.at
    return DeviceReading(wire.sensor, from_datetime(at) if isinstance(at, datetime) else at, wire.values)


def _status(payload: bytes) -> Decoded | Rejected:
    online = _ONLINE.get(payload.strip().lower())
    if online is None:
        return Rejected(Reason.WRONG_SHAPE, "a status is online or offline")
    return Decoded(Kind.STATUS, statuses=(DeviceStatus(None, online),))


def _decode_each(payload: bytes) -> Decoded | Rejected:
    """The slow way, taken when something is wrong: find out what, and keep everything that is right.

    The standard library's reader is used for it because it knows NaN, Infinity and numbers beyond any double.
    """
    try:
        document = json.loads(payload.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Rejected(Reason.NOT_UTF8, f"byte {error.start}")
    except ValueError as error:
        return Rejected(Reason.NOT_JSON, str(error)[:120])
    except RecursionError:
        return Rejected(Reason.WRONG_SHAPE, "nested too deep")
    if isinstance(document, list):
        read = [_each(each) for each in document]
        faults = tuple(each for each in read if isinstance(each, Fault))
        return Decoded(Kind.TELEMETRY, tuple(each for each in read if not isinstance(each, Fault)), faults=faults)
    one = _each(document)
    return Rejected(one.reason, one.detail) if isinstance(one, Fault) else Decoded(Kind.TELEMETRY, (one,))


def _each(item: Any) -> DeviceReading | Fault:
    if not isinstance(item, dict):
        return Fault(Reason.WRONG_SHAPE, f"a reading is an object, not {type(item).__name__}")
    device, values = item.get("sensor"), item.get("values")
    if not isinstance(device, str):
        return Fault(Reason.WRONG_SHAPE, "`sensor` must be a text")
    if not isinstance(values, dict):
        return Fault(Reason.WRONG_SHAPE, "`values` must be an object of quantity and value")
    at = _moment(item.get("at"))
    if isinstance(at, Fault):
        return at
    return DeviceReading(device, at, {quantity: _value(value) for quantity, value in values.items()})


def _moment(at: Any) -> Moment | Fault | None:
    if at is None or type(at) is int:
        return at
    try:
        return parse_moment(at)
    except (ValueError, TypeError, OverflowError):
        return Fault(Reason.WRONG_SHAPE, "`at` must be milliseconds since 1970 or an RFC 3339 time with its zone")


def _value(value: Any) -> Any:
    """Numbers as floats; what is no value at all is passed on for the resolver to refuse, with its neighbours kept."""
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    return value
