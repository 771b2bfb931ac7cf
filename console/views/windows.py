"""Maintenance and drills: the strip above every page while one goes on, and the page of all of them."""

from typing import NamedTuple

from console.render import render
from console.roles import Deed, Role, allows
from console.scene import Scene
from console.views.deeds import length_name
from console.views.history_text import person_name
from console.words import Words
from town.moment import Moment
from town.window import Window, WindowKind

SHOWN_IN_STRIP = 2
LENGTHS = ("30m", "1h", "2h", "4h", "8h", "24h")


class WindowRow(NamedTuple):
    """A window as people read it."""

    id: str
    kind: WindowKind
    name: str
    place: str
    why: str
    by: str
    starts_at: Moment
    ends_at: Moment
    open: bool


async def strip(scene: Scene, told: Words, _argument: str) -> str:
    """What goes on now; nothing when nothing does."""
    going_on = [_row(scene, told, one) for one in scene.windows if one.open_at(scene.now)]
    left = len(going_on) - SHOWN_IN_STRIP
    return render("window_strip.html", told, rows=going_on[:SHOWN_IN_STRIP], left=left) if going_on else ""


async def windows(scene: Scene, told: Words, argument: str) -> str:
    """All that go on or are to come, and a form for another one; the argument is the role of who looks."""
    role = Role(argument) if argument in set(Role) else Role.VIEWER
    return render(
        "windows.html",
        told,
        rows=[_row(scene, told, one) for one in scene.windows],
        may=allows(role, Deed.WINDOWS),
        lengths=[(length, length_name(told, length)) for length in LENGTHS],
        zones=[(f"zone:{zone.id}", told.label(zone.name)) for zone in scene.town.zones.values()],
        facilities=[(f"facility:{one.id}", told.label(one.name)) for one in scene.town.facilities.values()],
        clock=lambda at: told.clock(at, scene.town.zone_info, now=scene.now)[:-3],
    )


def kind_name(told: Words, kind: WindowKind) -> str:
    """What people call a kind of window."""
    return told.gettext("Drill") if kind is WindowKind.DRILL else told.gettext("Maintenance")


def _row(scene: Scene, told: Words, window: Window) -> WindowRow:
    names = scene.town.facilities if window.scope_kind == "facility" else scene.town.zones
    return WindowRow(
        id=window.id,
        kind=window.kind,
        name=kind_name(told, window.kind),
        place=told.label(names[window.scope].name) if window.scope in names else window.scope,
        why=window.why,
        by=person_name(scene, told, window.made_by),
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        open=window.open_at(scene.now),
    )
