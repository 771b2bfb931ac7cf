"""What a chart shows: lines of one quantity, the limits it is held against, and the times of alerts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypedDict

from console.views.alert_row import observations, pretty_limit, quantity_name
from console.words import Words
from town.alert import Alert
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, Moment
from town.ports import Point, ReadingHistory, Series
from town.quantity import ValueType
from town.town import Town

LINES_SHOWN = 3
"""So many sensors are drawn one by one; of more, the highest."""
_STEPS: tuple[Duration, ...] = (
    *(n * SECOND for n in (1, 2, 5, 10, 20, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 4, 6, 12)),
    DAY,
)
_BUCKETS = 180
_LEAST = {
    "dB/m": 0.1,
    "Cel": 4.0,
    "%RH": 10.0,
    "ppm": 20.0,
    "m": 0.2,
    "ug/m3": 20.0,
    "dB": 10.0,
    "count": 5.0,
    "V": 10.0,
}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class Line(TypedDict):
    """One line; `before` is the time it is compared with, moved onto this one."""

    name: str
    role: Literal["now", "before"]
    step: bool
    points: list[tuple[Moment, float | None]]


class Limit(TypedDict):
    """A value that a rule holds against, or from which on one of this kind wants attention."""

    value: float
    label: str


class Wash(TypedDict):
    """The time of an alert."""

    start: Moment
    end: Moment
    severity: str
    label: str


class Figure(TypedDict):
    """A chart as chart.js takes it. `states` names 0 and 1 of a quantity that is true or false.

    `least` is the span of values that fills the chart at the least, so that noise does not look like news.
    """

    series: list[Line]
    limits: list[Limit]
    washes: list[Wash]
    start: Moment
    end: Moment
    unit: str
    least: float
    states: list[str] | None


class Window(NamedTuple):
    """From when to when, and how far back the comparison lies."""

    start: Moment
    end: Moment
    compare: Duration | None = None

    @property
    def every(self) -> Duration:
        """The width of a bucket, so that about 180 fit."""
        wanted = (self.end - self.start) / _BUCKETS
        return next((step for step in _STEPS if step >= wanted), _STEPS[-1])


async def make_figure(
    history: ReadingHistory, town: Town, told: Words, *, sensors: Sequence[str], quantity: str, window: Window,
    alerts: Iterable[Alert], label: str = "",
) -> Figure:  # fmt: skip
    """The figure of one quantity of some sensors. Raises Unavailable when the store is away."""
    known = town.quantities[quantity]
    states = [told.state(False, quantity), told.state(True, quantity)] if known.type is ValueType.BOOL else None
    looked = [alert for alert in alerts if any(seen.quantity == quantity for seen in observations(alert))]
    found = await _read(history, sensors, quantity, window, shift=0)
    lines = _lines(found, window, step=states is not None)
    if window.compare:
        before = await _read(history, sensors, quantity, window, shift=window.compare)
        name = told.gettext("yesterday") if window.compare == DAY else told.gettext("last week")
        lines = [_line(name, "before", _highest(before), window, step=states is not None), *lines]
    return Figure(
        series=lines,
        limits=_limits(told, looked, quantity) or _usual_limits(town, told, sensors, quantity, lines),
        washes=_washes(looked, window, label),
        start=window.start,
        end=window.end,
        unit=told.unit(known.unit),
        least=_LEAST.get(known.unit or "", 0.0),
        states=states,
    )


def title(town: Town, told: Words, quantity: str, sensors: Sequence[str]) -> str:
    """What stands above the chart."""
    name = quantity_name(town, told, quantity)
    if town.quantities[quantity].type is ValueType.BOOL and sensors:
        name = told.label(town.kinds[town.sensors[sensors[0]].kind].name)
    if len(sensors) > LINES_SHOWN:
        return told.gettext("{what}, highest of {number}").format(what=name, number=len(sensors))
    return name


async def _read(
    history: ReadingHistory, sensors: Sequence[str], quantity: str, window: Window, *, shift: Duration
) -> list[Series]:
    every = window.every
    start = (window.start - shift) // every * every
    found = await history.history(
        sensors, quantity, start=start, end=window.end - shift, every=every, aggregate="max", limit=2 * _BUCKETS
    )
    if not shift:
        return found
    return [Series(s.sensor, s.quantity, [Point(p.at + shift, p.value) for p in s.points]) for s in found]


def _lines(found: Sequence[Series], window: Window, *, step: bool) -> list[Line]:
    if len(found) > LINES_SHOWN:
        return [_line("", "now", _highest(found), window, step=step)]
    return [_line(series.sensor, "now", series.points, window, step=step) for series in found]


def _line(name: str, role: Literal["now", "before"], points: Sequence[Point], window: Window, *, step: bool) -> Line:
    """A line that breaks where nothing was measured, and never where a sensor merely reports slowly."""
    drawn: list[tuple[Moment, float | None]] = []
    gaps = sorted(later.at - earlier.at for earlier, later in pairwise(points))
    longest = 4 * max(window.every, gaps[len(gaps) // 2]) if gaps else window.every
    last: Moment | None = None
    for point in points:
        if last is not None and point.at - last > longest and not step:
            drawn.append((last + 1, None))
        drawn.append((point.at, round(float(point.value), 4)))
        last = point.at
    if step and drawn and role == "now":
        drawn.append((window.end, drawn[-1][1]))
    return Line(name=name, role=role, step=step, points=drawn)


def _highest(found: Sequence[Series]) -> list[Point]:
    buckets: dict[Moment, float] = defaultdict(lambda: float("-inf"))
    for series in found:
        for point in series.points:
            buckets[point.at] = max(buckets[point.at], float(point.value))
    return [Point(at, value) for at, value in sorted(buckets.items())]


def _limits(told: Words, alerts: Iterable[Alert], quantity: str) -> list[Limit]:
    found: dict[float, str] = {}
    for alert in alerts:
        for seen in observations(alert):
            number = _NUMBER.search(seen.limit or "")
            if seen.quantity == quantity and number and not seen.expression and not isinstance(seen.value, bool):
                found[float(number.group())] = pretty_limit(told, seen.limit or "")
    return [Limit(value=value, label=label) for value, label in sorted(found.items())]


def _usual_limits(town: Town, told: Words, sensors: Sequence[str], quantity: str, lines: Sequence[Line]) -> list[Limit]:
    """The limits of the sensors' kinds that the values are near, so that far ones do not make the lines flat."""
    known = town.quantities[quantity]
    drawn = [value for line in lines for _, value in line["points"] if value is not None]
    if not drawn or known.type is not ValueType.FLOAT:
        return []
    room = max(max(drawn) - min(drawn), _LEAST.get(known.unit or "", 0.0))
    found: dict[float, str] = {}
    for kind in sorted({town.sensors[sensor].kind for sensor in sensors}):
        limits = town.limits_of(kind, quantity)
        for mark, side in (("≥", limits.above), ("<", limits.below)) if limits else ():
            found |= {value: f"{mark} {value:g} {told.unit(known.unit)}" for value in side.values()}
    near = {value: label for value, label in found.items() if min(drawn) - room <= value <= max(drawn) + room}
    return [Limit(value=value, label=label) for value, label in sorted(near.items())]


