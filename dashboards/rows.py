"""Tables, the map and the Alert list: panels whose rows are things, not moments."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models.common import TableCellHeight
from grafana_foundation_sdk.models.dashboard import (
    DashboardLink,
    DataTransformerConfig,
    DynamicConfigValue,
    GridPos,
    Panel,
    ValueMapping,
)

from dashboards import look
from dashboards.panels import NOTHING, finish
from dashboards.query import ALERTS_NAME, Target


@dataclass(frozen=True)
class Column:
    """One column of a table: the field as the query names it, its heading, and how it looks."""

    name: str
    heading: str
    unit: str = ""
    width: int = 0
    mapping: ValueMapping | None = None
    coloured: bool = False
    limits: Any = None
    link: tuple[str, str] | None = None
    """Title and URL."""
    hidden: bool = False
    """Kept for links and actions, not shown."""
    extra: dict[str, Any] = field(default_factory=dict)


def table_panel(
    title: str,
    query: Target,
    columns: Sequence[Column],
    *,
    sort: tuple[str, bool] | None = None,
    no_value: str = NOTHING,
    small: bool = False,
    drop: Sequence[str] = ("Time",),
    most: tuple[str, int] | None = None,
    width: int = 0,
    links: Sequence[DashboardLink] = (),
    describe: str = "",
) -> Panel:
    """A table with these columns in this order; `drop` leaves out what the query cannot help returning.

    `most` sorts by a field and keeps that many rows.
    """
    panel = (
        tables.Panel()
        .show_header(True)
        .cell_height(TableCellHeight.SM if small else TableCellHeight.MD)
        .thresholds(look.rising())
        .color_scheme(look.fixed(look.TEXT))
        .no_value(no_value)
    )
    for transformation in (*_limited(most), _organized(columns, drop)):
        panel.with_transformation(transformation)
    if sort:
        heading, descending = sort
        panel.sort_by([parts.TableSortByFieldState().display_name(heading).desc(descending)])
    for column in columns:
        properties = _properties(column)
        if properties:
            panel.override_by_name(column.heading, properties)
    return finish(panel.build(), title, [query], width=width, links=links, describe=describe)


def alert_list(title: str, *, note: str, limit: int = 20, width: int = 0) -> Panel:
    """Grafana's own Alert list on our `/api/v1/rules`; its data source goes by name, with a uid it is empty."""
    panel = builders.Panel().type("alertlist").options({
        "alertInstanceLabelFilter": "",
        "alertName": "",
        "dashboardAlerts": False,
        "datasource": ALERTS_NAME,
        "groupBy": [],
        "groupMode": "default",
        "maxItems": limit,
        "showInstances": True,
        "showInactiveAlerts": False,
        "sortOrder": 3,
        "stateFilter": {
            "error": True,
            "firing": True,
            "noData": False,
            "normal": False,
            "pending": True,
            "recovering": False,
        },
        "viewMode": "list",
    })  # fmt: skip
    built = panel.build()
    built.title, built.description, built.grid_pos = title, note, GridPos(w=width)
    return built


def _limited(most: tuple[str, int] | None) -> Sequence[DataTransformerConfig]:
    if most is None:
        return ()
    field, rows = most
    return (
        DataTransformerConfig(id_val="sortBy", options={"fields": {}, "sort": [{"desc": False, "field": field}]}),
        DataTransformerConfig(id_val="limit", options={"limitField": rows}),
    )


def _organized(columns: Sequence[Column], drop: Sequence[str]) -> DataTransformerConfig:
    return DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": dict.fromkeys(drop, True),
            "includeByName": {},
            "indexByName": {column.name: number for number, column in enumerate(columns)},
            "renameByName": {column.name: column.heading for column in columns if column.heading != column.name},
        },
    )


def _properties(column: Column) -> list[DynamicConfigValue]:
    found: dict[str, Any] = {}
    if column.unit:
        found["unit"] = column.unit
    if column.width:
        found["custom.width"] = column.width
    if column.mapping:
        found["mappings"] = [column.mapping]
    if column.limits is not None:
        found["thresholds"] = column.limits.build()
        found["color"] = {"mode": "thresholds"}
    if column.coloured:
        found["custom.cellOptions"] = {"type": "color-text"}
    if column.link:
        found["links"] = [{"title": column.link[0], "url": column.link[1], "targetBlank": False}]
    if column.hidden:
        found["custom.hidden"] = found["custom.hideFrom.viz"] = True
    return [DynamicConfigValue(name, value) for name, value in {**found, **column.extra}.items()]
