"""Limits of quantities as files give them: what is wrong with them, and the same in the quantity's unit."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from town.alert import Severity
from town.findings import Finding, suggest
from town.kind import COMMON_QUANTITIES, SensorKind
from town.quantity import Limits, Quantity, ValueType
from town.source import Location, Source
from town.units import convert, is_unit

_WORST_FIRST = tuple(Severity)
_MILDEST_FIRST = _WORST_FIRST[::-1]

Range = tuple[float | None, float | None]


class Given(NamedTuple):
    """Limits as they stand in a file: of a quantity, or of a quantity where one kind of sensor measures it."""

    kind: str | None
    quantity: str
    limits: Limits
    place: Location


def read_limits(
    source: Source, quantities: Mapping[str, Quantity], kinds: Mapping[str, SensorKind]
) -> tuple[list[Given], list[Finding]]:
    """The list `limits`: other limits for `quantity` or `kind.quantity`, whether built in or the file's own."""
    listed = source.at(("limits",))
    found: list[Given] = []
    findings: list[Finding] = []
    for name in listed if isinstance(listed, dict) else ():
        place = ("limits", str(name))
        limits, mistakes = source.parse(Limits, place)
        kind, _, quantity = str(name).rpartition(".")
        findings += [*mistakes, *_name_findings(source, place, kind, quantity, quantities=quantities, kinds=kinds)]
        if limits is not None:
            found.append(Given(kind or None, quantity, limits, place))
    return found, findings


def limits_findings(
    source: Source, given: Given, quantities: Mapping[str, Quantity], ranges: Mapping[str, tuple[float, float]]
) -> Iterator[Finding]:
    """What is wrong with limits whose quantity is known; `ranges` are those of the kind."""
    quantity, limits, place = quantities.get(given.quantity), given.limits, given.place
    if quantity is None:
        return
    if quantity.type is not ValueType.FLOAT or quantity.counter:
        yield source.finding(place, f"`{quantity.id}` is no number with limits", "leave them out")
        return
    if not limits.above and not limits.below:
        yield source.finding(place, "neither `above` nor `below` has a value", "above: {minor: 75, major: 115}")
    if not limits.source.strip():
        yield source.finding((*place, "source"), "who says so?", "name the standard, or write that it is practice")
    unit = _unit_mistake(limits, quantity)
    if unit:
        yield source.finding((*place, "unit"), *unit)
        return
    plausible = ranges.get(quantity.id, (quantity.low, quantity.high))
    yield from _value_findings(source, place, in_own_unit(limits, quantity), plausible)


def in_own_unit(limits: Limits, quantity: Quantity) -> Limits:
    """The same in the quantity's unit."""
    if limits.unit is None or quantity.unit is None:
        return limits
    of, to = limits.unit, quantity.unit
    above, below = (
        {severity: round(convert(value, of, to), 9) for severity, value in side.items()}
        for side in (limits.above, limits.below)
    )
    return limits.model_copy(update={"above": above, "below": below, "unit": None})


def reached(limits: Limits | None, value: float) -> Severity | None:
    """The worst severity whose limit a value is at or above, or below; None when it is as it should be."""
    if limits is None:
        return None
    for severity in _WORST_FIRST:
        above, below = limits.above.get(severity), limits.below.get(severity)
        if (above is not None and value >= above) or (below is not None and value < below):
            return severity
    return None


def _name_findings(
    source: Source,
    place: Location,
    kind: str,
    quantity: str,
    *,
    quantities: Mapping[str, Quantity],
    kinds: Mapping[str, SensorKind],
) -> Iterator[Finding]:
    if kind and kind not in kinds:
        yield source.finding(place, f"there is no kind `{kind}`", suggest(kind, kinds))
    elif quantity not in quantities:
        yield source.finding(place, f"there is no quantity `{quantity}`", suggest(quantity, quantities))
    elif kind and quantity not in (*kinds[kind].quantities, *COMMON_QUANTITIES):
        message = f"`{quantity}` is not among the quantities of `{kind}`"
        yield source.finding(place, message, suggest(quantity, kinds[kind].quantities))


def _unit_mistake(limits: Limits, quantity: Quantity) -> tuple[str, str] | None:
    if limits.unit is None or quantity.unit is None:
        return None
    if not is_unit(limits.unit):
        return f"the unit `{limits.unit}` is not known", "docs/kinds.md lists the units"
    try:
        convert(0.0, limits.unit, quantity.unit)
    except ValueError:
        return f"`{limits.unit}` does not measure what `{quantity.unit}` does", f"write them in {quantity.unit}"
    return None


def _value_findings(source: Source, place: Location, limits: Limits, plausible: Range) -> Iterator[Finding]:
    low, high = plausible
    for key, side in (("above", limits.above), ("below", limits.below)):
        at = (*place, key)
        for name in side.keys() - set(Severity):
            hint = suggest(name, list(Severity)) or f"there are: {', '.join(_MILDEST_FIRST)}"
            yield source.finding((*at, name), f"there is no severity `{name}`", hint)
        values = [side[severity] for severity in _MILDEST_FIRST if severity in side]
        if not _steps(values, rising=key == "above"):
            order = "higher" if key == "above" else "lower"
            yield source.finding(at, f"what is more severe begins at a {order} value", "put the values in order")
        for value in values:
            if (low is not None and value < low) or (high is not None and value > high):
                yield source.finding(at, f"{value:g} is outside what is plausible: {low:g} … {high:g}")
    if limits.above and limits.below and max(limits.below.values()) >= min(limits.above.values()):
        yield source.finding(place, "`below` reaches `above`: no value is as it should be", "leave room between them")


def _steps(values: Sequence[float], *, rising: bool) -> bool:
    return all((earlier < later) if rising else (earlier > later) for earlier, later in pairwise(values))