def notes(told: Words, figure: Figure, compare: Duration | None) -> list[str]:
    """What is dashed and what is grey in a figure, for beside its unit."""
    grey = {DAY: told.gettext("grey: yesterday"), 7 * DAY: told.gettext("grey: last week")}
    dashed = [told.gettext("limit dashed")] if figure["limits"] else []
    before = any(line["role"] == "before" and line["points"] for line in figure["series"])
    return [*dashed, grey.get(compare or 0, "")] if before else dashed


def _washes(alerts: Iterable[Alert], window: Window, label: str) -> list[Wash]:
    """The times of alerts; those of one severity that overlap are one, so that ten do not hide the lines."""
    found: list[Wash] = []
    for wash in sorted((_wash(alert, window, label) for alert in alerts), key=lambda w: (w["severity"], w["start"])):
        last = found[-1] if found else None
        if last and last["severity"] == wash["severity"] and wash["start"] <= last["end"]:
            last["end"] = max(last["end"], wash["end"])
        else:
            found.append(wash)
    return found


def _wash(alert: Alert, window: Window, label: str) -> Wash:
    end = min(alert.cleared_at or alert.closed_at or window.end, window.end)
    start = max(alert.raised_at, window.start)
    return Wash(start=start, end=max(start, end), severity=alert.severity.value, label=label)
