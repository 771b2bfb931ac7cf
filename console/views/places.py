"""One facility: how it is, its values, sensors and alerts."""

from collections.abc import Sequence
from typing import NamedTuple

from console.render import render
from console.scene import Scene, is_taken
from console.views.alert_row import AlertRow, alert_row, observations, pretty_limit
from console.words import Words
from town.alert import Alert, Severity
from town.facility import Facility
from town.kind import COMMON_QUANTITIES
from town.moment import Moment
from town.ports import Point
from town.quantity import Quantity, ValueType
from town.sensor import Sensor
from town.town import Town

CARDS_SHOWN = 6
CHARTS_SHOWN = 6
_FIRST = ("smoke", "co", "gas", "co2", "level", "pm2_5", "noise", "temperature", "people", "humidity", "open")
"""Quantities that people look for first, among those that are as they should be."""


class Value(NamedTuple):
    """A value with its unit, and its alert's severity if it has one."""

    name: str
    value: str
    unit: str
    below: str = ""
    severity: Severity | None = None


class Place(NamedTuple):
    """A facility without its values."""

    id: str
    name: str
    kind: str
    zone: str
    severity: Severity | None
    hollow: bool
    drill: bool
    alerts: int
    silent: int
    sensors: int


class SensorRow(NamedTuple):
    """A sensor in the table of its facility."""

    id: str
    kind: str
    place: str
    values: str
    measured_at: Moment | None
    silent: bool
    battery: str
    battery_low: bool
    signal: str
    gateway: str
    quality: str
    doubtful: bool


async def head(scene: Scene, told: Words, argument: str) -> str:
    """What the facility is, and its open alerts."""
    facility = scene.town.facilities[argument]
    sensors = scene.town.sensors_of_facility[argument]
    return render(
        "place_head.html",
        told,
        place=place_of(scene, told, facility),
        address=told.label(facility.address) if facility.address else "",
        gateways=sorted({sensor.gateway for sensor in sensors}),
        alerts=alerts_of(scene, told, argument),
    )


async def cards(scene: Scene, told: Words, argument: str) -> str:
    """The facility's key values, worst first."""
    return render("place_cards.html", told, values=key_values(scene, told, argument, most=CARDS_SHOWN))


async def sensors(scene: Scene, told: Words, argument: str) -> str:
    """The table of the facility's sensors: those in doubt first."""
    rows = [_sensor_row(scene, told, sensor) for sensor in scene.town.sensors_of_facility[argument]]
    rows.sort(key=lambda row: (not row.silent, not row.doubtful))
    return render("place_sensors.html", told, rows=rows)


def alerts_of(scene: Scene, told: Words, facility: str) -> list[AlertRow]:
    """The facility's open alerts."""
    return [alert_row(scene, told, alert) for alert in scene.alerts_of_facility.get(facility, [])]


def charted(town: Town, alerts: Sequence[Alert], facility: str) -> list[tuple[str, list[str]]]:
    """The quantities to draw with the sensors that measure them, those of open alerts first."""
    found: dict[str, list[str]] = {}
    for sensor in town.sensors_of_facility[facility]:
        for quantity in town.kinds[sensor.kind].quantities:
            if _is_drawn(town.quantities[quantity]):
                found.setdefault(quantity, []).append(sensor.id)
    worst = _worst_by_quantity(alerts)
    order = sorted(found, key=lambda q: (worst[q].severity.digit if q in worst else 9, _rank(q)))
    return [(quantity, found[quantity]) for quantity in order[:CHARTS_SHOWN]]


def _is_drawn(quantity: Quantity) -> bool:
    if quantity.id in COMMON_QUANTITIES:
        return False
    return quantity.type is ValueType.FLOAT or quantity.id == "open"


def _rank(quantity: str) -> int:
    return _FIRST.index(quantity) if quantity in _FIRST else len(_FIRST)


