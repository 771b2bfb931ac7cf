"""map.geojson: the outline of a town, its zones, waters and roads (RFC 7946), and what is wrong with it."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from town.findings import Finding, suggest
from town.items import unknown
from town.source import read_text, shown_name

ROLES = ("outline", "zone", "water", "road")
GEOMETRIES = ("Polygon", "MultiPolygon", "LineString", "MultiLineString")
MOST_BYTES = 4 << 20


def check_map(path: Path, *, root: Path, zones: Collection[str]) -> list[Finding]:
    """What is wrong with a map; a town needs none."""
    if not path.exists():
        return []
    name = shown_name(path, root)
    text, findings = read_text(path, name=name, max_bytes=MOST_BYTES)
    if text is None:
        return findings
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        return [Finding(name, error.lineno, "", f"JSON: {error.msg}")]
    except (ValueError, RecursionError):
        return [Finding(name, 0, "", "there is a number too long or something nested too deeply")]
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        return [Finding(name, 0, "", "this is not a FeatureCollection", "save the map as GeoJSON")]
    return [Finding(name, 0, *problem) for problem in _problems(features, zones=zones)]


def _problems(features: list[Any], *, zones: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Where, what and a suggestion; JSON keeps no lines."""
    for index, feature in enumerate(features):
        where = f"features[{index}]"
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            yield where, "`properties` is missing", "every feature says its role"
            continue
        role = str(properties.get("role"))
        if role not in ROLES:
            yield f"{where}.properties.role", f"there is no role `{role}`", suggest(role, ROLES) or ", ".join(ROLES)
        zone = str(properties.get("zone"))
        if role == "zone" and zone not in zones:
            yield f"{where}.properties.zone", *unknown("zone", zone, zones)
        yield from _geometry_problems(feature.get("geometry"), where=f"{where}.geometry")


def _geometry_problems(geometry: Any, *, where: str) -> Iterator[tuple[str, str, str]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in GEOMETRIES:
        yield where, f"`{kind}` cannot be drawn", ", ".join(GEOMETRIES)
        return
    depth = {"LineString": 1, "MultiPolygon": 3}.get(kind, 2)
    for point in _points(geometry.get("coordinates"), depth):
        if not _is_position(point):
            yield where, "there is a point that is not [longitude, latitude]", "GeoJSON puts the longitude first"
            return


def _points(coordinates: Any, depth: int) -> Iterator[Any]:
    if depth == 0 or not isinstance(coordinates, list):
        yield coordinates
        return
    for part in coordinates:
        yield from _points(part, depth - 1)


def _is_position(point: Any) -> bool:
    if not isinstance(point, list) or len(point) not in (2, 3):
        return False
    numbers = all(isinstance(number, int | float) and not isinstance(number, bool) for number in point)
    return numbers and abs(point[0]) <= 180 and abs(point[1]) <= 90
