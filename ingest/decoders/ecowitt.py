"""Ecowitt weather stations and their kin: an HTML form of imperial values (application/x-www-form-urlencoded).

Sent by the gateways' own MQTT upload, or by a bridge that publishes what stations post to it. The form carries the
station's PASSKEY, or a PASSWORD: both stay out of readings, and `redact` takes them out of what is kept or shown.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from ingest.decoded import Channel, Decoded, Kind, Rejected
from ingest.decoders.ecowitt_fields import NOT_VALUES, Meaning, meaning_of
from ingest.decoders.free_names import Named, converted, in_own_unit
from ingest.decoders.gathered import Gathered
from ingest.reason import Reason
from town.builtin import builtin_kinds
from town.moment import Moment, from_datetime
from town.quantity import Value, ValueType

_MOST_FIELDS = 512
_LONGEST_TEXT = 255
_LONGEST_NAME = 200
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")
_NONE = ("", "-9999", "-9999.0", "-9999.00", "--", "---", "null")
"""What stations write for a sensor that is lost."""
_SECRETS = re.compile(rb"pass ?key|pass ?word|token|api_?key", re.IGNORECASE)
_IN_JSON = re.compile(rb"""(["'])([^"']{1,200})\1(\s*:\s*)(?:"[^"\r\n]*"?|'[^'\r\n]*'?|[^"',}\s]+)""")
_HIDDEN = b"***"


def start(options: Mapping[str, Any]) -> str | None:
    """The name of the station, when the option `device` gives one; raises ValueError for other options."""
    for option in options:
        if option != "device":
            raise ValueError(f"ecowitt has no option {option!r}; there is `device`")
    device = options.get("device")
    if device is not None and (not isinstance(device, str) or not device):
        raise ValueError("`device` must be a text")
    return device


def decode(topic: str, payload: bytes, received_at: Moment, state: str | None) -> Decoded | Rejected:
    """Read one upload of a station, called by the option `device`, its ID, or else the last part of the topic."""
    try:
        text = payload.decode("utf-8").strip()
        form = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError as error:
        return Rejected(Reason.NOT_UTF8, f"byte {error.start}")
    except ValueError:
        return Rejected(Reason.TOO_LARGE, f"more than {_MOST_FIELDS} fields")
    written = {name.strip().casefold(): name.strip() for name, _ in form}
    fields = {name.strip().casefold(): value.strip() for name, value in form}
    if not fields or "=" not in text:
        return Rejected(Reason.WRONG_SHAPE, "an upload is a form: name=value&name=value")
    if not {"dateutc", "passkey", "stationtype", "id"} & fields.keys():
        return Rejected(Reason.WRONG_SHAPE, "a form, but not of a weather station: no dateutc, no stationtype")
    station = state or fields.get("id") or topic.rpartition("/")[2] or "station"
    at, gathered = _moment(fields.get("dateutc", "")), Gathered()
    for name, raw in fields.items():
        if name not in NOT_VALUES and raw.casefold() not in _NONE and not _is_secret(name.encode()):
            _gather(station, at, written[name], raw, gathered)
    return Decoded(Kind.TELEMETRY, gathered.readings())


def redact(payload: bytes) -> bytes:
    """The payload with passkeys and passwords replaced, in a form or in JSON, however their names are spelled."""
    if not _SECRETS.search(payload) and b"%" not in payload:
        return payload
    payload = b"&".join([_hide(pair) for pair in payload.split(b"&")])
    return _IN_JSON.sub(lambda m: m[1] + m[2] + m[1] + m[3] + b'"***"' if _is_secret(m[2]) else m[0], payload)


def _hide(pair: bytes) -> bytes:
    name, equals, _ = pair.partition(b"=")
    return name + equals + _HIDDEN if equals and _is_secret(name) else pair


def _is_secret(name: bytes) -> bool:
    """Whether a name, of which the end counts where something stands before it, is that of a secret."""
    name = name[-_LONGEST_NAME:]
    return _SECRETS.search(unquote_to_bytes(name.replace(b"+", b" "))) is not None


def _moment(written: str) -> Moment | None:
    """`2026-11-23 08:00:00` in UTC, also with spaces behind the colons; None for `now` and for what is no time."""
    try:
        at = datetime.strptime(re.sub(r":\s+", ":", written), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - UTC follows
    except ValueError:
        return None
    return from_datetime(at.replace(tzinfo=UTC))


def _gather(station: str, at: Moment | None, name: str, raw: str, gathered: Gathered) -> None:
    meaning = meaning_of(name.casefold())
    value: Value = float(raw) if _NUMBER.fullmatch(raw) else raw[:_LONGEST_TEXT]
    found = _known(meaning, value) or _channel(meaning, name, value)
    gathered.add(station, at, name, found)


def _known(meaning: Meaning, value: Value) -> Named | None:
    """The value as one of a quantity in its own unit, of the part of the station that measured it."""
    if meaning.quantity is None:
        return None
    quantity = builtin_kinds().quantities[meaning.quantity]
    if quantity.type is ValueType.BOOL and value in (0.0, 1.0):
        value = bool(value)
    own = in_own_unit(quantity, value, meaning.unit)
    return None if own is None else Named(quantity.id, own, quantity.unit, meaning.part or None)


def _channel(meaning: Meaning, name: str, value: Value) -> Channel:
    if isinstance(value, float) and meaning.unit and meaning.kept_in:
        metric = converted(value, meaning.unit, meaning.kept_in)
        if metric is not None:
            return Channel(name, metric, meaning.kept_in)
    return Channel(name, value, meaning.unit if isinstance(value, float) else None)