def place_of(scene: Scene, told: Words, facility: Facility) -> Place:
    """How a facility is, without its values."""
    alert = scene.worst.get(facility.id)
    return Place(
        id=facility.id,
        name=told.label(facility.name),
        kind=told.label(scene.town.facility_kinds[facility.kind].name),
        zone=told.label(scene.town.zones[facility.zone].name),
        severity=alert.severity if alert else None,
        hollow=alert is not None and is_taken(alert),
        drill=alert is not None and alert.drill,
        alerts=len(scene.alerts_of_facility.get(facility.id, ())),
        silent=scene.silent_of_facility[facility.id],
        sensors=len(scene.town.sensors_of_facility[facility.id]),
    )


def _worst_by_quantity(alerts: Sequence[Alert]) -> dict[str, Alert]:
    found: dict[str, Alert] = {}
    for alert in alerts:
        for seen in observations(alert):
            if seen.holds is not False and not seen.expression:
                found.setdefault(seen.quantity, alert)
    return found


def key_values(scene: Scene, told: Words, facility: str, *, most: int, below: bool = True) -> list[Value]:
    """The values that people look for first, those of open alerts before the others, and what to say `below` each."""
    alerts = scene.alerts_of_facility.get(facility, [])
    worst = _worst_by_quantity(alerts)
    held = [(sensor, scene.live.values(sensor.id)) for sensor in scene.town.sensors_of_facility[facility]]
    known = dict.fromkeys(quantity for _, values in held for quantity in values)
    shown = [q for q in known if q in worst or _is_drawn(scene.town.quantities[q])]
    shown.sort(key=lambda q: (worst[q].severity.digit if q in worst else 9, _rank(q)))
    points = {q: [(sensor, values[q]) for sensor, values in held if q in values] for q in shown[:most]}
    return [_value(scene, told, q, seen, alert=worst.get(q), below=below) for q, seen in points.items()]


def _value(
    scene: Scene,
    told: Words,
    quantity: str,
    points: Sequence[tuple[Sensor, Point]],
    *,
    alert: Alert | None,
    below: bool,
) -> Value:
    known = scene.town.quantities[quantity]
    severity = alert.severity if alert else None
    name = told.label(known.name)
    if known.type is ValueType.BOOL:
        name = told.label(scene.town.kinds[points[0][0].kind].name)
        on = sum(bool(point.value) for _, point in points)
        shown = f"{on} {told.state(True, quantity)}" if on else f"{len(points)} {told.state(False, quantity)}"
        of = told.gettext("of {number}").format(number=len(points)) if on else ""
        return Value(name, shown, "", of, severity)
    sensor, point = max(points, key=lambda seen: _badness(scene, quantity, *seen))
    value, unit = told.value(point.value, known)
    beyond = _beyond(scene, sensor, quantity, point)
    line = _below(scene, told, quantity, points, alert=alert, worst=sensor) if below else ""
    return Value(name, value, unit, line, severity or beyond)


def _badness(scene: Scene, quantity: str, sensor: Sensor, point: Point) -> tuple[int, float]:
    """Those beyond a limit first, then the highest."""
    beyond = _beyond(scene, sensor, quantity, point)
    return (-beyond.digit if beyond else -9, float(point.value) if isinstance(point.value, float) else 0.0)


def _beyond(scene: Scene, sensor: Sensor, quantity: str, point: Point | None) -> Severity | None:
    """The severity whose limit a value is beyond, as its kind has it; a silent sensor's is not known."""
    if point is None or not isinstance(point.value, float) or scene.is_silent(sensor):
        return None
    return scene.town.reached(sensor.kind, quantity, point.value)


