"""map.geojson: the outline of a town, its zones, waters and roads (RFC 7946), and what is wrong with it."""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from town.findings import Finding, suggest
from town.items import unknown
from town.source import read_text, shown_name

ROLES = ("outline", "zone", "water", "road")
GEOMETRIES = ("Polygon", "MultiPolygon", "LineString", "MultiLineString")
MOST_BYTES = 4 << 20
_GAP = re.compile(r"[\s,]*")


def check_map(path: Path, *, root: Path, zones: Collection[str] | None) -> list[Finding]:
    """What is wrong with a map; a town needs none. Without `zones` nobody knows which there are."""
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
    lines = _lines(text, len(features))
    return [
        Finding(name, lines[index], *problem)
        for index, feature in enumerate(features)
        for problem in _problems(feature, f"features[{index}]", zones=zones)
    ]


def _lines(text: str, count: int) -> list[int]:
    """The line on which each feature begins, 0 where that cannot be said: the reader of JSON keeps no places."""
    found = re.search(r'"features"\s*:\s*\[', text)
    at, line, lines = 0, 1, list[int]()
    end = found.end() if found else len(text)
    while len(lines) < count:
        gap = _GAP.match(text, end)
        begin = gap.end() if gap else end
        try:
            end = json.JSONDecoder().raw_decode(text, begin)[1]
        except ValueError:
            break
        line, at = line + text.count("\n", at, begin), begin
        lines.append(line)
    return lines + [0] * (count - len(lines))


def _problems(feature: Any, where: str, *, zones: Collection[str] | None) -> Iterator[tuple[str, str, str]]:
    """Where, what and a suggestion."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        yield where, "`properties` is missing", "every feature says its role"
        return
    role = str(properties.get("role"))
    if role not in ROLES:
        yield f"{where}.properties.role", f"there is no role `{role}`", suggest(role, ROLES) or ", ".join(ROLES)
    zone = str(properties.get("zone"))
    if role == "zone" and zones is not None and zone not in zones:
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
