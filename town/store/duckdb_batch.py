"""A batch of readings as rows of the embedded store: what can simply be added, and what comes late or again."""

from collections.abc import Mapping, Sequence

import msgspec

from town.moment import Moment
from town.ports import RefusedReading
from town.quantity import ValueType
from town.reading import Reading
from town.store.notes import write_flags, write_refused
from town.store.series import NOTES, NOTES_TYPE, Catalogue, Row, StoredSeries


class Notes(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is doubtful about a reading, as JSON in the words of its notes row."""

    flags: str = ""
    refused: str = ""


_encode_notes = msgspec.json.Encoder().encode


class Batch:
    """The rows of one write. `fresh` is newer than all of its series, `late` is not and may replace what is there."""

    def __init__(self, catalogue: Catalogue, types: Mapping[str, ValueType], *, number: int) -> None:
        self.fresh: list[Row] = []
        self.new_series: list[StoredSeries] = []
        self.refused: list[RefusedReading] = []
        self._late: dict[tuple[int, Moment], Row] = {}
        self._catalogue, self._types, self._number = catalogue, types, number
        self._new_by_name: dict[tuple[str, str], StoredSeries] = {}
        self._newest_at: dict[int, Moment] = {}

    @property
    def late(self) -> Sequence[Row]:
        """One row for each series and moment, the last."""
        return list(self._late.values())

    def add(self, readings: Sequence[Reading]) -> None:
        """Take readings in; one whose quantity is stored in another type is refused."""
        by_name, nothing = self._catalogue.by_name, dict[str, StoredSeries]()
        for reading in readings:
            known = by_name.get(reading.sensor, nothing)
            series = [known.get(quantity) or self._series(reading.sensor, quantity) for quantity in reading.values]
            conflict = next((one for one in series if one[3] != self._types[one[2]]), None)
            if conflict:
                detail = f"{conflict.quantity} of {conflict.sensor} is stored as {conflict.type}"
                self.refused.append(RefusedReading(reading, "type_conflict", detail))
                continue
            self._place(reading, series)
            if reading.flags or reading.refused or not reading.values:
                self._place_notes(reading)

    def _place(self, reading: Reading, series: Sequence[StoredSeries]) -> None:
        at, received_at, batch = reading.measured_at, reading.received_at, self._number
        stored, mine = self._catalogue.newest_rows, self._newest_at
        for one, value in zip(series, reading.values.values(), strict=True):
            number = one[0]
            row: Row = (
                (batch, number, at, received_at, None, value)
                if type(value) is str
                else (batch, number, at, received_at, float(value), None)
            )
            newest = stored.get(number)
            if at > mine.get(number, -1) and (newest is None or at > newest[2]):
                mine[number] = at
                self.fresh.append(row)
            else:
                self._late[number, at] = row

    def _place_notes(self, reading: Reading) -> None:
        notes = Notes(write_flags(reading.flags), write_refused(reading.refused))
        known = self._catalogue.by_name.get(reading.sensor, {}).get(NOTES)
        words = {NOTES: _encode_notes(notes).decode()}
        beside = msgspec.structs.replace(reading, values=words)
        self._place(beside, [known or self._series(reading.sensor, NOTES)])

    def _series(self, sensor: str, quantity: str) -> StoredSeries:
        """A series that the file does not have yet."""
        name = (sensor, quantity)
        if name not in self._new_by_name:
            number = len(self._catalogue.by_number) + len(self.new_series) + 1
            kind = NOTES_TYPE if quantity == NOTES else self._types[quantity].value
            self._new_by_name[name] = StoredSeries(number, sensor, quantity, kind)
            self.new_series.append(self._new_by_name[name])
        return self._new_by_name[name]
