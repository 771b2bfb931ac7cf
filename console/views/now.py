"""The town now: the map, the queue with the worst alert on stage, six tiles with a day's trace."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from console.render import render
from console.scene import Scene, is_taken
from console.town_map import HEIGHT, WIDTH, Shape, Spot, TownMap, draw_map
from console.traces import SOURCES
from console.views.alert_row import alert_row
from console.views.desk import Renderer, last_ended
from console.views.duty import DutyView
from console.views.next_text import told_line
from console.views.trace import trace_path
from console.words import Words
from town.alert import AlertState, Category, Severity
from town.language import Language
from town.moment import DAY
from town.ports import AlertReader
from town.town import Town

ROWS_SHOWN = 7
NOWHERE = "-"
"""Asks the map for no facility at all."""


class Mark(NamedTuple):
    """A facility on the map; without a severity it is healthy."""

    spot: Spot
    name: str
    severity: Severity | None
    hollow: bool
    drill: bool
    pulse: bool


class Tile(NamedTuple):
    """A category at a glance: its key figure, a line below, and its day."""

    name: str
    value: str
    unit: str
    below: str
    severity: Severity | None
    path: str
    url: str


def town_map(folder: Path) -> Renderer:
    """The renderer of the map of the town in that folder; its argument is a facility to draw alone."""
    drawn: dict[Language, tuple[Town, TownMap]] = {}
    written: dict[tuple[Language, str], tuple[TownMap, list[Mark], str]] = {}

    async def show(scene: Scene, told: Words, facility: str) -> str:
        names = {f.id: told.label(f.name) for f in scene.town.facilities.values()}
        if told.language not in drawn or drawn[told.language][0] is not scene.town:
            zones = {zone.id: told.label(zone.name) for zone in scene.town.zones.values()}

            def area(shape: Shape) -> str:
                return zones.get(shape.zone, "") or told.label_of(shape.name)

            drawn[told.language] = scene.town, draw_map(folder, scene.town, names, area)
        drawing = drawn[told.language][1]
        marks = [_mark(scene, spot, names) for spot in drawing.spots if not facility or spot.facility == facility]
        marks.sort(key=lambda mark: -mark.severity.digit if mark.severity else -9)
        before = written.get((told.language, facility))
        if before is None or before[0] is not drawing or before[1] != marks:
            html = render(
                "map.html", told, drawing=drawing, marks=marks, width=WIDTH, height=HEIGHT, alone=bool(facility)
            )
            before = written[told.language, facility] = drawing, marks, html
        return before[2]

    return show


def _mark(scene: Scene, spot: Spot, names: dict[str, str]) -> Mark:
    alert = scene.worst.get(spot.facility)
    return Mark(
        spot=spot,
        name=names[spot.facility],
        severity=alert.severity if alert else None,
        hollow=alert is not None and is_taken(alert),
        drill=alert is not None and alert.drill,
        pulse=alert is not None and alert.severity is Severity.CRITICAL and alert.state is AlertState.ACTIVE,
    )


def queue(reader: AlertReader, duty: DutyView) -> Renderer:
    """The renderer of the queue: counts by severity, the worst alert on stage, the next ones, how many are left."""

    async def show(scene: Scene, told: Words, _argument: str) -> str:
        rows = [alert_row(scene, told, alert) for alert in scene.alerts[: ROWS_SHOWN + 1]]
        stage = rows[0] if rows and not rows[0].hollow and rows[0].severity.digit <= 2 else None
        rest = rows[1:] if stage else rows[:ROWS_SHOWN]
        return render(
            "queue.html",
            told,
            counts=scene.by_severity,
            stage=stage,
            rows=rest,
            left=len(scene.alerts) - len(rest) - (stage is not None),
            on_duty=await duty.line(scene, told),
            knows=await told_line(reader, scene, told, stage.id) if stage else None,
            ended=None if rows else await last_ended(reader),
        )

    return show


async def tiles(scene: Scene, told: Words, _argument: str) -> str:
    """The six tiles; a category that the town has no sensors for is left out."""
    makers = (_fire, _security, _environment, _water, _visitors, _devices)
    return render("tiles.html", told, tiles=[tile for make in makers if (tile := make(scene, told))])


def _tile(scene: Scene, told: Words, trace: str, categories: Sequence[Category], **shown: str) -> Tile:
    alerts = scene.of_category(*categories)
    waiting = [a for a in alerts if not is_taken(a)]
    least = SOURCES[trace].least if trace in SOURCES else 10.0
    path = trace_path(scene.traces.get(trace, ()), start=scene.now - DAY, end=scene.now, least=least)
    url = f"/alerts?category={categories[0].value}"
    return Tile(severity=waiting[0].severity if waiting else None, path=path, url=url, **shown)


def _open_alerts(scene: Scene, told: Words, *categories: Category) -> tuple[str, str]:
    number = len(scene.of_category(*categories))
    return str(number), told.ngettext("alert open", "alerts open", number)


def _pair(scene: Scene, told: Words, quantity: str, value: float) -> tuple[str, str]:
    return told.value(value, scene.town.quantities[quantity])


def _waiting(scene: Scene, told: Words, *quantities: str) -> str:
    """Since when nothing was heard of what a tile shows."""
    newest = max((p.at for quantity in quantities for _, p in scene.newest(quantity)), default=None)
    if newest is None:
        return told.gettext("No reading has come yet.")
    return told.gettext("silent since {time}").format(time=told.clock(newest, scene.town.zone_info, now=scene.now))


def _named(scene: Scene, told: Words, quantity: str, value: float) -> str:
    return f"{told.label(scene.town.quantities[quantity].name)} {' '.join(_pair(scene, told, quantity, value)).strip()}"


def _fire(scene: Scene, told: Words) -> Tile:
    value, unit = _open_alerts(scene, told, Category.FIRE)
    smoke = scene.numbers("smoke")
    below = _named(scene, told, "smoke", max(smoke)) if smoke else ""
    return _tile(scene, told, "fire", (Category.FIRE,), name=told.gettext("Fire"), value=value, unit=unit, below=below)


def _security(scene: Scene, told: Words) -> Tile:
    value, unit = _open_alerts(scene, told, Category.SECURITY)
    doors = [bool(p.value) for s, p in scene.newest("open") if s.kind == "door_contact"]
    below = told.gettext("doors: {shut} shut · {open} open").format(shut=len(doors) - sum(doors), open=sum(doors))
    name = told.gettext("Security")
    return _tile(scene, told, "security", (Category.SECURITY,), name=name, value=value, unit=unit, below=below)


def _environment(scene: Scene, told: Words) -> Tile | None:
    dust, noise = scene.numbers("pm2_5"), scene.numbers("noise")
    if not scene.measuring.get("pm2_5") and not scene.measuring.get("noise"):
        return None
    if not dust and not noise:
        name, below = told.gettext("Environment"), _waiting(scene, told, "pm2_5", "noise")
        return _tile(scene, told, "environment", (Category.ENVIRONMENT,), name=name, value="—", unit="", below=below)
    quantity, values = ("pm2_5", dust) if dust else ("noise", noise)
    value, unit = _pair(scene, told, quantity, sum(values) / len(values))
    below = told.label(scene.town.quantities[quantity].name)
    if dust and noise:
        below += " · " + _named(scene, told, "noise", max(noise))
    name = told.gettext("Environment")
    return _tile(scene, told, "environment", (Category.ENVIRONMENT,), name=name, value=value, unit=unit, below=below)


def _water(scene: Scene, told: Words) -> Tile | None:
    gauges = [(s, p) for s, p in scene.newest("level") if s.kind == "level_gauge"]
    if not gauges:
        return None
    sensor, point = gauges[0]
    value, unit = told.value(point.value, scene.town.quantities["level"])
    below = told.label(scene.town.facilities[sensor.facility].name)
    if scene.is_silent(sensor):
        below += " · " + _waiting(scene, told, "level")
    name = told.gettext("Water")
    return _tile(scene, told, "water", (Category.UTILITY,), name=name, value=value, unit=unit, below=below)


def _visitors(scene: Scene, told: Words) -> Tile | None:
    people = scene.numbers("people")
    if not scene.measuring.get("people"):
        return None
    if not people:
        name, below = told.gettext("Visitors"), _waiting(scene, told, "people")
        return _tile(scene, told, "visitors", (Category.CROWD,), name=name, value="—", unit="", below=below)
    yesterday = [p for p in scene.traces.get("visitors", ()) if p.at <= scene.now - DAY + 900_000]
    below = ""
    if yesterday:
        below = told.gettext("yesterday now: {number}").format(number=told.number(float(yesterday[-1].value), "count"))
    value = told.number(sum(people), "count")
    unit, name = told.gettext("people in town"), told.gettext("Visitors")
    return _tile(scene, told, "visitors", (Category.CROWD,), name=name, value=value, unit=unit, below=below)


def _devices(scene: Scene, told: Words) -> Tile:
    total, silent = len(scene.town.sensors), len(scene.silent)
    low = sum(
        scene.town.reached(sensor.kind, "battery", float(point.value)) is not None
        for sensor, point in scene.newest("battery")
        if not scene.is_silent(sensor)
    )
    below = told.gettext("{silent} silent · {low} low battery").format(silent=silent, low=low)
    value, unit, name = f"{total - silent:,}", told.gettext("online"), told.gettext("Devices")
    return _tile(scene, told, "devices", (Category.DEVICE,), name=name, value=value, unit=unit, below=below)
