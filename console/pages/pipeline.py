"""The page of the pipeline's health."""

from fastapi import Request

from console.elements import panel
from console.pages.shell import Visit, live, shell


async def page(request: Request) -> None:
    """Figures, parts, gateways, and what was put aside."""
    visit = Visit.of(request)
    with await shell(visit, "/pipeline", visit.told.gettext("Pipeline"), classes="pipeline"):
        await live(visit, "pipeline.figures", classes="cards")
        with panel("two-panels"):
            await live(visit, "pipeline.parts", classes="panel")
            await live(visit, "pipeline.gateways", classes="panel table-panel")
        await live(visit, "pipeline.quarantine", classes="panel table-panel")
