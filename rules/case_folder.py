"""A rule case as it stands on disk: its town, its rules, its readings, and what is expected."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rules.folder import load_rule_files, load_rules
from rules.ruleset import RuleSet
from town.alert import AlertState, Cause, Severity
from town.builtin import builtin_kinds
from town.errors import ConfigError
from town.facility import Facility, Position, Zone
from town.findings import Finding, has_errors
from town.folder import load_town
from town.gateway import Gateway
from town.kind import FacilityKind
from town.language import Label
from town.moment import SECOND, Moment, parse_duration, parse_moment
from town.quantity import Value, ValueType
from town.reading import Flag, Reading
from town.sensor import Sensor
from town.source import read_yaml
from town.town import Town

DEFAULT_START = "2026-01-05T00:00:00+08:00"
EXPECT = "expect.yaml"


def _as_list(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ExpectedNotifications(_Written):
    """How many notifications a target was sent since the start."""

    target: str
    count: int = Field(ge=0)


class Expectation(_Written):
    """What must be so at a moment; what is not named is not compared."""

    at: str
    rule: str | None = None
    subject: str | None = None
    state: AlertState | None = None
    not_state: AlertState | None = Field(None, alias="not")
    severity: Severity | None = None
    activations: int | None = Field(None, ge=0)
    chattering: bool | None = None
    reason: Cause | None = None
    notifications: tuple[ExpectedNotifications, ...] = ()


class ExpectFile(_Written):
    """`expect.yaml`."""

    start: str = DEFAULT_START
    rules: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    restart_at: str | None = None
    expect: tuple[Expectation, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Case:
    """A case, ready to be played."""

    name: str
    town: Town
    rules: RuleSet
    start: Moment
    readings: list[Reading]
    """By arrival."""
    expect: list[tuple[Moment, Expectation]]
    restart_at: Moment | None = None


def find_cases(path: Path) -> list[Path]:
    """The case folders at a path (a case, a town, or a folder of cases); raises ConfigError when there is none."""
    if not path.is_dir():
        raise ConfigError(f"{path}: there is no such folder")
    if (path / EXPECT).is_file():
        return [path]
    root = path / "rules" / "cases" if (path / "town.yaml").is_file() else path
    return sorted(file.parent for file in root.rglob(EXPECT))


def town_folder(path: Path) -> Path | None:
    """The town folder that a path is or stands in."""
    found = (one for one in (path, *path.resolve().parents) if (one / "town.yaml").is_file())
    return next(found, None)


def load_case(folder: Path) -> tuple[Case | None, list[Finding]]:
    """Read a case folder, or say everything that is wrong with it."""
    source, findings = read_yaml(folder / EXPECT, root=folder)
    file, wrong = source.parse(ExpectFile) if source else (None, [])
    findings = [*findings, *wrong]
    town, wrong = _town(folder)
    findings += wrong
    if file is None or town is None or has_errors(findings):
        return None, findings
    rules, wrong = _rules(folder, town, file.rules)
    findings += [one for one in wrong if one.level == "error"]
    try:
        start = parse_moment(file.start)
        table = _Table(town, start)
        readings = table.read(folder / "readings.csv")
        expect = [(moment_of(one.at, start), one) for one in file.expect]
        restart_at = moment_of(file.restart_at, start) if file.restart_at else None
    except ValueError as error:
        return None, [*findings, Finding(EXPECT, 0, "", str(error))]
    findings += table.findings
    if rules is None or has_errors(findings):
        return None, findings
    return Case(folder.name, town, rules, start, readings, expect, restart_at), findings


def moment_of(written: str, start: Moment) -> Moment:
    """`35s` after the start, or a time; raises ValueError."""
    return parse_moment(written) if ":" in written or "T" in written else start + parse_duration(written)


def _rules(folder: Path, town: Town, named: tuple[str, ...]) -> tuple[RuleSet | None, list[Finding]]:
    own = folder / "rules.yaml"
    if not named:
        home = town_folder(folder)
        return load_rule_files([own], town, root=folder) if own.exists() or home is None else load_rules(home, town)
    files = sorted({folder / one.partition("#")[0] for one in named})
    wanted = {one.partition("#")[2] for one in named}
    rules, findings = load_rule_files(files, town, root=folder)
    if rules is None or "" in wanted:
        return rules, findings
    missing = [Finding(EXPECT, 0, "rules", f"there is no rule `{one}`") for one in sorted(wanted - set(rules.rules))]
    return RuleSet({rule: rules.rules[rule] for rule in wanted & set(rules.rules)}), [*findings, *missing]


def _town(folder: Path) -> tuple[Town | None, list[Finding]]:
    home = town_folder(folder)
    base, findings = load_town(home) if home else (None, [])
    errors = [one for one in findings if one.level == "error"]
    table = folder / "sensors.csv"
    if not table.is_file():
        return base, errors or ([] if base else [Finding("sensors.csv", 0, "", "the file is missing")])
    return _small_town(table, base)


def _small_town(path: Path, base: Town | None) -> tuple[Town | None, list[Finding]]:
    """A town of the sensors in a case's own `sensors.csv`, with the kinds of the town around it."""
    known = base or builtin_kinds()
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    findings: list[Finding] = []
    sensors: dict[str, Sensor] = {}
    for line, row in enumerate(rows, start=2):
        kind, interval = row.get("kind") or "", row.get("interval") or "10s"
        if kind not in known.kinds or not row.get("id"):
            findings.append(Finding("sensors.csv", line, "kind", f"`{kind}` is no kind of sensor"))
            continue
        sensors[row["id"]] = Sensor(
            id=row["id"],
            gateway="gateway",
            external_id=row["id"],
            facility=row.get("facility") or "facility",
            kind=kind,
            interval=parse_duration(interval),
        )
    town = _around(rows, sensors, base) if not findings else None
    return town, findings


