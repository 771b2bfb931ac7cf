"""What the pages are made of: fragments of HTML that change in place, many cards that do so each, and charts."""

from collections.abc import Mapping, Sequence
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


class Cards(Element, component=_STATIC / "cards.js"):
    """Cards in an order, by id. It emits `looked` with the ids of those that are on screen, or nearly.

    The element marked `data-apart` of a card shows its values. `finder` is what to look for a card with, or nothing.
    """

    def __init__(self, cards: Mapping[str, str], values: Mapping[str, str], *, finder: str = "") -> None:
        super().__init__()
        self._props.update(cards="".join(cards.values()), values=dict(values), finder=finder)

    def take(self, order: Sequence[str] | None, cards: Mapping[str, str], values: Mapping[str, str]) -> None:
        """Show another order, cards that differ, values that differ."""
        self.run_method("take", order, cards, values)


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
