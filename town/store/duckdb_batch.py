"""A batch of readings as rows of the embedded store: what can simply be added, and what comes late or again."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from town.moment import Moment
from town.ports import RefusedReading
from town.quantity import ValueType
from town.reading import Reading
from town.store.notes import Notes, write_flags, write_refused
from town.store.numbering import Numbering
from town.store.series import NOTES, NOTES_TYPE, Catalogue, Row, StoredSeries

_encode_notes = msgspec.json.Encoder().encode


class Batch:
    """The rows of one write: `fresh` is newer than all of its series; `late` is not, and may replace what is there.

    `late` has one row for each series and moment, the last.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        types: Mapping[str, ValueType],
        numbering: Numbering,
        *,
        conflicts: Collection[int],
        number: int,
    ) -> None:
        """`conflicts` are the series that are stored in another type than their quantity has now."""
        self.fresh: list[Row] = []
        self.late: list[Row] = []
        self.new_series: list[StoredSeries] = []
        self.refused: list[RefusedReading] = []
        self._catalogue, self._types, self._numbering = catalogue, types, numbering
        self._conflicts, self._number = conflicts, number
        self._new_by_name: dict[tuple[str, str], StoredSeries] = {}
        self._newest_at: dict[int, Moment] = {}

    def add(self, readings: Sequence[Reading]) -> None:
        """Take readings in; one whose quantity is stored in another type is refused."""
        by_name, nothing = self._catalogue.by_name, dict[str, StoredSeries]()
        for reading in readings:
            known = by_name.get(reading.sensor, nothing)
            if self._conflicts and self._refuse(reading, known):
                continue
            for quantity, value in reading.values.items():
                series = known.get(quantity) or self._series(reading.sensor, quantity)
                if type(value) is str:
                    self._place(series[0], reading, None, value)
                else:
                    self._place(series[0], reading, float(value), None)
            if reading.flags or reading.refused or not reading.values:
                notes = Notes(write_flags(reading.flags), write_refused(reading.refused))
                series = known.get(NOTES) or self._series(reading.sensor, NOTES)
                self._place(series[0], reading, None, _encode_notes(notes).decode())
        self.late = list({row[1:3]: row for row in self.late}.values())

    def _refuse(self, reading: Reading, known: Mapping[str, StoredSeries]) -> bool:
        for quantity in reading.values:
            if quantity in known and known[quantity].number in self._conflicts:
                detail = f"{quantity} of {reading.sensor} is stored as {known[quantity].type}"
                self.refused.append(RefusedReading(reading, "type_conflict", detail))
                return True
        return False

    def _place(self, series: int, reading: Reading, number: float | None, words: str | None) -> None:
        at = reading.measured_at
        row = (self._number, series, at, reading.received_at, number, words)
        newest = self._catalogue.newest_rows.get(series)
        if (newest is None or at > newest[2]) and at > self._newest_at.get(series, -1):
            self._newest_at[series] = at
            self.fresh.append(row)
        else:
            self.late.append(row)

    def _series(self, sensor: str, quantity: str) -> StoredSeries:
        """A series that the file does not have yet."""
        name = (sensor, quantity)
        if name not in self._new_by_name:
            number = self._numbering.number(sensor, quantity, self._catalogue.by_number)
            kind = NOTES_TYPE if quantity == NOTES else self._types[quantity].value
            self._new_by_name[name] = StoredSeries(number, sensor, quantity, kind)
            self.new_series.append(self._new_by_name[name])
        return self._new_by_name[name]
