"""The two things the pages are made of: fragments of HTML that change in place, and charts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.elements import echart

_STATIC = Path(__file__).parent / "static"
_ECHARTS = Path(echart.__file__).parent / "dist"


class Fragment(Element, component=_STATIC / "fragment.js"):
    """A part of the page. It emits `do` with what was pressed: `{act, argument, fields?}`."""

    def __init__(self, html: str = "", *, classes: str = "") -> None:
        super().__init__()
        self._props["html"] = html
        self.classes(f"fragment {classes}")

    def show(self, html: str) -> None:
        """Replace what it shows; the browser changes only what differs."""
        if self._props["html"] != html:
            self._props["html"] = html
            self.update()


class Chart(Element, component=_STATIC / "chart.js", esm={"nicegui-echart": str(_ECHARTS)}):
    """Lines over time; until it has a figure it shows the shape of one. Charts of a group share the pointer."""

    def __init__(self, *, group: str = "") -> None:
        super().__init__()
        self._props["group"] = group
        self.heading: ui.label | None = None

    def show(self, figure: dict[str, Any], *, notes: Sequence[str] = ()) -> None:
        """Draw a figure as `console.figure.Figure` describes it; `notes` stand beside the unit."""
        self._props["figure"] = figure
        if self.heading is not None:
            self.heading.set_text(" · ".join(filter(None, (figure["unit"], *notes))))
        self.update()


def panel(classes: str = "") -> Element:
    """A plain block to put fragments and charts into."""
    return ui.element("div").classes(classes)


def chart_panel(name: str, unit: str, *, group: str) -> Chart:
    """A chart in a panel with its name and unit."""
    with panel("panel chart-panel"):
        with ui.element("h2"):
            ui.label(name)
            heading = ui.label(unit).classes("unit")
        chart = Chart(group=group)
        chart.heading = heading
        return chart