def _around(rows: list[dict[str, str]], sensors: dict[str, Sensor], base: Town | None) -> Town:
    known = base or builtin_kinds()
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
    )


def _label(text: str) -> Label:
    return Label(zh=text, en=text)


@dataclass
class _Table:
    """`readings.csv`: rows of one sensor with the same moment and arrival are one reading."""

    town: Town
    start: Moment
    findings: list[Finding] = field(default_factory=list)

    def read(self, path: Path) -> list[Reading]:
        found: dict[tuple[str, Moment, Moment], Reading] = {}
        rows = csv.DictReader(path.read_text("utf-8-sig").splitlines()) if path.is_file() else []
        for line, row in enumerate(rows, start=2):
            try:
                self._row(row, found)
            except (ValueError, KeyError) as error:
                self.findings.append(Finding("readings.csv", line, "", str(error)))
        return sorted(found.values(), key=lambda reading: reading.received_at)

    def _row(self, row: dict[str, str], found: dict[tuple[str, Moment, Moment], Reading]) -> None:
        sensor, at = row["sensor"], moment_of(row["at"], self.start)
        if sensor not in self.town.sensors:
            raise ValueError(f"there is no sensor `{sensor}`")
        received_at = moment_of(row["received_at"], self.start) if row.get("received_at") else at
        key = (sensor, at, received_at)
        reading = found.setdefault(key, Reading(sensor, _clamped(at, received_at), received_at, {}, refused={}))
        self._put(reading, row["quantity"], row["value"].strip())

    def _put(self, reading: Reading, quantity: str, written: str) -> None:
        kind = self.town.sensors[reading.sensor].kind
        if quantity not in self.town.kinds[kind].quantities:
            raise ValueError(f"`{quantity}` is not measured by {kind}")
        if written == "_":
            return
        value = _value(written, self.town.quantities[quantity].type)
        low, high = self.town.plausible_range(kind, quantity)
        believed = not isinstance(value, float) or (
            (low if low is not None else float("-inf")) <= value <= (high if high is not None else float("inf"))
        )
        if believed:
            reading.values[quantity] = value
        else:
            reading.refused[quantity] = Flag.OUT_OF_RANGE


def _clamped(at: Moment, received_at: Moment) -> Moment:
    """As ingest takes it: more than a minute ahead is the moment of receipt."""
    return received_at if at - received_at > 60 * SECOND else at


def _value(written: str, wanted: ValueType) -> Value:
    if wanted is ValueType.TEXT:
        return written
    if wanted is ValueType.BOOL:
        if written not in ("true", "false"):
            raise ValueError(f"{written!r} is not true or false")
        return written == "true"
    return float(written)
