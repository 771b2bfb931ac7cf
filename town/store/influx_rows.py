"""What InfluxDB answers, as points and readings."""

from collections.abc import Callable, Iterable
from typing import Any

from town.moment import Moment
from town.quantity import Quantity, Value, ValueType
from town.reading import Reading
from town.store.influx_server import Table
from town.store.line_protocol import DELAY, FLAGS, REFUSED
from town.store.notes import Notes, whole_reading

_RAW: dict[ValueType, Callable[[Any], Value]] = {
    ValueType.FLOAT: float,
    ValueType.BOOL: bool,
    ValueType.TEXT: str,
}


def raw_value(kind: ValueType, value: object) -> Value:
    """A value in the type of its quantity: JSON writes 21.0 as 21."""
    return _RAW[kind](value)


def columns_by_sensor(tables: Iterable[Table]) -> dict[str, dict[Moment, list[object]]]:
    """What stands beside the time, by sensor and time; where two tables have the same, the later one counts."""
    found: dict[str, dict[Moment, list[object]]] = {}
    for table in tables:
        rows = {row[0]: row[1:] for row in table.values if row[1] is not None}
        if rows:
            found.setdefault(table.tags.get("sensor", ""), {}).update(rows)
    return found


def whole_readings(tables: Iterable[Table], quantities: dict[str, Quantity]) -> list[Reading]:
    """Readings in order of measured_at, then sensor, from tables of all fields and tags."""
    readings = [
        _reading(dict(zip(table.columns, row, strict=True)), quantities) for table in tables for row in table.values
    ]
    return sorted(readings, key=lambda reading: (reading.measured_at, reading.sensor))


def _reading(row: dict[str, object], quantities: dict[str, Quantity]) -> Reading:
    values = {
        quantity: raw_value(quantities[quantity].type, value)
        for quantity, value in row.items()
        if value is not None and quantity in quantities
    }
    measured_at = int(str(row["time"]))
    return whole_reading(
        str(row["sensor"]),
        measured_at,
        measured_at + int(float(str(row.get(DELAY) or 0))),
        values=values,
        notes=Notes(str(row.get(FLAGS) or ""), str(row.get(REFUSED) or "")),
    )
