"""A small town and rules for it, as text."""

import textwrap
from pathlib import Path

from rules.folder import load_rule_files
from rules.ruleset import RuleSet
from town.builtin import builtin_kinds
from town.facility import Facility, Position, Zone
from town.findings import Finding
from town.gateway import Gateway
from town.language import Label
from town.moment import SECOND, Moment
from town.quantity import Value
from town.reading import Reading
from town.sensor import Sensor
from town.town import Town

START: Moment = 1_767_542_400_000
_HERE = Position(latitude=30.0, longitude=120.5)


def label(text: str) -> Label:
    return Label(zh=text, en=text)


def town(*sensors: str) -> Town:
    """`S1:smoke_detector@W1` each: facilities W… are warehouses, others offices, all in the zone north."""
    kinds = builtin_kinds()
    parsed = [(one.split(":")[0], *one.split(":")[1].split("@")) for one in sensors or ("S1:smoke_detector@W1",)]
    names = dict.fromkeys(facility for _, _, facility in parsed)
    return Town(
        id="town",
        name=label("town"),
        time_zone="Asia/Shanghai",
        position=_HERE,
        quantities=dict(kinds.quantities),
        kinds=dict(kinds.kinds),
        facility_kinds=dict(kinds.facility_kinds),
        zones={"north": Zone(id="north", name=label("north"))},
        facilities={
            name: Facility(
                id=name,
                name=label(name),
                kind="warehouse" if name.startswith("W") else "office",
                zone="north",
                position=_HERE,
            )
            for name in names
        },
        gateways={"g": Gateway(id="g", name=label("g"), decoder="native", topics=("town/#",))},
        sensors={
            name: Sensor(id=name, gateway="g", external_id=name, facility=facility, kind=kind, interval=10 * SECOND)
            for name, kind, facility in parsed
        },
    )


def read_rules(folder: Path, place: Town, *written: str) -> tuple[RuleSet | None, list[Finding]]:
    """Rules as they are written in a file: `id` and what differs from a plain rule, as YAML."""
    rules = "".join(textwrap.indent(f"- {_with_defaults(one)}", "      ") for one in written)
    path = folder / "rules.yaml"
    defaults = "defaults: {category: environment, severity: minor}"
    path.write_text(f"version: 1\ngroups:\n  - name: test\n    {defaults}\n    rules:\n{rules}", "utf-8")
    return load_rule_files([path], place, root=folder)


def _with_defaults(written: str) -> str:
    lines = textwrap.dedent(written).strip().splitlines()
    if not any(line.startswith("title:") for line in lines):
        lines.append("title: {zh: 试, en: Test}")
    if not any(line.startswith(("for_each:", "absent:")) for line in lines):
        lines.append("for_each: {sensor_kind: smoke_detector}")
    return "\n  ".join(lines) + "\n"


def rules(folder: Path, place: Town, *written: str) -> RuleSet:
    """The rules, or what is wrong with them."""
    found, findings = read_rules(folder, place, *written)
    assert found is not None, [str(one) for one in findings]
    return found


def reading(seconds: float, sensor: str = "S1", *, received: float | None = None, **values: Value) -> Reading:
    """A reading so many seconds after the start."""
    at = START + round(seconds * SECOND)
    return Reading(sensor, at, at if received is None else START + round(received * SECOND), values)
