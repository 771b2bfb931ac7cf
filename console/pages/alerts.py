"""The alert desk."""

import asyncio
from typing import Any

from fastapi import Request
from nicegui import background_tasks

from console.elements import Chart, chart_panel, panel
from console.figure import Window, make_figure, notes, title
from console.pages.doing import DEEDS, do
from console.pages.shell import Live, Visit, live, shell
from console.roles import Deed, allows
from console.said import said
from console.views.alert_row import observations
from console.views.desk import Choice, Shown, chosen_alerts
from console.views.now import NOWHERE
from town.alert import Alert
from town.errors import Unavailable
from town.moment import MINUTE, SECOND
from town.ports import ActionRefused
from town.quantity import ValueType

CHARTS_SHOWN = 2
AROUND = 10 * MINUTE
_REDRAW_SECONDS = 10
_TEXT_LENGTH = 1_000


async def page(request: Request, alert: str = "", show: str = "open", category: str = "") -> None:
    """The queue, one alert, and what is known about it."""
    visit = Visit.of(request)
    choice = Choice(
        show=show if show in {"mine", "aside", "closed"} else "open", category=category[:20], person=visit.person.name
    )
    named = bool(alert)
    if not alert:
        waiting = await chosen_alerts(visit.parts.alerts, await visit.pulse.look(), choice)
        alert = waiting[0].id if waiting else ""
    desk = Desk(visit, choice._replace(chosen=alert[:60]))
    await desk.build(named=named)


