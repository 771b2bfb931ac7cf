"""The page of the town as it is now."""

from fastapi import Request

from console.elements import panel
from console.pages.shell import Visit, live, shell


async def page(request: Request) -> None:
    """Map, queue and tiles; everything fits on one screen."""
    visit = Visit.of(request)
    with await shell(visit, "/", visit.told.gettext("Now"), classes="now"):
        with panel("panel map-panel"):
            await live(visit, "map", classes="map-box")
            await live(visit, "legend", classes="legend")
        await live(visit, "queue", classes="panel now-queue")
        await live(visit, "tiles", classes="tiles")
