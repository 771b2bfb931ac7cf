"""The log of what changed in an InfluxDB, written by every process that stores readings, read by who makes rollups.

A line says which minutes a write is about to change, and the server gives it its time: so nothing depends on our
clocks, and what was stored late, replayed or imported is found like everything else.
"""

import asyncio
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from town.errors import ConfigError
from town.moment import MINUTE, SECOND, Duration, Moment
from town.reading import Reading
from town.store import influxql
from town.store.influx_server import InfluxServer
from town.store.line_protocol import start_of_line

MEASUREMENT = "rollup_change"
AGAIN_AFTER = 10.0
"""Seconds for which one line stands for all further changes of its minute."""
SETTLES_AFTER: Duration = 120 * SECOND
"""After a line's time everything that it announces is in: what it stands for, and a write that took its time."""
LINES_PER_QUESTION = 20_000

_SLOTS = 256  # writers of one millisecond that do not overwrite each other
_REMEMBERED = 20_000


class Change(NamedTuple):
    """One line: `at` by the server's clock, `minutes` since 1970."""

    at: Moment
    minutes: list[int]


class ChangeLog:
    """The log of one town."""

    def __init__(self, server: InfluxServer, town: str) -> None:
        self._server, self._town = server, town
        self._slot = secrets.randbelow(_SLOTS)
        self._announced: dict[int, float] = {}

    async def announce(self, readings: Sequence[Reading]) -> None:
        """Say that these are about to be written. Raises Unavailable and ConfigError; then do not write them."""
        now, known = asyncio.get_running_loop().time(), self._announced
        minutes = {reading.measured_at // MINUTE for reading in readings}
        due = [one for one in minutes if one not in known or now - known[one] >= AGAIN_AFTER]
        if not due:
            return
        self._slot = (self._slot + 1) % _SLOTS
        start = start_of_line(MEASUREMENT, {"slot": str(self._slot), "town": self._town})
        refusal = await self._server.write(f'{start} minutes="{" ".join(map(str, sorted(due)))}"'.encode())
        if refusal is not None:
            raise ConfigError(f"{self._server.base} refuses the log of changes: {refusal.text:.300}")
        known.update(dict.fromkeys(due, now))
        if len(known) > _REMEMBERED:
            self._announced = {one: at for one, at in known.items() if now - at < AGAIN_AFTER}

    async def since(self, at: Moment) -> list[Change]:
        """What was announced after that moment of the server's, oldest first, at most LINES_PER_QUESTION lines."""
        among = f"{influxql.where(self._town)} AND time > {at:d}ms"
        tables = await self._server.query(influxql.changes(MEASUREMENT, among=among, most=LINES_PER_QUESTION))
        rows = sorted((int(row[0]), str(row[1])) for table in tables for row in table.values)
        return [Change(moment, [int(one) for one in text.split() if one.isdigit()]) for moment, text in rows]
