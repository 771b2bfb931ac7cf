"""Readings as InfluxDB line protocol (docs.influxdata.com, line protocol reference), one line a reading."""

import re
from collections.abc import Mapping, Sequence
from operator import attrgetter

import msgspec

from town.errors import ConfigError
from town.quantity import Value
from town.reading import Reading
from town.store.notes import write_flags, write_refused
from town.town import Town

DELAY = "reading_delay"
"""The field that says how many milliseconds after `measured_at` it was received; every line has it."""
FLAGS = "reading_flags"
REFUSED = "reading_refused"
"""Both are there only when something is doubtful."""

TAGS = ("facility", "sensor", "town", "zone")

_sensor = attrgetter("sensor")
_json = msgspec.json.Encoder().encode
_NEVER = re.compile(r"[\x00-\x1f\x7f\\]")


class LineEncoder:
    """Writes lines for the sensors of one town; what never changes of a line is made once for each sensor."""

    def __init__(self, town: Town) -> None:
        """Raises ConfigError for an id that InfluxDB cannot keep in a tag."""
        self._starts = {sensor: _start(town, sensor) for sensor in town.sensors}

    def lines(self, readings: Sequence[Reading]) -> list[str]:
        """One line for each reading, all of them of sensors of the town and with values that fit its registry."""
        if not readings:
            return []
        # Looked up all at once: of many sensors memory answers several together that way.
        starts, lines = list(map(self._starts.__getitem__, map(_sensor, readings))), []
        for reading, start, fields in zip(readings, starts, _all_fields(readings), strict=True):
            measured_at = reading.measured_at
            rest = f"{DELAY}={reading.received_at - measured_at} {measured_at}"
            if reading.flags or reading.refused:
                rest = _notes(reading) + rest
            lines.append(f"{start} {fields},{rest}" if fields else f"{start} {rest}")
        return lines


def _all_fields(readings: Sequence[Reading]) -> Sequence[str]:
    """The values of each reading as fields.

    JSON writes numbers and booleans as line protocol does, and names of quantities need no escaping in either: a whole
    batch is written as JSON in one call, and its punctuation changed. Only texts differ, and are seen by their quote.
    """
    try:
        written = _json([reading.values for reading in readings]).decode()
    except OverflowError:  # a whole number beyond 64 bits
        written = ':"'
    if ':"' in written:
        return [_fields(reading) for reading in readings]
    return written[2:-2].replace('":', "=").replace('"', "").split("},{")


def _fields(reading: Reading) -> str:
    return ",".join([f"{quantity}={_field_value(value)}" for quantity, value in reading.values.items()])


def _field_value(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value)
    return repr(float(value)) if not isinstance(value, bool) else str(value).lower()


def _notes(reading: Reading) -> str:
    return f"{FLAGS}={quoted(write_flags(reading.flags))},{REFUSED}={quoted(write_refused(reading.refused))},"


def quoted(text: str) -> str:
    """A text as a field value: only quotes and backslashes are escaped, line ends stand as they are."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def start_of_line(measurement: str, tags: Mapping[str, str]) -> str:
    """Measurement and tags, escaped; the tags are written in the order given."""
    start = re.sub(r"([, ])", r"\\\1", measurement)
    return start + "".join(f",{name}={_escaped(value)}" for name, value in tags.items())


def _start(town: Town, sensor: str) -> str:
    facility = town.facilities[town.sensors[sensor].facility]
    tags = {"facility": facility.id, "sensor": sensor, "town": town.id, "zone": facility.zone}
    for name, value in tags.items():
        if not value or _NEVER.search(value):
            raise ConfigError(
                f"{name} {value!r}: InfluxDB cannot keep it: no backslash, no control characters, not empty"
            )
    return start_of_line(town.kinds[town.sensors[sensor].kind].family, tags)


def _escaped(tag: str) -> str:
    return re.sub(r"([,= ])", r"\\\1", tag)
