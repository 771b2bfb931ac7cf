"""Readings from a file instead of a store: CSV or Parquet, one value a row.

Columns: `sensor`, `quantity`, `measured_at` (or `at`), and `value` (or `number`, `truth` and `words`, as in what
`town store export` writes, with its `flags` and `refused`); `received_at` where it is known. Moments are milliseconds,
RFC 3339, or timestamps in UTC.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import duckdb

from town.errors import ConfigError
from town.moment import Moment, from_datetime
from town.quantity import Value, ValueType
from town.reading import Reading
from town.store.notes import Notes, whole_reading
from town.town import Town

_READERS = {"csv": "read_csv(?, all_varchar = true, header = true)", "parquet": "read_parquet(?)"}
_NEEDED = ("sensor", "quantity")
_VALUES = ("value", "number", "truth", "words")


class _Parts(NamedTuple):
    """What was found of one reading."""

    values: dict[str, Value]
    notes: Notes


def read_file(path: Path, town: Town, *, form: str) -> list[Reading]:
    """Every reading of the file by arrival. Raises ConfigError naming the row that cannot be read."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    parts: dict[tuple[Moment, Moment, str], _Parts] = {}
    for number, row in enumerate(_rows(path, form), start=1):
        try:
            key, quantity, value, notes = _part(row, town)
        except ValueError as error:
            raise ConfigError(f"{path}: row {number}: {error}") from None
        found = parts.setdefault(key, _Parts({}, notes))
        if quantity is not None and value is not None:
            found.values[quantity] = value
    readings = [
        whole_reading(sensor, at, received, values=one.values, notes=one.notes)
        for (received, at, sensor), one in parts.items()
        if one.values or one.notes.refused
    ]
    return sorted(readings, key=attrgetter("received_at", "measured_at", "sensor"))


def _rows(path: Path, form: str) -> Iterator[dict[str, object]]:
    try:
        with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as connection:
            asked = connection.execute(f"SELECT * FROM {_READERS[form]}", [str(path)])  # noqa: S608 - one of our two
            columns = [str(column[0]) for column in asked.description or ()]
            missing = [name for name in _NEEDED if name not in columns]
            if missing:
                raise ConfigError(f"{path}: there is no column {', '.join(missing)}; found {', '.join(columns)}")
            while rows := asked.fetchmany(10_000):
                yield from (dict(zip(columns, row, strict=True)) for row in rows)
    except duckdb.Error as error:
        raise ConfigError(f"{path}: it cannot be read as {form}: {' '.join(str(error).split()):.300}") from None


def _part(row: dict[str, object], town: Town) -> tuple[tuple[Moment, Moment, str], str | None, Value | None, Notes]:
    """Whose part it is, the quantity and its value when it is one the town has, and what is doubtful."""
    sensor, quantity = str(row["sensor"]), str(row["quantity"] or "")
    if sensor not in town.sensors:
        raise ValueError(f"{sensor!r:.80} is not a sensor of this town")
    measured_at = _moment(row.get("measured_at") or row.get("at"))
    received = row.get("received_at")
    key = (measured_at if received in (None, "") else _moment(received), measured_at, sensor)
    notes = Notes(str(row.get("flags") or ""), str(row.get("refused") or ""))
    if quantity not in town.quantities:
        return key, None, None, notes  # only notes, or a quantity the town has no more
    written = next((row[name] for name in _VALUES if row.get(name) is not None), None)
    return key, quantity, _value(town.quantities[quantity].type, written), notes


def _moment(written: object) -> Moment:
    if isinstance(written, datetime):
        return from_datetime(written if written.tzinfo else written.replace(tzinfo=UTC))
    text = str(written).strip()
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r:.60} is not a time") from None
    return from_datetime(at if at.tzinfo else at.replace(tzinfo=UTC))


def _value(kind: ValueType, written: object) -> Value:
    text = str(written)
    match kind:
        case ValueType.TEXT:
            return text
        case ValueType.BOOL:
            known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
            if text.lower() not in known:
                raise ValueError(f"{text!r:.60} is neither true nor false")
            return known[text.lower()]
        case ValueType.FLOAT:
            number = float(text)
            if not isfinite(number):
                raise ValueError(f"{text!r:.60} is not finite")
            return number
