"""All facilities: their order, a card for each, and its values, which are asked for where somebody looks."""

from collections.abc import Sequence
from typing import NamedTuple

from console.render import render
from console.scene import Scene, is_taken
from console.views.desk import Renderer
from console.views.places import Place, Value, key_values, place_of
from console.words import Words
from town.language import Language
from town.town import Town

VALUES_SHOWN = 3
FINDER_FROM = 25
"""So many facilities do not fit on one screen: then they can be looked for."""


class Zone(NamedTuple):
    """A zone to choose, and how many facilities are in it."""

    name: str
    places: int


async def order(scene: Scene, _told: Words, _argument: str) -> str:
    """The ids of all facilities, with a space between: those with the worst alert first, then zone by zone."""
    zones = {zone: number for number, zone in enumerate(scene.town.zones)}

    def standing(facility: str) -> tuple[int, bool, int]:
        alert = scene.worst.get(facility)
        zone = zones[scene.town.facilities[facility].zone]
        return (alert.severity.digit, is_taken(alert), zone) if alert else (9, False, zone)

    return " ".join(sorted(scene.town.facilities, key=standing))


def card() -> Renderer:
    """The renderer of a facility's card without its values; one that looks the same is not drawn again."""
    drawn: dict[tuple[Language, str], tuple[Place, str]] = {}

    async def show(scene: Scene, told: Words, facility: str) -> str:
        place, before = place_of(scene, told, scene.town.facilities[facility]), drawn.get((told.language, facility))
        if before is None or before[0] != place:
            before = drawn[told.language, facility] = place, render("place_card.html", told, place=place)
        return before[1]

    return show


def card_values() -> Renderer:
    """The renderer of the values on a card; those that are the same are not drawn again."""
    drawn: dict[tuple[Language, str], tuple[Sequence[Value], str]] = {}

    async def show(scene: Scene, told: Words, facility: str) -> str:
        values = key_values(scene, told, facility, most=VALUES_SHOWN, below=False)
        before = drawn.get((told.language, facility))
        if before is None or before[0] != values:
            before = drawn[told.language, facility] = values, render("place_values.html", told, values=values)
        return before[1]

    return show


def finder(town: Town, told: Words) -> str:
    """What to look for a facility with; nothing where all of them fit on a screen."""
    if len(town.facilities) < FINDER_FROM:
        return ""
    inside = [facility.zone for facility in town.facilities.values()]
    zones = [Zone(told.label(zone.name), inside.count(zone.id)) for zone in town.zones.values() if zone.id in inside]
    return render("place_finder.html", told, zones=zones, places=len(inside))
