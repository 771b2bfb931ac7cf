"""sensors.csv: one row a sensor, as towns keep them in spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

from town.facility import Position
from town.findings import Finding, suggest
from town.items import id_mistake, unknown
from town.language import Label
from town.moment import DAY, Duration, parse_duration
from town.sensor import Sensor
from town.source import read_text, shown_name

REQUIRED = ("id", "gateway", "external_id", "facility", "kind", "interval")
OPTIONAL = ("latitude", "longitude", "place_zh", "place_en")
MOST_BYTES = 32 << 20
LONGEST_INTERVAL = 31 * DAY
LONGEST_EXTERNAL_ID = 256


class Row(NamedTuple):
    """One sensor as it stands in the list; `cells` by column, empty ones left out."""

    line: int
    cells: dict[str, str]


class SensorList:
    """The list while it is read: `rows` as written, `sensors` that are well formed, `lines` of all, and `findings`.

    It `is_read` when every row of it could be found.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[Row] = []
        self.sensors: dict[str, Sensor] = {}
        self.lines: dict[str, int] = {}
        self.findings: list[Finding] = []
        self.is_read = True
        self._devices: dict[tuple[str, str], int] = {}

    def found(self, line: int, column: str, message: str, suggestion: str = "") -> None:
        """Remember a mistake."""
        self.findings.append(Finding(self.name, line, column, message, suggestion))

    def take(self, row: Row) -> None:
        """Check one row for itself and against those before it."""
        before = len(self.findings)
        cells = row.cells
        self.rows.append(row)
        for column in REQUIRED:
            if column not in cells:
                self.found(row.line, column, f"`{column}` is empty")
        self._check_ids(row)
        interval = self._interval(row)
        position = self._position(row)
        place = self._place(row)
        if len(self.findings) == before:
            fields: dict[str, Any] = {column: cells[column] for column in REQUIRED if column != "interval"}
            self.sensors[cells["id"]] = Sensor(**fields, interval=interval, position=position, place=place)

    def _check_ids(self, row: Row) -> None:
        sensor, device = row.cells.get("id"), (row.cells.get("gateway"), row.cells.get("external_id"))
        if sensor and (mistake := id_mistake(sensor)):
            self.found(row.line, "id", mistake)
        if sensor in self.lines:
            self.found(row.line, "id", f"`{sensor}` is there already, in line {self.lines[sensor]}", "take another id")
        if sensor:
            self.lines.setdefault(sensor, row.line)
        gateway, external_id = device
        if not gateway or not external_id:
            return
        if len(external_id) > LONGEST_EXTERNAL_ID or not external_id.isprintable():
            self.found(row.line, "external_id", f"must be at most {LONGEST_EXTERNAL_ID} printable characters")
        if (first := self._devices.setdefault((gateway, external_id), row.line)) != row.line:
            message = f"`{external_id}` of gateway `{gateway}` is there already, in line {first}"
            self.found(row.line, "external_id", message, "one device is one sensor")

    def _interval(self, row: Row) -> Duration:
        text = row.cells.get("interval")
        if text is None:
            return 0
        try:
            interval = parse_duration(text)
        except ValueError as error:
            self.found(row.line, "interval", str(error))
            return 0
        if not 0 < interval <= LONGEST_INTERVAL:
            self.found(row.line, "interval", f"`{text}` is not between 1ms and 31d")
        return interval

    def _position(self, row: Row) -> Position | None:
        written = [row.cells.get("latitude"), row.cells.get("longitude")]
        if written == [None, None]:
            return None
        degrees: list[float] = []
        for column, text, most in (("latitude", written[0], 90), ("longitude", written[1], 180)):
            number = _number(text or "")
            if text is None:
                self.found(row.line, column, f"`{column}` is empty", "give both or neither")
            elif number is None:
                self.found(row.line, column, f"must be a number, but is `{text}`", "write degrees as 30.0123")
            elif not -most <= number <= most:
                hint = "latitude and longitude may be changed over" if column == "latitude" else ""
                self.found(row.line, column, f"`{text}` is not between -{most} and {most} degrees", hint)
            else:
                degrees.append(number)
        return Position(latitude=degrees[0], longitude=degrees[1]) if len(degrees) == 2 else None

    def _place(self, row: Row) -> Label | None:
        chinese, english = row.cells.get("place_zh"), row.cells.get("place_en")
        if chinese and english:
            return Label(zh=chinese, en=english)
        if chinese or english:
            self.found(row.line, "place_en" if chinese else "place_zh", "the place has a name in one language only")
        return None


def read_sensors(path: Path, *, root: Path | None = None) -> SensorList:
    """Read the list; mistakes of rows and between rows are in its findings, references are not looked up."""
    sensors = SensorList(shown_name(path, root))
    text, findings = read_text(path, name=sensors.name, max_bytes=MOST_BYTES)
    sensors.findings += findings
    sensors.is_read = text is not None
    for row in _rows(text, sensors) if text is not None else ():
        sensors.take(row)
    return sensors


def check_references(sensors: SensorList, known: dict[str, tuple[Iterable[str], str]]) -> Iterator[Finding]:
    """Findings about ids that nothing has; `known` gives by column what there is and what it is called."""
    # One wrong word often stands in many rows, and looking for a near one is slow.
    told: dict[tuple[str, str], tuple[str, str]] = {}
    for row in sensors.rows:
        for column, (ids, what) in known.items():
            word = row.cells.get(column)
            if word is None or word in ids:
                continue
            if (column, word) not in told:
                told[column, word] = unknown(what, word, ids)
            yield Finding(sensors.name, row.line, column, *told[column, word])


def _rows(text: str, sensors: SensorList) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not _header_fits(header, sensors):
            sensors.is_read = False
            return
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield from _row(line, cells, header=header, sensors=sensors)
            line = reader.line_num + 1
    except csv.Error as error:
        sensors.is_read = False
        sensors.found(reader.line_num, "", f"CSV: {error}", "save the list as CSV UTF-8 again")


def _row(line: int, cells: list[str], *, header: list[str], sensors: SensorList) -> Iterator[Row]:
    if len(cells) > len(header):
        message = f"the row has {len(cells)} cells, the header has {len(header)} columns"
        sensors.found(line, "", message, "put quotes around a cell that holds a comma")
        sensors.lines.setdefault(cells[header.index("id")].strip(), line)
        return
    filled = {column: cell.strip() for column, cell in zip(header, cells, strict=False)}
    # One text for thousands of cells: gateways, facilities and kinds come again and again.
    yield Row(line, {column: intern(cell) for column, cell in filled.items() if cell})


def _header_fits(header: list[str], sensors: SensorList) -> bool:
    columns = (*REQUIRED, *OPTIONAL)
    missing = [column for column in REQUIRED if column not in header]
    if len(missing) == len(REQUIRED):
        sensors.found(1, "", "the first row must name the columns, with commas between", ",".join(columns))
        return False
    for column in missing:
        sensors.found(1, column, f"the column `{column}` is missing")
    for index, column in enumerate(header):
        if column not in columns:
            sensors.found(1, column, f"there is no column `{column}`", suggest(column, columns) or ",".join(columns))
        elif column in header[:index]:
            sensors.found(1, column, f"the column `{column}` is there twice")
    return not missing and len(set(header)) == len(header)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
