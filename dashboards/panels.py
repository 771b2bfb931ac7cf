"""Panels as the boards use them: what the SDK leaves out is decided here once, for all of them."""

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import stat as stats
from grafana_foundation_sdk.builders import statetimeline, text, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueJustifyMode,
    BigValueTextMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DashboardLink, DynamicConfigValue, GridPos, Panel, ValueMapping
from grafana_foundation_sdk.models.text import TextMode

from dashboards import look
from dashboards.query import MOST_POINTS, Target, influx
from town.moment import Duration, parse_duration

NOTHING = "—"
A_DAY = "1d"
COMPARED = "-compare"
"""What Grafana puts behind the name of a question that it asks for the time before."""


def stat(
    title: str,
    targets: Target | Sequence[Target],
    *,
    unit: str = "none",
    decimals: int | None = None,
    thresholds: Builder[Any] | None = None,
    mappings: Sequence[ValueMapping] = (),
    names: Sequence[str] = (),
    trace: bool = False,
    calculation: str = "lastNotNull",
    no_value: str = NOTHING,
    size: int | None = None,
    width: int = 0,
    links: Sequence[DashboardLink] = (),
    describe: str = "",
) -> Panel:
    """One or a few figures; with `trace` the line of the board's range under it. `names` are those of the figures."""
    wanted = [targets] if isinstance(targets, Target) else list(targets)
    shown = parts.VizTextDisplayOptions()
    panel = (
        stats.Panel()
        .reduce_options(parts.ReduceDataOptions().calcs([calculation]).values(False))
        .graph_mode(BigValueGraphMode.AREA if trace else BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .justify_mode(BigValueJustifyMode.AUTO)
        .text_mode(BigValueTextMode.VALUE_AND_NAME if names else BigValueTextMode.VALUE)
        .text(shown.value_size(float(size)) if size else shown)
        .unit(unit)
        .color_scheme(look.by_threshold())
        .thresholds(thresholds or look.rising())
        .mappings(list(mappings))
        .no_value(no_value)
    )
    if trace:
        panel.interval("1m")
    if decimals is not None:
        panel.decimals(decimals)
    for target, name in zip(wanted, names, strict=False):
        panel.override_by_query(target.ref, [DynamicConfigValue("displayName", name)])
    return finish(panel.build(), title, wanted, width=width, links=links, describe=describe)


def chart(
    title: str,
    targets: Sequence[Target],
    *,
    unit: str = "none",
    every: str = "30s",
    limits: Builder[Any] | None = None,
    decimals: int | None = None,
    bars: bool = False,
    low: float | None = None,
    names: Sequence[tuple[str, str]] = (),
    dashed: Sequence[str] = (),
    legend: bool = True,
    yesterday: str = "",
    no_value: str = NOTHING,
    width: int = 0,
    links: Sequence[DashboardLink] = (),
    describe: str = "",
) -> Panel:
    """Lines over time. `every` is how often the sensors tell: gaps shorter than three of it are no gaps.

    `names` renames series by their alias, `dashed` are aliases drawn as limits: grey and dashed. With `yesterday`, what
    the lines of the day before are called, Grafana asks for those too and lays them under today's, in grey.
    """
    interval: Duration = parse_duration(every)
    panel = (
        timeseries.Panel()
        .unit(unit)
        .legend(_legend(shown=legend))
        .tooltip(parts.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .color_scheme(look.traces())
        .draw_style(GraphDrawStyle.BARS if bars else GraphDrawStyle.LINE)
        .line_width(1)
        .fill_opacity(60 if bars else 0)
        .show_points(VisibilityMode.NEVER)
        .span_nulls(3 * interval)
        .axis_border_show(False)
        .thresholds(limits or look.rising())
        .thresholds_style(_dashed_limits(shown=limits is not None))
        .interval(every)
        .max_data_points(MOST_POINTS)
        .no_value(no_value)
    )
    if decimals is not None:
        panel.decimals(decimals)
    if low is not None:
        panel.axis_soft_min(low)
    for alias, name in names:
        panel.override_by_name(alias, [DynamicConfigValue("displayName", name)])
    for alias in dashed:
        panel.override_by_name(alias, _dashes())
    if yesterday:
        panel.time_compare(A_DAY).hide_time_override(True)
        for target in targets:
            panel.override_by_query(f"{target.ref}{COMPARED}", _grey(yesterday))
    return finish(panel.build(), title, targets, width=width, links=links, describe=describe)


def timeline(
    title: str,
    targets: Sequence[Target],
    *,
    mappings: Sequence[ValueMapping],
    every: str = "1m",
    no_value: str = NOTHING,
    width: int = 0,
    links: Sequence[DashboardLink] = (),
    describe: str = "",
) -> Panel:
    """Booleans over time, a bar a sensor."""
    panel = (
        statetimeline.Panel()
        .legend(_legend(shown=False))
        .tooltip(parts.VizTooltipOptions().mode(TooltipDisplayMode.SINGLE).sort(SortOrder.NONE))
        .show_value(VisibilityMode.NEVER)
        .row_height(0.8)
        .merge_values(True)
        .fill_opacity(80)
        .line_width(0)
        .color_scheme(look.by_threshold())
        .thresholds(look.rising(base=look.FAINT))
        .mappings(list(mappings))
        .interval(every)
        .max_data_points(MOST_POINTS)
        .no_value(no_value)
    )
    return finish(panel.build(), title, targets, width=width, links=links, describe=describe)


def words(title: str, content: str, *, width: int = 0) -> Panel:
    """A text, in Markdown."""
    panel = text.Panel().mode(TextMode.MARKDOWN).content(content).transparent(not title)
    return finish(panel.build(), title, (), width=width)


def finish(
    panel: Panel,
    title: str,
    targets: Sequence[Target],
    *,
    width: int = 0,
    links: Sequence[DashboardLink] = (),
    describe: str = "",
) -> Panel:
    """What every panel has; its place and number come from the board."""
    panel.title = title
    panel.targets = list(targets) or None
    panel.datasource = influx() if targets else None
    panel.links = list(links) or None
    panel.description = describe or None
    panel.grid_pos = GridPos(w=width)
    return panel


def _legend(*, shown: bool) -> parts.VizLegendOptions:
    mode = LegendDisplayMode.LIST if shown else LegendDisplayMode.HIDDEN
    return parts.VizLegendOptions().display_mode(mode).placement(LegendPlacement.BOTTOM).show_legend(shown).calcs([])


def _dashed_limits(*, shown: bool) -> parts.GraphThresholdsStyleConfig:
    mode = GraphThresholdsStyleMode.DASHED if shown else GraphThresholdsStyleMode.OFF
    return parts.GraphThresholdsStyleConfig().mode(mode)


def _grey(name: str) -> list[DynamicConfigValue]:
    """Under the lines of today, named in the tooltip only."""
    return [
        DynamicConfigValue("color", {"mode": "fixed", "fixedColor": look.COMPARISON}),
        DynamicConfigValue("displayName", f"{name} ${{__field.labels.sensor}}"),
        DynamicConfigValue("custom.hideFrom", {"legend": True, "tooltip": False, "viz": False}),
    ]


def _dashes() -> list[DynamicConfigValue]:
    return [
        DynamicConfigValue("color", {"mode": "fixed", "fixedColor": look.MUTED}),
        DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 8]}),
    ]