class Desk:
    """One desk in one browser: which alert is chosen, and what the buttons do."""

    def __init__(self, visit: Visit, choice: Choice) -> None:
        self._visit, self._choice = visit, choice
        self._queue: Live
        self._alert: Live
        self._side: Live
        self._place: Live
        self._names: list[str] = []
        self._drawn: list[Chart] = []

    async def build(self, *, named: bool) -> None:
        """Lay the desk out. On a phone an alert that was named covers the queue."""
        visit, told = self._visit, self._visit.told
        look = f"desk{' named' if named else ''}"
        heading = bool(self._choice.chosen)
        with await shell(visit, "/alerts", told.gettext("Alerts"), classes=look, own_heading=heading):
            self._queue = await live(visit, "desk.queue", self._choice.text(), classes="queue", act=self.act)
            with panel("middle"):
                self._alert = await live(visit, "desk.alert", self._shown(), classes="alert", act=self.act)
                self._charts = panel("charts")
            with panel("side"):
                with panel("panel place-map"):
                    self._place = await live(visit, "map", await self._facility(), classes="map-box")
                self._side = await live(visit, "desk.side", self._choice.chosen, act=self.act)
        background_tasks.create(self._keep_drawing(), name="console desk chart")

    async def act(self, done: dict[str, Any]) -> None:
        """Do what was pressed, and say so if it was refused."""
        visit, argument = self._visit, str(done.get("argument", ""))[:200]
        if not visit.still_in():
            return
        match done.get("act"):
            case "select":
                await self._choose(self._choice._replace(chosen=argument[:60]))
            case "show":
                await self._choose(Choice.read(argument)._replace(person=visit.person.name, chosen=self._choice.chosen))
            case str() as action:
                fields = {str(name): str(value).strip()[:_TEXT_LENGTH] for name, value in _fields(done)}
                await self._change(action, argument[:60], fields)

    def _shown(self) -> str:
        return Shown(self._choice.chosen, self._visit.person.role).text()

    async def _change(self, action: str, alert: str, fields: dict[str, str]) -> None:
        parts, told, person = self._visit.parts, self._visit.told, self._visit.person_now()
        if person is None or not allows(person.role, DEEDS.get(action, Deed.HANDLE)):
            self._visit.say(told.gettext("Your role does not allow that."), "bad")
            return
        try:
            await do(parts, person, action, alert, fields)
        except ActionRefused as refused:
            self._visit.say(await self._refusal(refused, alert), "bad")
        except Unavailable:
            self._visit.say(told.gettext("The alert book does not answer; nothing was changed. Try again."), "bad")
        self._visit.pulse.hurry()

    async def _refusal(self, refused: ActionRefused, alert: str) -> str:
        """Why not, in the person's words: above all that somebody else was quicker."""
        told, parts = self._visit.told, self._visit.parts
        found = await parts.alerts.detail(alert) if refused.reason == "already_acknowledged" else None
        if found and found.alert.acknowledged_by and found.alert.acknowledged_at:
            time = told.clock(found.alert.acknowledged_at, parts.town().zone_info)
            name = parts.called(found.alert.acknowledged_by)
            who = told.label(name) if name else found.alert.acknowledged_by
            return told.gettext("{who} has had it since {time}.").format(who=who, time=time)
        return said(told, str(refused))

    async def _choose(self, choice: Choice) -> None:
        changed = choice.chosen != self._choice.chosen
        self._choice = choice
        await self._queue.turn(self._visit.key("desk.queue", choice.text()))
        if changed:
            await self._alert.turn(self._visit.key("desk.alert", self._shown()))
            await self._side.turn(self._visit.key("desk.side", choice.chosen))
            await self._place.turn(self._visit.key("map", await self._facility()))
            await self._draw()

    async def _facility(self) -> str:
        found = await self._found()
        return (found.facility or NOWHERE) if found else NOWHERE

    async def _found(self) -> Alert | None:
        detail = await self._visit.parts.alerts.detail(self._choice.chosen) if self._choice.chosen else None
        return detail.alert if detail else None

    async def _keep_drawing(self) -> None:
        await self._visit.client.connected()
        while not self._visit.client.is_deleted:
            await self._draw()
            await asyncio.sleep(_REDRAW_SECONDS)

    async def _draw(self) -> None:
        """The minutes around, one chart for each quantity the rule looked at."""
        alert, told, town = await self._found(), self._visit.told, self._visit.parts.town()
        wanted = _charted(town.quantities, alert) if alert else {}
        figures = []
        for quantity, sensors in wanted.items():
            assert alert is not None
            with_label = told.clock(alert.raised_at, town.zone_info) + " " + told.gettext("raised")
            try:
                figure = await make_figure(
                    self._visit.parts.history, town, told, sensors=sensors, quantity=quantity,
                    window=around(alert, self._visit.parts.clock()), alerts=[alert], label=with_label,
                )  # fmt: skip
            except Unavailable:
                return  # what is drawn stays; the pipeline's figures say that the store is away
            figures.append((title(town, told, quantity, sensors), figure))
        if self._visit.client.is_deleted:
            return
        self._show(figures)

    def _show(self, figures: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in figures]
        if names != self._names:
            self._names, self._drawn = names, []
            self._charts.clear()
            with self._charts:
                for name, figure in figures:
                    self._drawn.append(chart_panel(name, figure["unit"], group="desk"))
        for chart, (_, figure) in zip(self._drawn, figures, strict=True):
            chart.show(figure, notes=notes(self._visit.told, figure, None))


def _fields(done: dict[str, Any]) -> list[tuple[Any, Any]]:
    fields = done.get("fields")
    return list(fields.items())[:10] if isinstance(fields, dict) else []


def around(alert: Alert, now: int) -> Window:
    """From ten minutes before the alert was raised until ten minutes after it was over, or now."""
    end = alert.cleared_at or alert.closed_at
    return Window(alert.opened_at - AROUND, max(min(now, end + AROUND) if end else now, alert.raised_at + 5 * SECOND))


def _charted(quantities: Any, alert: Alert) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for seen in observations(alert):
        known = quantities.get(seen.quantity)
        if known and known.type is not ValueType.TEXT and seen.sensor not in found.setdefault(seen.quantity, []):
            found[seen.quantity].append(seen.sensor)
    return dict(list(found.items())[:CHARTS_SHOWN])
