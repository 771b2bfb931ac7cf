"""The page of one facility."""

import asyncio
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from fastapi import Request
from nicegui import background_tasks, ui
from starlette.exceptions import HTTPException

from console.elements import Chart, Fragment, chart_panel, panel
from console.figure import Window, make_figure, notes, title
from console.pages.shell import Visit, live, shell
from console.render import render
from console.scene import in_order, is_open
from console.views.places import charted
from town.errors import Unavailable
from town.moment import DAY, HOUR, SECOND, Duration
from town.ports import AlertFilter

SPANS: dict[str, Duration] = {"1h": HOUR, "6h": 6 * HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
COMPARISONS: dict[str, Duration | None] = {"none": None, "yesterday": DAY, "week": 7 * DAY}
_FASTEST = 5 * SECOND
_SLOWEST = 60 * SECOND


class Choice(NamedTuple):
    """What the charts of a facility show."""

    facility: str
    span: str = "6h"
    compare: str = "yesterday"

    @classmethod
    def of(cls, facility: str, span: str, compare: str) -> "Choice":
        """What was asked for, as far as there is such a thing."""
        return cls(facility, span if span in SPANS else "6h", compare if compare in COMPARISONS else "yesterday")

    def text(self) -> str:
        """The choice as an argument."""
        return urlencode({"span": self.span, "compare": self.compare})

    def url(self) -> str:
        """Where the page stands with this choice."""
        return f"/places/{self.facility}?{self.text()}"

    def csv(self) -> str:
        """Where the values of the span are as a table."""
        return f"/api/v1/facilities/{self.facility}/readings.csv?{urlencode({'span': self.span})}"


async def one_place(request: Request, facility: str, span: str = "6h", compare: str = "yesterday") -> None:
    """One facility: its values, charts over one time, sensors."""
    visit = Visit.of(request)
    found = visit.parts.town().facilities.get(facility)
    if found is None:
        raise HTTPException(404)
    await PlacePage(visit, Choice.of(facility, span, compare)).build(visit.told.label(found.name))


class PlacePage:
    """One facility in one browser."""

    def __init__(self, visit: Visit, choice: Choice) -> None:
        self._visit, self._choice = visit, choice
        self._charts: dict[str, tuple[list[str], Chart]] = {}
        self._controls: Fragment
        self._redraw = asyncio.Event()

    async def build(self, name: str) -> None:
        """Lay the page out; the charts show their shape until they are drawn."""
        visit, facility = self._visit, self._choice.facility
        town = visit.parts.town()
        scene = await visit.pulse.look()
        with await shell(visit, "/places", name, classes="place", own_heading=True):
            with panel("place-top"):
                await live(visit, "place.head", facility, classes="place-head")
                self._controls = Fragment(self._controls_html(), classes="controls")
                self._controls.on("do", lambda event: self._choose(event.args))
            await live(visit, "place.cards", facility, classes="cards")
            with panel("charts two"):
                for quantity, sensors in charted(town, scene.alerts_of_facility.get(facility, []), facility):
                    heading = title(town, visit.told, quantity, sensors)
                    unit = visit.told.unit(town.quantities[quantity].unit)
                    self._charts[quantity] = (sensors, chart_panel(heading, unit, group="place"))
            with ui.element("section").classes("panel sensors"):
                await live(visit, "place.sensors", facility)
        background_tasks.create(self._keep_drawing(), name="console place charts")

    async def _choose(self, done: dict[str, Any]) -> None:
        asked = {key: values[0] for key, values in parse_qs(str(done.get("argument", ""))[:200]).items()}
        self._choice = Choice.of(self._choice.facility, asked.get("span", ""), asked.get("compare", ""))
        self._controls.show(self._controls_html())
        self._redraw.set()

    def _controls_html(self) -> str:
        told = self._visit.told
        spans = {
            "1h": told.gettext("1 h"),
            "6h": told.gettext("6 h"),
            "24h": told.gettext("24 h"),
            "7d": told.gettext("7 d"),
            "30d": told.gettext("30 d"),
        }
        comparisons = {
            "none": told.gettext("compare: none"),
            "yesterday": told.gettext("yesterday"),
            "week": told.gettext("last week"),
        }
        return render(
            "place_controls.html", told, choice=self._choice, spans=spans.items(), comparisons=comparisons.items()
        )

    async def _keep_drawing(self) -> None:
        await self._visit.client.connected()
        while not self._visit.client.is_deleted:
            self._redraw.clear()
            with suppress(Unavailable):  # what is drawn stays; the top line says that the store is away
                await self._draw()
            pause = min(_SLOWEST, max(_FASTEST, self._window().every))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause / 1000):
                    await self._redraw.wait()

    async def _draw(self) -> None:
        visit, window, choice = self._visit, self._window(), self._choice
        wanted = AlertFilter(facility=choice.facility, opened_after=window.start - 30 * DAY, limit=100)
        alerts = [a for a in await visit.parts.alerts.alerts(wanted) if is_open(a) or a.closed_at]
        shown = in_order([a for a in alerts if (a.closed_at or window.end) > window.start])
        for quantity, (sensors, chart) in self._charts.items():
            figure = await make_figure(
                visit.parts.history, visit.parts.town(), visit.told, sensors=sensors, quantity=quantity,
                window=window, alerts=shown,
            )  # fmt: skip
            if choice != self._choice or visit.client.is_deleted:
                return
            chart.show(dict(figure), notes=notes(visit.told, figure, window.compare))

    def _window(self) -> Window:
        now = self._visit.parts.clock()
        return Window(now - SPANS[self._choice.span], now, COMPARISONS[self._choice.compare])
