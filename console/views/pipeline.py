"""The pipeline: is every reading taken in, by which gateways, and what was put aside."""

from console.part_names import part_names
from console.parts import ConsoleParts
from console.render import render
from console.said import said
from console.scene import Scene
from console.views.desk import Renderer
from console.views.top import Figure, line_figures
from console.words import Words
from town.errors import Unavailable

QUARANTINE_SHOWN = 20
_FIGURES = (
    "town_ingest_messages_received",
    "town_ingest_messages_rejected",
    "town_ingest_readings_decoded",
    "town_ingest_readings_stored",
    "town_ingest_readings_quarantined",
    "town_ingest_messages_redelivered",
)


async def figures(scene: Scene, told: Words, _argument: str) -> str:
    """The key figures as cards, and how each part is."""
    names = {
        "town_ingest_messages_received": told.gettext("messages received"),
        "town_ingest_messages_rejected": told.gettext("messages rejected"),
        "town_ingest_readings_decoded": told.gettext("readings decoded"),
        "town_ingest_readings_stored": told.gettext("readings stored"),
        "town_ingest_readings_quarantined": told.gettext("readings put aside"),
        "town_ingest_messages_redelivered": told.gettext("delivered again"),
    }
    totals = {
        name: sum(g.value for g in scene.line.gauges if g.name == name)
        for name in _FIGURES
        if any(g.name == name for g in scene.line.gauges)
    }
    since = [Figure(names[name], f"{round(total):,}") for name, total in totals.items()]
    return render("pipeline_figures.html", told, now=line_figures(scene, told), since=since)


async def parts(scene: Scene, told: Words, _argument: str) -> str:
    """How each part is, worst first, and since when."""
    states = {"ok": told.gettext("works"), "degraded": told.gettext("impaired"), "down": told.gettext("down")}
    return render(
        "pipeline_parts.html",
        told,
        parts=[(part, said(told, part.detail)) for part in scene.parts],
        states=states,
        names=part_names(told),
    )


async def gateways(scene: Scene, told: Words, _argument: str) -> str:
    """Every gateway with its last message, those that are offline first."""
    rows = []
    heard = {row.id: row for row in scene.gateways}
    for gateway in scene.town.gateways.values():
        sensors, silent = scene.behind[gateway.id]
        rows.append((gateway, told.label(gateway.name), heard.get(gateway.id), sensors, silent))
    rows.sort(key=lambda row: (row[2] is not None and row[2].online is not False, row[4] == 0))
    return render("pipeline_gateways.html", told, rows=rows)


def quarantine(given: ConsoleParts) -> Renderer:
    """The renderer of the newest entries of the quarantine."""

    async def show(scene: Scene, told: Words, _argument: str) -> str:
        try:
            rows, away = await given.quarantine(limit=QUARANTINE_SHOWN), ""
        except Unavailable as error:
            rows, away = [], said(told, str(error))
        return render("pipeline_quarantine.html", told, rows=rows, away=away, clock=scene.town.zone_info, now=scene.now)

    return show