def _below(
    scene: Scene,
    told: Words,
    quantity: str,
    points: Sequence[tuple[Sensor, Point]],
    *,
    alert: Alert | None,
    worst: Sensor,
) -> str:
    """The limit it is held against, or else how the other sensors are, or since when it is old."""
    looked = observations(alert) if alert else []
    limits = [seen.limit for seen in looked if seen.quantity == quantity and seen.limit and not seen.expression]
    where = told.label(worst.place) if worst.place else worst.id
    if limits:
        return told.gettext("limit {limit} · {where}").format(limit=pretty_limit(told, limits[0]), where=where)
    if scene.is_silent(worst):
        since = told.clock(scene.live.values(worst.id)[quantity].at, scene.town.zone_info, now=scene.now)
        return told.gettext("silent since {time}").format(time=since)
    if limit := _limit_reached(scene, told, worst, quantity):
        return told.gettext("limit {limit} · {where}").format(limit=limit, where=where)
    if len(points) > 1:
        lowest = min(float(point.value) for _, point in points)
        number = told.value(lowest, scene.town.quantities[quantity])[0]
        return told.gettext("highest of {count}, lowest {number}").format(count=len(points), number=number)
    return where


def _sensor_row(scene: Scene, told: Words, sensor: Sensor) -> SensorRow:
    values, seen = scene.live.values(sensor.id), scene.live.seen(sensor.id)
    kind = scene.town.kinds[sensor.kind]
    shown = [
        _phrase(told, values[quantity], scene.town.quantities[quantity])
        for quantity in kind.quantities
        if quantity in values and quantity not in COMMON_QUANTITIES
    ]
    battery, signal = values.get("battery"), values.get("rssi")
    silent, quality = scene.is_silent(sensor), _quality(scene, told, sensor)
    return SensorRow(
        id=sensor.id,
        kind=told.label(kind.name),
        place=told.label(sensor.place) if sensor.place else "",
        values=" · ".join(shown[:3]),
        measured_at=seen.measured_at if seen else None,
        silent=silent,
        battery=f"{told.number(float(battery.value), '%')} %" if battery else "—",
        battery_low=_beyond(scene, sensor, "battery", battery) is not None,
        signal=f"{told.number(float(signal.value), 'dBm')} dBm" if signal else "—",
        gateway=sensor.gateway,
        quality=quality or told.gettext("good"),
        doubtful=bool(quality),
    )


def _limit_reached(scene: Scene, told: Words, sensor: Sensor, quantity: str) -> str:
    """The limit of its kind that a sensor's value is beyond; nothing when it is as it should be."""
    severity = _beyond(scene, sensor, quantity, scene.live.values(sensor.id).get(quantity))
    limits = scene.town.limits_of(sensor.kind, quantity)
    if severity is None or limits is None:
        return ""
    value = float(scene.live.values(sensor.id)[quantity].value)
    above = limits.above.get(severity)
    mark, limit = ("≥", above) if above is not None and value >= above else ("<", limits.below.get(severity, 0.0))
    return f"{mark} {limit:g} {told.unit(scene.town.quantities[quantity].unit)}".strip()


def _phrase(told: Words, point: Point, quantity: Quantity) -> str:
    value, unit = told.value(point.value, quantity)
    text = f"{value} {unit}".strip()
    return text if unit else f"{told.label(quantity.name)} {text}"


def _quality(scene: Scene, told: Words, sensor: Sensor) -> str:
    """What is doubtful about a sensor; empty when nothing is."""
    seen = scene.live.seen(sensor.id)
    if seen is None:
        return told.gettext("never heard of")
    if scene.is_silent(sensor):
        return told.gettext("silent")
    if seen.refused:
        return told.gettext("value beyond belief")
    if _beyond(scene, sensor, "rssi", scene.live.values(sensor.id).get("rssi")):
        return told.gettext("weak signal")
    flags = {
        "no_clock": "",
        "zone_assumed": "",
        "clock_future": told.gettext("clock ahead"),
        "clock_past": told.gettext("clock behind"),
        "stuck": told.gettext("value does not change"),
        "out_of_range": told.gettext("value beyond belief"),
    }
    return next((flags[flag.value] for flag in seen.flags if flags[flag.value]), "")
