"""The map of the town without any tile server: its own outline below, its facilities with their state above."""

from typing import Any

from grafana_foundation_sdk.builders import geomap
from grafana_foundation_sdk.models.common import FrameGeometrySource, FrameGeometrySourceMode, MapLayerOptions
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, Panel
from grafana_foundation_sdk.models.geomap import (
    ControlsOptions,
    MapCenterID,
    MapViewConfig,
    Options,
    TooltipMode,
    TooltipOptions,
)

from dashboards import look
from dashboards.panels import finish
from dashboards.query import NOW, TOWN, table
from dashboards.words import Words

OUTLINE = "public/maps/town.geojson"
"""The town's map.geojson, as Grafana serves it."""

CLOSEST_ZOOM = 17


def map_panel(say: Words, title: str, *, width: int, facility_link: tuple[str, str]) -> Panel:
    """Every facility: grey when all is well, else in the colour of its worst alert, with its shape and digit."""
    name = say.field("name")
    fields = ", ".join(f'"{field}"' for field in ("lat", "lon", name, "mark", "open_alerts", "silent"))
    query = (
        f'SELECT last("worst") AS "worst", {fields} FROM "facility_state" '
        f'WHERE {NOW} AND {TOWN} AND "zone" =~ /^$zone$/ GROUP BY "facility", "zone"'
    )
    panel = (
        geomap.Panel()
        .color_scheme(look.by_threshold())
        .thresholds(look.rising([(s.digit, c) for s, c in look.SEVERITY_COLOURS.items()], base=look.HEALTHY))
        .no_value(say("还没有设施状态", "No state of facilities yet"))
        .override_by_name("mark", [DynamicConfigValue("mappings", [look.severity_marks()])])
        .override_by_name("facility", [_link(facility_link), _called(say("设施", "Facility"))])
        .override_by_name("zone", [_called(say("片区", "Zone"))])
        .override_by_name("worst", [_called(say("最严重", "Worst"))])
        .override_by_name("open_alerts", [_called(say("未结警报", "Open alerts"))])
        .override_by_name("silent", [_called(say("失联", "Silent"))])
        .build()
    )
    panel.options = Options(
        view=MapViewConfig(id_val=MapCenterID.FIT, zoom=CLOSEST_ZOOM, all_layers=True, padding=8),
        controls=ControlsOptions(show_zoom=False, mouse_wheel_zoom=False, show_attribution=False),
        basemap=_outline(),
        layers=[_markers(), _text("mark", say("警报", "Alerts"), size=26, offset=-24), _names(name, say)],
        tooltip=TooltipOptions(mode=TooltipMode.DETAILS),
    )
    return finish(panel, title, [table(query)], width=width)


def _called(name: str) -> DynamicConfigValue:
    return DynamicConfigValue("displayName", name)


def _link(link: tuple[str, str]) -> DynamicConfigValue:
    title, url = link
    return DynamicConfigValue("links", [{"targetBlank": False, "title": title, "url": url}])


def _outline() -> MapLayerOptions:
    def style(colour: str, opacity: float, line: float) -> dict[str, Any]:
        return {"color": {"fixed": colour}, "opacity": opacity, "lineWidth": line}

    def rule(role: str, **of: Any) -> dict[str, Any]:
        return {"check": {"property": "role", "operation": "eq", "value": role}, "style": style(**of)}

    config = {
        "src": OUTLINE,
        "rules": [
            rule("water", colour="#1f3a52", opacity=0.8, line=1),
            rule("road", colour="#2a333f", opacity=0.9, line=3),
            rule("zone", colour=look.LINE, opacity=0.05, line=1),
        ],
        "style": style(look.LINE, 0.08, 2),
    }
    return MapLayerOptions(type_val="geojson", name="outline", config=config, tooltip=False)


def _where() -> FrameGeometrySource:
    return FrameGeometrySource(mode=FrameGeometrySourceMode.COORDS, latitude="lat", longitude="lon")


def _layer(name: str, style: dict[str, Any], *, tooltip: bool) -> MapLayerOptions:
    config = {"showLegend": False, "style": style}
    return MapLayerOptions(type_val="markers", name=name, config=config, location=_where(), tooltip=tooltip)


def _markers() -> MapLayerOptions:
    style = {
        "color": {"field": "worst", "fixed": look.HEALTHY},
        "opacity": 0.6,
        "size": {"fixed": 9, "min": 2, "max": 15},
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        "lineWidth": 2,
    }
    return _layer("facilities", style, tooltip=True)


def _text(field: str, name: str, *, size: int, offset: int, colour: dict[str, str] | None = None) -> MapLayerOptions:
    style = {
        "color": colour or {"field": "worst", "fixed": look.TEXT},
        "opacity": 1,
        "size": {"fixed": size, "min": 2, "max": 40},
        "text": {"mode": "field", "field": field, "fixed": ""},
        "textConfig": {
            "fontSize": size,
            "offsetX": 0,
            "offsetY": offset,
            "textAlign": "center",
            "textBaseline": "middle",
        },
    }
    return _layer(name, style, tooltip=False)


def _names(field: str, say: Words) -> MapLayerOptions:
    return _text(field, say("名称", "Names"), size=15, offset=22, colour={"fixed": look.MUTED})
