"""The tables of a rule case: its sensors, as a small town of their own, and its readings by arrival."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from rules.case_reason import moment_of
from town.builtin import Kinds, add_kinds, builtin_kinds
from town.facility import Facility, Position, Zone
from town.findings import Finding
from town.gateway import Gateway
from town.kind import FacilityKind
from town.language import Label
from town.moment import SECOND, Moment, parse_duration
from town.quantity import Value, ValueType
from town.reading import Flag, Reading
from town.sensor import Sensor
from town.source import read_text, read_yaml
from town.town import Town

MAX_BYTES = 16 << 20
RAW = "raw:"
"""A text in the place of what the quantity is: what ingest lets nobody through with, so that a rule fails."""


def small_town(path: Path, base: Town | None, *, kinds: Path | None = None) -> tuple[Town | None, list[Finding]]:
    """A town of the sensors in a case's own `sensors.csv`, with the kinds of the town around it, or with its own."""
    rows, findings = _rows(path)
    known: Kinds | Town = base or builtin_kinds()
    if kinds is not None:
        source, wrong = read_yaml(kinds, root=path.parent)
        findings += wrong
        known, wrong = add_kinds(source, builtin_kinds()) if source else (known, [])
        findings += wrong
    sensors: dict[str, Sensor] = {}
    for line, row in enumerate(rows, start=2):
        try:
            sensor = _sensor(row, known)
        except ValueError as error:
            findings.append(Finding(path.name, line, "", str(error)))
        else:
            sensors[sensor.id] = sensor
    return (None if findings else _around(rows, sensors, base, known=known)), findings


def _rows(path: Path) -> tuple[list[dict[str, str]], list[Finding]]:
    """The rows of a table, cells that are missing as empty texts."""
    text, findings = read_text(path, name=path.name, max_bytes=MAX_BYTES)
    rows = csv.DictReader((text or "").splitlines(), restval="")
    return [{name: cell for name, cell in row.items() if isinstance(name, str)} for row in rows], findings


def _sensor(row: dict[str, str], known: Kinds | Town) -> Sensor:
    kind, name = row.get("kind", ""), row.get("id", "")
    if not name:
        raise ValueError("the sensor has no id")
    if kind not in known.kinds:
        raise ValueError(f"`{kind}` is no kind of sensor")
    facility, interval = row.get("facility") or "facility", parse_duration(row.get("interval") or "10s")
    return Sensor(id=name, gateway="gateway", external_id=name, facility=facility, kind=kind, interval=interval)


def _around(rows: list[dict[str, str]], sensors: dict[str, Sensor], base: Town | None, *, known: Kinds | Town) -> Town:
    position = Position(latitude=30.0, longitude=120.0)
    zones = {name: Zone(id=name, name=_label(name)) for name in (row.get("zone") or "zone" for row in rows)}
    facilities: dict[str, Facility] = {}
    for row in rows:
        name = row.get("facility") or "facility"
        kind, zone = row.get("facility_kind") or "office", row.get("zone") or "zone"
        facilities[name] = Facility(id=name, name=_label(name), kind=kind, zone=zone, position=position)
    kinds = {one.kind: FacilityKind(id=one.kind, name=_label(one.kind)) for one in facilities.values()}
    return Town(
        id=base.id if base else "town",
        name=base.name if base else _label("town"),
        time_zone=base.time_zone if base else "Asia/Shanghai",
        position=position,
        quantities=dict(known.quantities),
        kinds=dict(known.kinds),
        facility_kinds={**kinds, **known.facility_kinds},
        zones=zones,
        facilities=facilities,
        gateways={"gateway": Gateway(id="gateway", name=_label("gateway"), decoder="native", topics=("town/#",))},
        sensors=sensors,
        special_days=base.special_days if base else {},
    )


def _label(text: str) -> Label:
    return Label(zh=text, en=text)


@dataclass
class ReadingTable:
    """`readings.csv`: rows of one sensor with the same moment and arrival are one reading."""

    town: Town
    start: Moment
    later: tuple[Town, ...] = ()
    """The town as it is after a reload."""
    findings: list[Finding] = field(default_factory=list)

    def read(self, path: Path) -> list[Reading]:
        """The readings by arrival, in the file's order among equals; what is wrong goes to `findings`."""
        found: dict[tuple[str, Moment, Moment], Reading] = {}
        rows, self.findings = _rows(path) if path.is_file() else ([], [])
        for line, row in enumerate(rows, start=2):
            try:
                self._row(row, found)
            except ValueError as error:
                self.findings.append(Finding(path.name, line, "", str(error)))
        return sorted(found.values(), key=lambda reading: reading.received_at)

    def _row(self, row: dict[str, str], found: dict[tuple[str, Moment, Moment], Reading]) -> None:
        if missing := [name for name in ("at", "sensor", "quantity", "value") if not row.get(name)]:
            raise ValueError(f"`{missing[0]}` is missing")
        sensor, at = row["sensor"], moment_of(row["at"], self.start)
        if not any(sensor in one.sensors for one in (self.town, *self.later)):
            raise ValueError(f"there is no sensor `{sensor}`")
        received_at = moment_of(row["received_at"], self.start) if row.get("received_at") else at
        key = (sensor, at, received_at)
        reading = found.setdefault(key, Reading(sensor, _clamped(at, received_at), received_at, {}, refused={}))
        self._put(reading, row["quantity"], row["value"].strip())

    def _put(self, reading: Reading, quantity: str, written: str) -> None:
        town, kind = self._measured_in(reading.sensor, quantity)
        if written == "_":
            return
        value = _value(written, town.quantities[quantity].type)
        low, high = town.plausible_range(kind, quantity)
        believed = not isinstance(value, float) or (
            (low if low is not None else float("-inf")) <= value <= (high if high is not None else float("inf"))
        )
        if believed:
            reading.values[quantity] = value
        else:
            reading.refused[quantity] = Flag.OUT_OF_RANGE

    def _measured_in(self, sensor: str, quantity: str) -> tuple[Town, str]:
        """A town in which the sensor measures that, and its kind there."""
        kinds = [(one, one.sensors[sensor].kind) for one in (self.town, *self.later) if sensor in one.sensors]
        for town, kind in kinds:
            if quantity in town.kinds[kind].quantities:
                return town, kind
        raise ValueError(f"`{quantity}` is not measured by {kinds[0][1]}")


def _clamped(at: Moment, received_at: Moment) -> Moment:
    """As ingest takes it: more than a minute ahead is the moment of receipt."""
    return received_at if at - received_at > 60 * SECOND else at


def _value(written: str, wanted: ValueType) -> Value:
    if written.startswith(RAW):
        return written.removeprefix(RAW)
    if wanted is ValueType.TEXT:
        return written
    if wanted is ValueType.BOOL:
        if written not in ("true", "false"):
            raise ValueError(f"{written!r} is not true or false")
        return written == "true"
    return float(written)
