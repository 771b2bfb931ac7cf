"""SenML (RFC 8428): how the records of a pack are resolved, the same for JSON and CBOR.

Base fields hold until they are replaced, a name is the base name and the name, times below 2^28 are relative to now.
A pack that says what it must not is refused whole; a record that is wrong in itself costs only itself.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ingest.decoded import Decoded, Fault, Kind, Rejected
from ingest.decoders.free_names import Names
from ingest.decoders.gathered import Gathered
from ingest.reason import Reason
from town.moment import Moment
from town.quantity import Value

MOST_RECORDS = 10_000
_BASES = {"bn", "bt", "bu", "bv", "bs", "bver"}
_NUMBERS = {"bt", "bv", "bs", "bver", "v", "s", "t", "ut"}
_TEXTS = {"bn", "bu", "n", "u", "vs", "vd"}
_VALUES = ("v", "vs", "vb", "vd")
_VERSION = 10
_VERSIONS = frozenset({*range(1, _VERSION + 1), _VERSION + (1 << 4)})
"""RFC 9100: features add their bit to 10; feature 4 are the secondary units (RFC 8798), which are known here."""
_RELATIVE_BELOW = 1 << 28
"""Seconds; RFC 8428 section 4.5.3."""
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
_LONGEST_NAME = 512
_URN_DEVICE = re.compile(r"urn:dev:[^:/]+:[^:/]+")
"""RFC 9039: what names a device has four parts; what follows is one of its channels."""
_SUMS = {"W": "W.s", "m3/s": "m3", "A": "A.s"}
"""The unit of a sum is that of the value, times a second (RFC 8428 section 4.2)."""


class Record(NamedTuple):
    """A resolved record. `at` is None for "now"; `total` is its sum."""

    name: str
    unit: str | None
    at: Moment | None
    value: Value | None
    total: float | None


class Pack:
    """What one gateway's SenML decoder is told: what names mean, and whether `%` is a ratio as the registry says."""

    def __init__(self, options: Mapping[str, Any], *, decoder: str) -> None:
        for option in options:
            if option not in ("channels", "percent", "quantities"):
                raise ValueError(f"{decoder} has no option {option!r}; there are `channels` and `percent`")
        if options.get("percent", "ratio") not in ("ratio", "hundredths"):
            raise ValueError("`percent` is ratio or hundredths")
        self.names = Names(options)
        self.percent_unit = "/" if options.get("percent", "ratio") == "ratio" else "%"


def decode_records(records: Any, received_at: Moment, state: Pack) -> Decoded | Rejected:
    """The readings of a pack, oldest first; `records` hold the labels of the JSON form."""
    if not isinstance(records, list) or not records:
        return Rejected(Reason.WRONG_SHAPE, "a pack is an array of records")
    if len(records) > MOST_RECORDS:
        return Rejected(Reason.TOO_LARGE, f"{len(records)} records")
    refusal = _refusal(records)
    if refusal is not None:
        return refusal
    resolved = list(_resolve(records, received_at))
    faults = tuple(each for each in resolved if isinstance(each, Fault))
    found = [each for each in resolved if isinstance(each, Record)]
    if faults and not found:
        return Rejected(faults[0].reason, faults[0].detail)
    found.sort(key=lambda record: received_at if record.at is None else record.at)
    gathered = Gathered()
    for record in found:
        _gather(record, gathered, state)
    return Decoded(Kind.TELEMETRY, gathered.readings(), faults=faults)


def _refusal(records: list[Any]) -> Rejected | None:
    """Why nothing of a pack may be read: labels that must be understood, a later version, broken base fields."""
    version: Any = None
    for number, record in enumerate(records):
        if not isinstance(record, dict):
            return Rejected(Reason.WRONG_SHAPE, f"record {number} is no object")
        for label, value in record.items():
            if isinstance(label, str) and label.endswith("_"):
                return Rejected(Reason.UNSUPPORTED, f"record {number}: {label[:40]!r} must be understood and is not")
            if label in _BASES and (mistake := _mistake(label, value)):
                return Rejected(Reason.WRONG_SHAPE, f"record {number}: {mistake}")
        said = record.get("bver")
        if said is not None and said not in _VERSIONS:
            return Rejected(Reason.UNSUPPORTED, f"record {number}: version {said!s:.20} of SenML")
        if said is not None and said != (version or said):
            return Rejected(Reason.WRONG_SHAPE, f"record {number}: another version than before it")
        version = said or version
    return None


