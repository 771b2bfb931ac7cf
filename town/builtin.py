"""Quantities, sensor kinds and facility kinds: the built-in ones, and those a town adds, in one file form."""

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from town.findings import Finding, suggest
from town.items import Items, Row, read_items
from town.kind import COMMON_QUANTITIES, FacilityKind, SensorKind
from town.limits import Given, in_own_unit, limits_findings, read_limits
from town.quantity import Quantity, ValueType
from town.source import Location, Source, read_yaml
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
    """A `kinds.yaml`; its items are read one by one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    quantities: list[Any] = []
    kinds: list[Any] = []
    facility_kinds: list[Any] = []
    limits: dict[str, Any] = {}


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
    """What is known and what a file adds to it; a file with mistakes adds nothing."""
    findings = source.parse(KindsFile)[1]
    quantities, more = read_items(source, "quantities", Quantity)
    findings += [*more, *_name_findings(source, quantities.rows, known=known.quantities)]
    kinds, more = read_items(source, "kinds", SensorKind)
    findings += [*more, *_name_findings(source, kinds.rows, known=known.kinds)]
    places, more = read_items(source, "facility_kinds", FacilityKind)
    findings += [*more, *_name_findings(source, places.rows, known=known.facility_kinds)]
    for quantity in quantities.by_id.values():
        findings += _quantity_findings(source, quantities.place(quantity.id), quantity)
    for kind in kinds.by_id.values():
        findings += _kind_findings(source, kinds.place(kind.id), kind, known={*known.quantities, *quantities.ids})
    every = {**known.quantities, **{one.id: _with_code(one) for one in quantities.by_id.values()}}
    every_kind = {**known.kinds, **{one.id: _with_common(one) for one in kinds.by_id.values()}}
    given, more = read_limits(source, every, every_kind)
    findings += more
    for one in (*_limits_of(quantities, kinds), *given):
        of_kind = every_kind.get(one.kind or "")
        findings += limits_findings(source, one, every, of_kind.ranges if of_kind else {})
    if findings:
        return known, findings
    return Kinds(
        {name: _limited(one, given, every) for name, one in every.items()},
        {name: _limited_kind(one, given, every) for name, one in every_kind.items()},
        {**known.facility_kinds, **places.by_id},
    ), []


def _limits_of(quantities: Items[Quantity], kinds: Items[SensorKind]) -> Iterator[Given]:
    """Those that stand with the quantities and kinds of a file."""
    for quantity in quantities.by_id.values():
        if quantity.limits:
            yield Given(None, quantity.id, quantity.limits, (*quantities.place(quantity.id), "limits"))
    for kind in kinds.by_id.values():
        for name, limits in kind.limits.items():
            yield Given(kind.id, name, limits, (*kinds.place(kind.id), "limits", name))


def _limited(quantity: Quantity, given: Iterable[Given], every: Mapping[str, Quantity]) -> Quantity:
    other = {one.quantity: one.limits for one in given if one.kind is None}
    limits = other.get(quantity.id, quantity.limits)
    return quantity.model_copy(update={"limits": in_own_unit(limits, every[quantity.id])}) if limits else quantity


def _limited_kind(kind: SensorKind, given: Iterable[Given], every: Mapping[str, Quantity]) -> SensorKind:
    limits = {**kind.limits, **{one.quantity: one.limits for one in given if one.kind == kind.id}}
    own = {name: in_own_unit(one, every[name]) for name, one in limits.items()}
    return kind.model_copy(update={"limits": own}) if own else kind


def _with_code(quantity: Quantity) -> Quantity:
    known = quantity.unit is not None and is_unit(quantity.unit)
    return quantity.model_copy(update={"unit": unit_code(quantity.unit)}) if known and quantity.unit else quantity


def _with_common(kind: SensorKind) -> SensorKind:
    return kind.model_copy(update={"quantities": tuple(dict.fromkeys((*kind.quantities, *COMMON_QUANTITIES)))})


def _name_findings(source: Source, rows: Iterable[Row], *, known: Container[str]) -> Iterator[Finding]:
    for row in rows:
        name = row.text("id")
        if name is not None and (not _NAME.fullmatch(name) or name in _RESERVED):
            hint = "small letters, digits and _, such as tea_room"
            yield source.finding((*row.place, "id"), f"`{name}` cannot be a name here", hint)
        elif name is not None and name in known:
            yield source.finding((*row.place, "id"), f"`{name}` is there already: built in", "take another name")


def _quantity_findings(source: Source, place: Location, quantity: Quantity) -> Iterator[Finding]:
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


def _kind_findings(source: Source, place: Location, kind: SensorKind, *, known: Collection[str]) -> Iterator[Finding]:
    if not _NAME.fullmatch(kind.family) or kind.family in _RESERVED:
        hint = "small letters, digits and _, such as air"
        yield source.finding((*place, "family"), f"`{kind.family}` cannot be a family", hint)
    for number, name in enumerate(kind.quantities):
        if name not in known:
            message = f"there is no quantity `{name}`"
            yield source.finding((*place, "quantities", number), message, suggest(name, known))
    for name, (low, high) in kind.ranges.items():
        if name not in (*kind.quantities, *COMMON_QUANTITIES):
            message = f"`{name}` is not among this kind's quantities"
            yield source.finding((*place, "ranges", name), message, suggest(name, kind.quantities))
        elif low >= high:
            yield source.finding((*place, "ranges", name), "a range is [low, high]", "change them over")
    for name in kind.limits:
        if name not in (*kind.quantities, *COMMON_QUANTITIES):
            message = f"`{name}` is not among this kind's quantities"
            yield source.finding((*place, "limits", name), message, suggest(name, kind.quantities))
    for name, limit in kind.stuck_after.items():
        if name not in (*kind.quantities, *COMMON_QUANTITIES):
            message = f"`{name}` is not among this kind's quantities"
            yield source.finding((*place, "stuck_after", name), message, suggest(name, kind.quantities))
        elif limit <= 0:
            yield source.finding((*place, "stuck_after", name), "it must be longer than nothing", "stuck_after: 6h")
