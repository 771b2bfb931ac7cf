"""A board: rows of panels put into Grafana's 24 columns, numbered, with its variables, links and annotations."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    AnnotationContainer,
    AnnotationQuery,
    Dashboard,
    DashboardCursorSync,
    DashboardLink,
    DashboardLinkType,
    GridPos,
    Panel,
    RowPanel,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from dashboards.query import influx
from dashboards.words import Words

COLUMNS = 24
WALL_ROWS = 27
"""So many rows of 38 px fit 1080 px: what is open at first never scrolls."""


class Folder(NamedTuple):
    """A folder of boards."""

    uid: str
    zh: str
    en: str


OPERATIONS = Folder("town-operations", "运行中心", "Operations")
DEPARTMENTS = Folder("town-departments", "部门", "Departments")
SYSTEM = Folder("town-system", "系统", "System")
FOLDERS = (OPERATIONS, DEPARTMENTS, SYSTEM)


class Row(NamedTuple):
    """Panels side by side, `height` rows high; those without a width of their own share what is left."""

    height: int
    cells: Sequence["Panel | Column"]


class Column(NamedTuple):
    """Rows above each other inside a row."""

    width: int
    rows: Sequence[Row]


@dataclass(frozen=True)
class Board:
    """One board, before it is laid out."""

    uid: str
    title: str
    folder: Folder
    rows: Sequence[Row]
    """What a wall shows: with the row that opens the rest, exactly as many rows as fit a screen."""
    more: Sequence[Row] = ()
    """What a desk opens: below, in a row that is shut at first."""
    more_title: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    variables: Sequence[VariableModel] = ()
    annotations: Sequence[AnnotationQuery] = ()
    links: Sequence[DashboardLink] = ()
    since: str = "now-6h"
    refresh: str = "30s"

    def build(self) -> dict[str, Any]:
        """The JSON that Grafana reads, its keys in order."""
        built = (
            builders.Dashboard(self.title)
            .uid(self.uid)
            .description(self.description)
            .tags(sorted({"town", *self.tags}))
            .timezone("browser")
            .editable()
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .time(self.since, "now")
            .refresh(self.refresh)
            .build()
        )
        built.panels = self._panels()
        self._attach(built)
        plain: dict[str, Any] = json.loads(json.dumps(built, cls=JSONEncoder, sort_keys=True))
        _show(plain)
        return plain

    def _panels(self) -> list[Panel | RowPanel]:
        """Numbered in the order of reading."""
        shown = list(_place(self.rows, x=0, y=0, width=COLUMNS))
        below = sum(row.height for row in self.rows)
        hidden = list(_place(self.more, x=0, y=below + 1, width=COLUMNS))
        for number, panel in enumerate((*shown, *hidden), start=1):
            panel.id_val = number
        if not hidden:
            return [*shown]
        at, number = GridPos(h=1, w=COLUMNS, x=0, y=below), len(shown) + len(hidden) + 1
        return [*shown, RowPanel(collapsed=True, title=self.more_title, grid_pos=at, id_val=number, panels=hidden)]

    def _attach(self, built: Dashboard) -> None:
        assert built.templating is not None
        built.templating.list_val = list(self.variables)
        built.annotations = AnnotationContainer(list_val=list(self.annotations))
        built.links = list(self.links)


def _show(plain: Any) -> None:
    """Links and annotations stand in the bar: the SDK would have all of them behind a menu."""
    if isinstance(plain, dict):
        plain.pop("placement", None) if plain.get("placement") == "inControlsMenu" else None
    for inner in plain.values() if isinstance(plain, dict) else plain if isinstance(plain, list) else ():
        _show(inner)


def _place(rows: Sequence[Row], *, x: int, y: int, width: int) -> Iterator[Panel]:
    for row in rows:
        across = x
        for cell, wide in zip(row.cells, _widths(row, width), strict=True):
            if isinstance(cell, Column):
                yield from _place(cell.rows, x=across, y=y, width=wide)
            else:
                cell.grid_pos = GridPos(h=row.height, w=wide, x=across, y=y)
                yield cell
            across += wide
        y += row.height


def _widths(row: Row, width: int) -> list[int]:
    asked = [
        cell.width if isinstance(cell, Column) else (cell.grid_pos.w if cell.grid_pos else 0) for cell in row.cells
    ]
    free, left = asked.count(0), width - sum(asked)
    if left < free or (left and not free):
        raise ValueError(f"panels {asked} do not fill {width} columns")
    shares = [left // free + (number < left % free) for number in range(free)] if free else []
    return [wide or shares.pop(0) for wide in asked]


def scope_variables(say: Words, *, facility: bool = True, every_facility: bool = True) -> list[VariableModel]:
    """Town, zone and facility, each asked of what the one before leaves."""
    town = _query_variable("town", say("城镇", "Town"), _tag_values("town"), every=False)
    zone = _query_variable("zone", say("片区", "Zone"), _tag_values("zone", '"town" =~ /^$town$/'), say=say)
    if not facility:
        return [town, zone]
    within = '"town" =~ /^$town$/ AND "zone" =~ /^$zone$/'
    query = _tag_values("facility", within)
    return [
        town,
        zone,
        _query_variable("facility", say("设施", "Facility"), query, every=every_facility, say=say),
    ]


def number_variable(name: str, label: str, value: str) -> VariableModel:
    """A figure that whoever looks may change, such as a warning level."""
    option = VariableOption(selected=True, text=value, value=value)
    built = builders.TextBoxVariable(name).label(label).default_value(value).build()
    built.current, built.options = option, [option]
    return built


def board_links(say: Words) -> list[DashboardLink]:
    """The other boards, in a menu that keeps town, zone and time."""
    menu = DashboardLink(
        title=say("看板", "Boards"),
        type_val=DashboardLinkType.DASHBOARDS,
        icon="external link",
        tags=["town"],
        as_dropdown=True,
        include_vars=True,
        keep_time=True,
    )
    desk = DashboardLink(
        title=say("警报台", "Alert desk"),
        type_val=DashboardLinkType.LINK,
        icon="bell",
        url="/town/alerts",
        tags=[],
    )
    return [menu, desk]


def _tag_values(tag: str, where: str = "") -> str:
    return f'SHOW TAG VALUES FROM "facility_state" WITH KEY = "{tag}"' + (f" WHERE {where}" if where else "")


def _query_variable(
    name: str, label: str, query: str, *, every: bool = True, say: Words | None = None
) -> VariableModel:
    built = (
        builders.QueryVariable(name)
        .label(label)
        .datasource(influx())
        .query(query)
        .definition(query)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(every)
        .include_all(every)
    )
    if every:
        everything = say("全部", "All") if say else "All"
        built.all_value(".*").current(VariableOption(selected=True, text=[everything], value=["$__all"]))
    return built.build()
