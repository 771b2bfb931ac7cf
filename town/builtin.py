"""Quantities, sensor kinds and facility kinds: the built-in ones, and those a town adds, in one file form."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from town.findings import Finding, suggest
from town.kind import COMMON_QUANTITIES, FacilityKind, SensorKind
from town.quantity import Quantity, ValueType
from town.source import Source, read_yaml
from town.units import UNITS, is_unit, unit_code

BUILTIN_FILE = Path(__file__).with_name("kinds.yaml")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = {"time", "town", "facility", "zone", "sensor", "alert", "alert_event", "flags"}
"""Names that stored readings and alerts use for themselves."""


class Kinds(NamedTuple):
    """What can be measured, by what, and where, by id."""

    quantities: Mapping[str, Quantity]
    kinds: Mapping[str, SensorKind]
    facility_kinds: Mapping[str, FacilityKind]


class KindsFile(BaseModel):
    """A `kinds.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    quantities: tuple[Quantity, ...] = ()
    kinds: tuple[SensorKind, ...] = ()
    facility_kinds: tuple[FacilityKind, ...] = ()


@cache
def builtin_kinds() -> Kinds:
    """The built-in quantities and kinds."""
    source, findings = read_yaml(BUILTIN_FILE, root=BUILTIN_FILE.parent)
    if source is not None and not findings:
        kinds, findings = add_kinds(source, Kinds({}, {}, {}))
        if not findings:
            return kinds
    raise RuntimeError("\n".join(map(str, findings)))


def add_kinds(source: Source, known: Kinds) -> tuple[Kinds, list[Finding]]:
    """What is known and what a file adds to it; a file with mistakes adds nothing that is wrong."""
    file, findings = source.parse(KindsFile)
    if file is None:
        return known, findings
    together = Kinds(
        {**known.quantities, **{one.id: _with_code(one) for one in file.quantities}},
        {**known.kinds, **{one.id: _with_common(one) for one in file.kinds}},
        {**known.facility_kinds, **{one.id: one for one in file.facility_kinds}},
    )
    findings += _name_findings(source, "quantities", [one.id for one in file.quantities], known=known.quantities)
    findings += _name_findings(source, "kinds", [one.id for one in file.kinds], known=known.kinds)
    ids = [one.id for one in file.facility_kinds]
    findings += _name_findings(source, "facility_kinds", ids, known=known.facility_kinds)
    for index, quantity in enumerate(file.quantities):
        findings += _quantity_findings(source, index, quantity)
    for index, kind in enumerate(file.kinds):
        findings += _kind_findings(source, index, kind, quantities=together.quantities)
    return (known if findings else together), findings


def _with_code(quantity: Quantity) -> Quantity:
    known = quantity.unit is not None and is_unit(quantity.unit)
    return quantity.model_copy(update={"unit": unit_code(quantity.unit)}) if known and quantity.unit else quantity


def _with_common(kind: SensorKind) -> SensorKind:
    return kind.model_copy(update={"quantities": tuple(dict.fromkeys((*kind.quantities, *COMMON_QUANTITIES)))})


def _name_findings(source: Source, part: str, ids: list[str], *, known: Iterable[str]) -> Iterator[Finding]:
    taken = dict.fromkeys(known, "built in")
    for index, name in enumerate(ids):
        place = (part, index, "id")
        if not _NAME.fullmatch(name) or name in _RESERVED:
            yield source.finding(
                place, f"`{name}` cannot be a name here", "small letters, digits and _, such as tea_room"
            )
        elif name in taken:
            yield source.finding(place, f"`{name}` is there already: {taken[name]}", "take another name")
        taken.setdefault(name, f"line {source.line(place)}")


def _quantity_findings(source: Source, index: int, quantity: Quantity) -> Iterator[Finding]:
    place = ("quantities", index)
    numeric = quantity.type is ValueType.FLOAT
    if quantity.unit is not None and not is_unit(quantity.unit):
        hint = suggest(quantity.unit, UNITS) or "docs/kinds.md lists the units"
        yield source.finding((*place, "unit"), f"the unit `{quantity.unit}` is not known", hint)
    if numeric and quantity.unit is None:
        yield source.finding(place, "a number needs a unit", "`unit: count` or `unit: /` for numbers without one")
    if not numeric and (quantity.unit or quantity.low is not None or quantity.high is not None or quantity.counter):
        yield source.finding(place, f"a {quantity.type} has no unit, range or counter", "leave them out")
    if quantity.low is not None and quantity.high is not None and quantity.low >= quantity.high:
        yield source.finding((*place, "low"), "`low` must be less than `high`", "change them over")


def _kind_findings(
    source: Source, index: int, kind: SensorKind, *, quantities: Mapping[str, Quantity]
) -> Iterator[Finding]:
    place = ("kinds", index)
    if not _NAME.fullmatch(kind.family) or kind.family in _RESERVED:
        hint = "small letters, digits and _, such as air"
        yield source.finding((*place, "family"), f"`{kind.family}` cannot be a family", hint)
    for number, name in enumerate(kind.quantities):
        if name not in quantities:
            message = f"there is no quantity `{name}`"
            yield source.finding((*place, "quantities", number), message, suggest(name, quantities))
    for name, (low, high) in kind.ranges.items():
        if name not in (*kind.quantities, *COMMON_QUANTITIES):
            message = f"`{name}` is not among this kind's quantities"
            yield source.finding((*place, "ranges", name), message, suggest(name, kind.quantities))
        elif low >= high:
            yield source.finding((*place, "ranges", name), "a range is [low, high]", "change them over")
