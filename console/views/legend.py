"""What the marks on the map mean."""

from console.render import render
from console.scene import Scene
from console.words import Words
from town.alert import Severity


async def legend(_scene: Scene, told: Words, _argument: str) -> str:
    """The four severities, and what hollow means."""
    return render("legend.html", told, severities=list(Severity))
