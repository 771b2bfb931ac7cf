"""What the brain tells of itself, kept in the store beside readings: rows of fixed families with fixed types."""

from collections.abc import Mapping
from math import isfinite

import msgspec

from town.moment import Moment
from town.quantity import Value, ValueType

_F, _B, _T = ValueType.FLOAT, ValueType.BOOL, ValueType.TEXT

TOWN = "town"
"""The tag that every row has, given by the store itself."""
LARGEST_ORDER = 999_999


class OwnFamily(msgspec.Struct, frozen=True):
    """What a row of a family may hold. Every name is of one type, for ever: a store checks it late or never."""

    means: str
    tags: tuple[str, ...]
    """Bounded ones only; one that does not apply is left out, never empty."""
    fields: dict[str, ValueType]
    lasting: bool = True
    """Whether it is history; otherwise it says how things stand, again and again, and soon nobody asks for it."""


class OwnRow(msgspec.Struct, frozen=True):
    """One row. Family, tags, `at` and `order` together name it: written again, it replaces what was there."""

    family: str
    tags: dict[str, str]
    fields: dict[str, Value]
    at: Moment
    order: int = 0
    """Tells rows of one moment and the same tags apart, 0 to 999,999."""


OWN_FAMILIES: Mapping[str, OwnFamily] = {
    "alert": OwnFamily(
        means="How an open alert stands: at every change, every 60 s, and once more when it is `closed`; `mark` is the "
        "severity's digit, half a step more when somebody has it; `open_since` in ms; `acknowledged_by` is `-` when "
        "nobody has it; `place` is its facility, or its zone or town, `lat` and `lon` where that is. When the severity "
        "changes, the series of the old one ends with `closed`, too.",
        tags=("alert_rule", "facility", "zone", "category", "severity", "subject"),
        fields={
            "alert": _T,
            "state": _T,
            "severity_digit": _F,
            "mark": _F,
            "open_since": _F,
            "title_zh": _T,
            "title_en": _T,
            "place_zh": _T,
            "place_en": _T,
            "acknowledged": _B,
            "acknowledged_by": _T,
            "lat": _F,
            "lon": _F,
        },
        lasting=False,
    ),
    "alert_event": OwnFamily(
        means="Everything on the timeline of an alert, at its moment; `sequence` grows by one each, `until` (ms) is of "
        "what has an end, such as shelving; `drill` says that it was none but an exercise.",
        tags=("facility", "zone", "category", "severity"),
        fields={
            "alert": _T,
            "rule": _T,
            "event": _T,
            "by": _T,
            "text_zh": _T,
            "text_en": _T,
            "until": _F,
            "drill": _B,
            "sequence": _F,
        },
    ),
    "facility_state": OwnFamily(
        means="How a facility stands, every 60 s and when its alerts change: `worst` open severity (1 to 4, 0 without "
        "one), `mark` the same and half a step more when somebody has all alerts of it, how many alerts are open, how "
        "many sensors it has and how many of these are silent.",
        tags=("facility", "zone", "kind"),
        fields={
            "name_zh": _T,
            "name_en": _T,
            "lat": _F,
            "lon": _F,
            "worst": _F,
            "mark": _F,
            "open_alerts": _F,
            "sensors": _F,
            "silent": _F,
        },
        lasting=False,
    ),
    "category_state": OwnFamily(
        means="How many alerts of each category are open, every 60 s and when alerts change: all, those nobody has "
        "acknowledged, and by severity. Categories without one are told too.",
        tags=("category",),
        fields={
            "open": _F,
            "unacknowledged": _F,
            "critical": _F,
            "major": _F,
            "minor": _F,
            "advisory": _F,
        },
        lasting=False,
    ),
    "air_quality": OwnFamily(
        means="The air quality index (HJ 633-2012) of a station over the last hour, every 60 s, and the pollutant that "
        "makes it so, `-` up to 50.",
        tags=("sensor", "facility", "zone"),
        fields={"index": _F, "primary": _T},
    ),
    "sensor_state": OwnFamily(
        means="How a sensor is, every 60 s: when it was last heard of (ms, left out when never), whether it is silent, "
        "its battery (%) and signal (dBm), and by how much its clock is ahead of the moment of receipt.",
        tags=("sensor", "facility", "zone", "kind", "gateway"),
        fields={"last_seen": _F, "silent": _B, "battery": _F, "rssi": _F, "clock_error_ms": _F},
        lasting=False,
    ),
    "ingest_ledger": OwnFamily(
        means="The loss ledger: what came in from a gateway in one minute and what became of it, soon after the minute "
        "is over; `gateway` is `none` for topics of no gateway. `received` and `rejected` are messages, `duplicates` "
        "both, the others readings; `missing` should be 0 and is what is not accounted for.",
        tags=("gateway",),
        fields={
            "received": _F,
            "rejected": _F,
            "decoded": _F,
            "stored": _F,
            "spooled": _F,
            "replayed": _F,
            "quarantined": _F,
            "duplicates": _F,
            "missing": _F,
            "balanced": _B,
        },
    ),
    "brain_pipeline": OwnFamily(
        means="The line itself, every 10 s, one row a figure; what ends in `_per_s` is of the last 10 s, `transitions` "
        "how often a rule became active in these, and `sender_sent` what a channel took in these. Of several ingest "
        "processes each has parts of its own: `ingest two`.",
        tags=("part", "figure"),
        fields={"value": _F},
        lasting=False,
    ),
    "alert_figures": OwnFamily(
        means="How well alerting works, every 60 s, one row a figure; `facility` is of the false-alarm rate only.",
        tags=("figure", "facility"),
        fields={"value": _F},
    ),
}
"""Every family there is; no kind of sensor may have one of these names."""

_TYPES: dict[ValueType, type] = {ValueType.FLOAT: float, ValueType.BOOL: bool, ValueType.TEXT: str}


def check_row(row: OwnRow) -> None:
    """Raise ValueError for a row that is not as its family says: whoever made it is wrong."""
    family = OWN_FAMILIES.get(row.family)
    if family is None:
        raise ValueError(f"{row.family!r} is no family of the brain's own rows")
    if not row.fields or not 0 <= row.order <= LARGEST_ORDER:
        raise ValueError(f"a row of {row.family} needs a field, and an order from 0 to {LARGEST_ORDER}")
    for tag, text in row.tags.items():
        if tag not in family.tags or not text:
            raise ValueError(f"{row.family} has no tag {tag}={text!r:.100}")
    for name, value in row.fields.items():
        kind = family.fields.get(name)
        if kind is None or type(value) is not _TYPES[kind]:
            raise ValueError(f"{row.family} has no {type(value).__name__} {name}")
        if isinstance(value, float) and not isfinite(value):
            raise ValueError(f"{name} of {row.family} is {value!r}")
