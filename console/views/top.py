"""The top line of every page: the town, its weather, the pipeline in four figures, the clock."""

from typing import NamedTuple

from console.part_names import part_names
from console.render import render
from console.scene import Scene
from console.words import Words
from town.moment import HOUR
from town.quantity import Quantity

_WEATHER = ("temperature", "humidity", "wind_speed", "rain_rate")


class Figure(NamedTuple):
    """A figure with its name and unit; `bad` when somebody is needed."""

    name: str
    value: str
    unit: str = ""
    bad: bool = False


async def top(scene: Scene, told: Words, _argument: str) -> str:
    """The top line."""
    down = [part for part in scene.parts if part.state == "down"]
    return render(
        "top.html",
        told,
        town=told.label(scene.town.name),
        beside=told.other(scene.town.name),
        weather=weather(scene, told),
        figures=line_figures(scene, told),
        down=down,
        names=[part_names(told).get(part.part, part.part) for part in down],
    )


async def counts(scene: Scene, told: Words, _argument: str) -> str:
    """The navigation's count of open alerts."""
    worst = scene.real[0].severity if scene.real else None
    return render("counts.html", told, worst=worst, count=len(scene.real))


def line_figures(scene: Scene, told: Words) -> list[Figure]:
    """Messages a second, latency, lost, sensors heard of."""
    line, total, silent = scene.line, len(scene.town.sensors), len(scene.silent)
    found = []
    if line.rate is not None:
        found.append(Figure(told.gettext("in"), told.number(line.rate, "count"), told.gettext("msg/s")))
    if line.latency is not None:
        found.append(Figure(told.gettext("delay"), told.number(line.latency, "count"), "ms"))
    if line.lost is not None:
        found.append(Figure(told.gettext("lost"), told.number(line.lost, "count"), bad=line.lost > 0))
    online = told.gettext("/ {total} online").format(total=f"{total:,}")
    found.append(Figure(told.gettext("sensors"), f"{total - silent:,}", online))
    return found


def weather(scene: Scene, told: Words) -> list[str]:
    """What the town's weather station and river gauge say, as long as it is news."""
    stations = [s for s in scene.town.sensors.values() if s.kind == "weather_station" and not scene.is_silent(s)]
    gauges = [s for s in scene.town.sensors.values() if s.kind == "level_gauge" and not scene.is_silent(s)]
    found = []
    if stations:
        values = scene.live.values(stations[0].id)
        worth = [q for q in _WEATHER if q in values and (q != "rain_rate" or values[q].value)]
        found = [_phrase(scene, told, q, values[q].value) for q in worth]
    for gauge in gauges[:1]:
        level = scene.live.values(gauge.id).get("level")
        if level and scene.now - level.at < HOUR:
            name = told.label(scene.town.facilities[gauge.facility].name)
            value, unit = told.value(level.value, scene.town.quantities["level"])
            found.append(f"{name} {value} {unit}")
    return found


def _phrase(scene: Scene, told: Words, quantity: str, value: object) -> str:
    known: Quantity = scene.town.quantities[quantity]
    assert isinstance(value, float | bool | str)
    number, unit = told.value(value, known)
    plain = f"{number} {unit}".strip()
    return plain if quantity == "temperature" else f"{told.label(known.name)} {plain}"
