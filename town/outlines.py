"""The outlines of a town and its zones, as map.geojson has them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

Ring = list[tuple[float, float]]
"""Latitude and longitude of every corner; the last is the first again."""


class Outlines(NamedTuple):
    """The outer rings of the town and of each zone that is drawn."""

    town: list[Ring]
    zones: Mapping[str, list[Ring]]


def read_outlines(folder: Path) -> Outlines:
    """Those of a town folder that was checked; none when it has no map."""
    path = folder / "map.geojson"
    features: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["features"] if path.exists() else []
    town: list[Ring] = []
    zones: dict[str, list[Ring]] = {}
    for feature in features:
        match feature["properties"].get("role"):
            case "outline":
                town += _rings(feature["geometry"])
            case "zone":
                zones.setdefault(feature["properties"]["zone"], []).extend(_rings(feature["geometry"]))
    return Outlines(town, zones)


def _rings(geometry: dict[str, Any]) -> list[Ring]:
    polygons: list[Any] = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}.get(
        geometry["type"], []
    )
    return [[(point[1], point[0]) for point in polygon[0]] for polygon in polygons]
