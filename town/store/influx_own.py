"""What the brain tells of itself, in InfluxDB: a measurement for each family, in the database's own policy."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from town.moment import Moment
from town.own import OWN_FAMILIES, TOWN, OwnRow, check_row
from town.quantity import Value, ValueType
from town.store import influxql
from town.store.acceptance import LONGEST_TEXT
from town.store.influx_server import InfluxServer, Table
from town.store.line_protocol import quoted, start_of_line

LINES_PER_REQUEST = 5_000
_NANOSECONDS = 1_000_000
_STARTS_KEPT = 50_000
_NEVER_IN_TAGS = re.compile(r"[\x00-\x1f\x7f\\]")


class InfluxOwnRows:
    """The rows of one town."""

    def __init__(self, server: InfluxServer, town: str) -> None:
        self._server, self._town = server, town

    async def write(self, rows: Sequence[OwnRow]) -> list[OwnRow]:
        """Write rows; those that the server will never take, found by halving. Raises Unavailable and ConfigError."""
        refused: list[OwnRow] = []
        for row in rows:
            check_row(row)
        for first in range(0, len(rows), LINES_PER_REQUEST):
            refused += await self._write(rows[first : first + LINES_PER_REQUEST])
        return refused

    async def _write(self, rows: Sequence[OwnRow]) -> list[OwnRow]:
        body = "\n".join(_line(self._town, row) for row in rows).encode()
        refusal = await self._server.write(body, precision="ns")
        if refusal is None:
            return []
        if len(rows) == 1:
            return list(rows)
        middle = len(rows) // 2
        return [*await self._write(rows[:middle]), *await self._write(rows[middle:])]

    async def read(
        self, family: str, *, start: Moment, end: Moment, tags: Mapping[str, str], limit: int
    ) -> list[OwnRow]:
        """The newest rows, oldest first."""
        known = OWN_FAMILIES.get(family)
        if known is None or not set(tags) <= set(known.tags):
            raise ValueError(f"{family!r} is no family with the tags {sorted(tags)}")
        among = influxql.where(self._town, start=start, end=end) + influxql.equal(tags)
        tables = await self._server.query(influxql.own(family, among=among, most=limit))
        found = [_row(family, table, values) for table in tables for values in table.values]
        return found[::-1]


def _line(town: str, row: OwnRow) -> str:
    start = _start(row.family, town, tuple(row.tags.items()))
    fields = ",".join([f"{name}={_written(value)}" for name, value in row.fields.items()])
    return f"{start} {fields} {row.at * _NANOSECONDS + row.order}"


@lru_cache(_STARTS_KEPT)
def _start(family: str, town: str, tags: tuple[tuple[str, str], ...]) -> str:
    """Measurement and tags, of which there are few: the same sensors say how they are every minute."""
    named = sorted({**dict(tags), TOWN: town}.items())
    return start_of_line(family, {tag: _NEVER_IN_TAGS.sub(" ", text) for tag, text in named})


def _written(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value.replace("\0", "").encode("utf-8", "replace")[:LONGEST_TEXT].decode(errors="ignore"))
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _row(family: str, table: Table, values: Sequence[Any]) -> OwnRow:
    known = OWN_FAMILIES[family]
    cells = {name: cell for name, cell in zip(table.columns, values, strict=True) if cell not in (None, "")}
    tags = {tag: str(cells[tag]) for tag in known.tags if tag in cells}
    # A field without a point is "", and an empty text is not told apart from it: neither says anything.
    fields = {name: _typed(kind, cells[name]) for name, kind in known.fields.items() if name in cells}
    return OwnRow(family, tags, fields, int(cells["time"]))


def _typed(kind: ValueType, cell: Any) -> Value:
    if kind is ValueType.FLOAT:
        return float(cell)
    return bool(cell) if kind is ValueType.BOOL else str(cell)
