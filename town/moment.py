"""Moments and durations: both are whole milliseconds, moments since 1970-01-01T00:00:00Z."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

Moment = int
"""Milliseconds since 1970-01-01T00:00:00Z."""
Duration = int
"""Milliseconds."""

MILLISECOND: Duration = 1
SECOND: Duration = 1_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE
DAY: Duration = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: dict[str, Duration] = {"ms": 1, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*(ms|min|s|m|h|d|w)")


def parse_duration(text: str) -> Duration:
    """Read `10s`, `1h30m`, `250ms` or `2 d`; raises ValueError with what was expected."""
    found = list(_DURATION.finditer(text.strip()))
    if not found or "".join(m.group(0) for m in found) != re.sub(r"(?<=[a-z])\s+", "", text.strip()):
        raise ValueError(f"{text!r} is not a duration: write a number and ms, s, m, h, d or w, such as 30s or 1h30m")
    return sum(round(float(m.group(1)) * _UNITS[m.group(2)]) for m in found)


def format_duration(duration: Duration) -> str:
    """Write a duration in the largest units that keep it exact, `90s` as `1m30s`."""
    if duration <= 0:
        return f"{duration}ms" if duration else "0s"
    parts: list[str] = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, duration = divmod(duration, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def parse_moment(text: str) -> Moment:
    """Read an RFC 3339 time with a zone; raises ValueError for anything else, a missing zone included."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time: write it as 2026-11-22T08:00:00Z") from None
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: end it with Z or an offset such as +08:00")
    return from_datetime(at)


def format_moment(at: Moment, zone: tzinfo = UTC) -> str:
    """Write a moment as RFC 3339 with milliseconds, in UTC unless a zone is given."""
    text = as_datetime(at, zone).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def as_datetime(at: Moment, zone: tzinfo = UTC) -> datetime:
    """The moment as an aware datetime."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone)


def from_datetime(at: datetime) -> Moment:
    """The moment of an aware datetime."""
    # In whole numbers: seconds as a float lose milliseconds in far years.
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + round(since.microseconds / 1000)
