# ruff: noqa: S608 - the texts are put together from the constants of this file alone; values are always parameters
"""What the embedded store asks DuckDB, and how whole readings are put together from the rows."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from town.moment import Duration, Moment
from town.ports import Aggregate, Order
from town.quantity import Value
from town.reading import Reading
from town.store.notes import Notes, whole_reading
from town.store.series import NOTES_TYPE, StoredSeries

Question = tuple[str, list[object]]
"""SQL and its parameters."""

LATE = "CREATE TEMP TABLE late (series INTEGER, measured_at BIGINT, number DOUBLE, words VARCHAR)"
REPLACED = """
DELETE FROM stored USING late
WHERE stored.series = late.series AND stored.measured_at = late.measured_at AND stored.measured_at BETWEEN ? AND ?
"""
"""Takes away what late rows replace, looking only where their moments are."""

KNOWN = """
DELETE FROM late USING stored
WHERE stored.series = late.series AND stored.measured_at = late.measured_at AND stored.measured_at BETWEEN ? AND ?
  AND stored.number IS NOT DISTINCT FROM late.number AND stored.words IS NOT DISTINCT FROM late.words
RETURNING series, measured_at
"""
"""Takes away late rows that say nothing new: what came again unchanged keeps its first receipt."""

SINCE_MARK = """
SELECT 0, series, max(measured_at), 0, arg_max(number, measured_at), arg_max(words, measured_at)
FROM stored WHERE batch > (SELECT max(batch) FROM newest_mark) GROUP BY series
"""
LAST_BATCH = """
SELECT greatest((SELECT max(batch) FROM newest_mark),
                (SELECT max(batch) FROM stored WHERE batch > (SELECT max(batch) FROM newest_mark)))
"""

_AGGREGATES: dict[Aggregate, str] = {
    "mean": "avg(number) AS number, NULL AS words",
    "min": "min(number) AS number, NULL AS words",
    "max": "max(number) AS number, NULL AS words",
    "sum": "sum(number) AS number, NULL AS words",
    "last": "arg_max(number, measured_at) AS number, arg_max(words, measured_at) AS words",
    "count": "count(*)::DOUBLE AS number, NULL AS words",
}


def history(
    series: Sequence[StoredSeries],
    *,
    start: Moment,
    end: Moment,
    every: Duration | None,
    aggregate: Aggregate,
    limit: int,
) -> Question:
    """Series number, moment, number and words of the newest `limit` points of each series, oldest first."""
    among = f"series IN ({', '.join('?' * len(series))}) AND measured_at >= ? AND measured_at < ?"
    parameters: list[object] = [*(one.number for one in series), start, end, limit]
    if every is None:
        points = f"SELECT series, measured_at AS moment, number, words FROM stored WHERE {among}"
    else:
        moment = "measured_at - measured_at % ? AS moment"
        points = f"SELECT series, {moment}, {_AGGREGATES[aggregate]} FROM stored WHERE {among} GROUP BY ALL"
        parameters.insert(0, every)
    newest = "row_number() OVER (PARTITION BY series ORDER BY moment DESC) <= ?"
    return f"SELECT series, moment, number, words FROM ({points}) QUALIFY {newest} ORDER BY series, moment", parameters


_MOMENTS: dict[Order, str] = {"measured": "measured_at", "arrival": "received_at"}


def window(
    *, start: Moment, end: Moment, series: Sequence[int] | None, most: int | None, order: Order = "measured"
) -> Question:
    """Every row of a window of `order` in the order it was written, at most one more than `most`."""
    moment = _MOMENTS[order]
    parameters: list[object] = [start, end]
    among = ""
    if series is not None:
        among = "AND series IN (SELECT unnest(?::INTEGER[]))"
        parameters.append(list(series))
    at_most = "" if most is None else f"LIMIT {most + 1:d}"
    return (
        "SELECT series, measured_at, received_at, number, words FROM stored "
        f"WHERE {moment} >= ? AND {moment} < ? {among} ORDER BY batch {at_most}"
    ), parameters


def whole_readings(
    rows: Iterable[tuple[int, Moment, Moment, float | None, str | None]],
    series: Mapping[int, StoredSeries],
    *,
    order: Order = "measured",
) -> list[Reading]:
    """Readings put together from rows in the order they were written, by measured_at, then sensor.

    In order of arrival received_at comes first, and parts that arrived at different moments are readings of their own.
    """
    by_arrival = order == "arrival"
    values: dict[tuple[Moment, Moment, str], dict[str, Value]] = {}
    received: dict[tuple[Moment, Moment, str], Moment] = {}
    notes: dict[tuple[Moment, Moment, str], Notes] = {}
    for number, measured_at, received_at, value, words in rows:
        one = series[number]
        key = (received_at if by_arrival else 0, measured_at, one.sensor)
        received[key] = received_at
        if one.type == NOTES_TYPE:
            notes[key] = msgspec.json.decode(words or "{}", type=Notes)
        elif key in values:
            values[key][one.quantity] = one.value(value, words)
        else:
            values[key] = {one.quantity: one.value(value, words)}
    plain = Notes()
    return [
        whole_reading(key[2], key[1], received[key], values=values.get(key, {}), notes=notes.get(key, plain))
        for key in sorted(received)
    ]
