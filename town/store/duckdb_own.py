"""What the brain tells of itself, in the embedded store: one table for all families."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
import msgspec

from town.moment import DAY, HOUR, Duration, Moment
from town.own import OWN_FAMILIES, OwnRow, check_row
from town.quantity import Value

KEEP_PASSING: Duration = 2 * DAY
"""How long rows are kept that only say how things stand."""

_PASSING = [name for name, family in OWN_FAMILIES.items() if not family.lasting]
_encode = msgspec.json.Encoder(order="sorted").encode
_decode_tags = msgspec.json.Decoder(dict[str, str]).decode
_decode_fields = msgspec.json.Decoder(dict[str, Value]).decode

_REPLACED = """
    DELETE FROM own WHERE moment BETWEEN ? AND ? AND (family, tags, moment, number) IN
      (SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::INTEGER[]))
"""


class Written(NamedTuple):
    """A row as the table has it."""

    family: str
    tags: str
    at: Moment
    number: int
    fields: str


def to_rows(rows: Sequence[OwnRow]) -> list[Written]:
    """Rows for the table, the last of each name. Raises ValueError for one that is not as its family says."""
    found: dict[tuple[str, str, Moment, int], Written] = {}
    for row in rows:
        check_row(row)
        tags, fields = _encode(row.tags).decode(), _encode(row.fields).decode()
        found[row.family, tags, row.at, row.order] = Written(row.family, tags, row.at, row.order, fields)
    return list(found.values())


def insert(connection: duckdb.DuckDBPyConnection, rows: Sequence[Written]) -> None:
    """Add rows, instead of those of the same name; inside a transaction. Once an hour, what has passed is deleted."""
    moments = [row.at for row in rows]
    columns = [[row.family for row in rows], [row.tags for row in rows], moments, [row.number for row in rows]]
    connection.execute(_REPLACED, [min(moments), max(moments), *columns])
    with connection.appender("own") as appender:
        appender.append_rows(rows)
    horizon = (max(moments) - KEEP_PASSING) // HOUR * HOUR
    passed = connection.execute("UPDATE own_passed SET moment = ? WHERE moment < ? RETURNING 1", [horizon, horizon])
    if passed.fetchone():
        connection.execute("DELETE FROM own WHERE moment < ? AND list_contains(?, family)", [horizon, _PASSING])


def question(
    family: str, *, start: Moment, end: Moment, tags: Mapping[str, str], limit: int
) -> tuple[str, list[object]]:
    """What to ask for the newest rows, the newest first. Raises ValueError for a family or tag that there is not."""
    known = OWN_FAMILIES.get(family)
    if known is None or not set(tags) <= set(known.tags):
        raise ValueError(f"{family!r} is no family with the tags {sorted(tags)}")
    among, values = "", list[object]()
    for tag, text in tags.items():
        # Both sides are written by the same encoder, so a member is found by its text.
        among += " AND contains(tags, ?)"
        values.append(_encode({tag: text}).decode()[1:-1])
    select = "SELECT moment, tags, fields FROM own WHERE family = ? AND moment >= ? AND moment < ?"
    return f"{select}{among} ORDER BY moment DESC, number DESC LIMIT ?", [family, start, end, *values, limit]


def from_rows(family: str, rows: Sequence[tuple[Any, ...]]) -> list[OwnRow]:
    """The rows of an answer, oldest first."""
    return [OwnRow(family, _decode_tags(tags), _decode_fields(fields), at) for at, tags, fields in reversed(rows)]