def _mistake(label: str, value: Any) -> str:
    """What is wrong with the type of a field, or nothing."""
    if label in _NUMBERS and type(value) not in (int, float):
        return f"`{label}` must be a number"
    if label in _TEXTS and not isinstance(value, str):
        return f"`{label}` must be a text"
    if label == "vb" and not isinstance(value, bool):
        return "`vb` must be true or false"
    if label in ("bt", "bver") and not math.isfinite(_number(value)):
        return f"`{label}` must be finite"
    return ""


def _resolve(records: list[dict[str, Any]], received_at: Moment) -> Iterator[Record | Fault]:
    base: dict[str, Any] = {}
    for number, record in enumerate(records):
        base |= {label: record[label] for label in _BASES & record.keys()}
        if record.keys() <= _BASES:
            continue
        found = _record(record, base, received_at)
        yield found if isinstance(found, Record) else Fault(Reason.WRONG_SHAPE, f"record {number}: {found}")


def _record(record: dict[str, Any], base: dict[str, Any], received_at: Moment) -> Record | str:
    """A record with its base fields put in; a text says why it is none."""
    for label, field in record.items():
        if mistake := _mistake(label, field):
            return mistake
    name = base.get("bn", "") + record.get("n", "")
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return f"{name[:40]!r} is no name"
    value = _value(record, base)
    if isinstance(value, _Wrong):
        return value.why
    total = _number(base.get("bs", 0)) + _number(record.get("s", 0)) if "s" in record or "bs" in base else None
    if value is None and total is None:
        return "it has no value"
    at = _moment(_number(base.get("bt", 0)) + _number(record.get("t", 0)), received_at)
    if isinstance(at, _Wrong):
        return at.why
    return Record(name, record.get("u", base.get("bu")), at, value, total)


class _Wrong(NamedTuple):
    why: str


def _value(record: dict[str, Any], base: dict[str, Any]) -> Value | _Wrong | None:
    """The one value of a record; None when it has only a sum."""
    given = [label for label in _VALUES if label in record]
    if len(given) > 1:
        return _Wrong(f"more than one value: {', '.join(given)}")
    if given and given[0] != "v":
        value: Value = record[given[0]]
        return value
    if not given and "bv" not in base:
        return None
    return _number(base.get("bv", 0)) + _number(record.get("v", 0))


def _moment(seconds: float, received_at: Moment) -> Moment | _Wrong | None:
    if not math.isfinite(seconds) or abs(seconds) > _LAST_SECOND:
        return _Wrong("its time is none")
    if seconds == 0:
        return None
    return round(seconds * 1000) + (received_at if seconds < _RELATIVE_BELOW else 0)


def _number(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _gather(record: Record, gathered: Gathered, state: Pack) -> None:
    device, channel = split_name(record.name, state.names)
    unit = state.percent_unit if record.unit == "%" else record.unit
    if record.value is not None:
        read = state.names.by_unit if channel is None else state.names.read
        gathered.add(device, record.at, channel or device, read(channel or device, record.value, unit))
    if record.total is not None:
        word = f"{channel or record.name}.sum"
        unit = None if unit is None else _SUMS.get(unit, f"{unit}.s")
        gathered.add(device, record.at, word, state.names.read(word, record.total, unit))


def split_name(name: str, names: Names) -> tuple[str, str | None]:
    """The device of a name and its channel, None when the name is only a device's.

    The channel is what follows the last `/`, or the device of a `urn:dev:`; else what follows the last `:`, `.`, `_`
    or `-` if it is a word for a quantity.
    """
    device, slash, channel = name.rpartition("/")
    if slash and device and channel:
        return device, channel
    urn = _URN_DEVICE.match(name)
    if urn and name[urn.end() : urn.end() + 1] == ":" and len(name) > urn.end() + 1:
        return urn.group(), name[urn.end() + 1 :]
    for mark in ":._-":
        device, _, channel = name.rpartition(mark)
        if device and names.knows(channel):
            return device, channel
    return name, None
