"""Which series the embedded store holds, and the newest of each: what it keeps in memory while it is open."""

import threading
from collections.abc import Collection, Sequence
from typing import NamedTuple

from town.moment import Moment
from town.ports import Point
from town.quantity import Value

Row = tuple[int, int, Moment, Moment, float | None, str | None]
"""batch, series, measured_at, received_at, number, words: as they are stored."""

NOTES = ""
"""The series of a sensor that holds what is doubtful about its readings, not a quantity."""
NOTES_TYPE = "notes"


class StoredSeries(NamedTuple):
    """One quantity of one sensor; `type` is `float`, `bool`, `text` or `notes`, for ever."""

    number: int
    sensor: str
    quantity: str
    type: str

    def value(self, number: float | None, words: str | None) -> Value:
        """What was stored, in the type of the series."""
        if self.type == "bool":
            return bool(number)
        return (words or "") if number is None else number


class Catalogue:
    """All series by number and by name, and the newest row of each. One thread changes it, any may ask."""

    def __init__(self) -> None:
        self.by_number: dict[int, StoredSeries] = {}
        self.by_name: dict[str, dict[str, StoredSeries]] = {}
        """By sensor and quantity."""
        self.newest_rows: dict[int, Row] = {}
        self._lock = threading.Lock()

    def add(self, found: Collection[StoredSeries]) -> None:
        """Remember series."""
        with self._lock:
            for series in found:
                self.by_number[series.number] = series
                self.by_name.setdefault(series.sensor, {})[series.quantity] = series

    def see_fresh(self, rows: Sequence[Row]) -> None:
        """Remember rows that are newer than all before them, in order."""
        with self._lock:
            self.newest_rows.update({row[1]: row for row in rows})

    def see(self, rows: Sequence[Row]) -> None:
        """Remember rows, each of another series or moment, where they are not older than what was known before."""
        known = self.newest_rows
        self.see_fresh([row for row in rows if row[1] not in known or row[2] >= known[row[1]][2]])

    def newest(self, sensors: Collection[str] | None) -> dict[str, dict[str, Point]]:
        """The newest value of every quantity of those sensors, or of all."""
        found: dict[str, dict[str, Point]] = {}
        with self._lock:
            for sensor in self.by_name if sensors is None else sensors:
                for quantity, series in self.by_name.get(sensor, {}).items():
                    row = self.newest_rows.get(series.number)
                    if row is not None and series.type != NOTES_TYPE:
                        found.setdefault(sensor, {})[quantity] = Point(row[2], series.value(row[4], row[5]))
        return found
