"""The pages of how alerting goes: figures beside their targets, and the delivery ledger."""

from fastapi import Request
from nicegui import ui

from console.elements import Fragment
from console.pages.shell import Visit, live, shell
from console.render import render
from console.views.deliveries import Choice
from console.views.performance import DEFAULT
from town.performance import WINDOWS


async def performance(request: Request, window: str = DEFAULT) -> None:
    """How well alerting works, over a day, a week or a month."""
    visit = Visit.of(request)
    told, chosen = visit.told, window if window in WINDOWS else DEFAULT
    with await shell(visit, "/alerting", told.gettext("Alerting"), classes="alerting"):
        spans = {"24h": told.gettext("24 h"), "7d": told.gettext("7 d"), "30d": told.gettext("30 d")}
        Fragment(render("alerting_tabs.html", told, here="performance", spans=spans.items(), window=chosen))
        await live(visit, "performance", chosen)


async def deliveries(request: Request, alert: str = "", target: str = "", before: str = "") -> None:
    """The delivery ledger, of an alert or of somebody if asked for."""
    visit = Visit.of(request)
    told, choice = visit.told, Choice(alert[:60], target[:80], before[:220])
    with await shell(visit, "/alerting", told.gettext("Deliveries"), classes="alerting"):
        Fragment(render("alerting_tabs.html", told, here="deliveries", spans=(), window=""))
        csv = choice._replace(before="").text()
        Fragment(render("deliveries_asked.html", told, choice=choice, csv=csv), classes="asked")
        with ui.element("section").classes("panel table-panel"):
            await live(visit, "deliveries", choice.text())
