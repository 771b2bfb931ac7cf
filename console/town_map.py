"""The town's own map as SVG, drawn from map.geojson: no tiles, no other machine."""

import json
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from town.facility import Facility, Position
from town.town import Town

WIDTH, HEIGHT = 1240.0, 760.0
_MARGIN = 64.0
_LABEL_HEIGHT = 20.0
_METRES_A_DEGREE = 111_320.0
_ROLES = ("outline", "water", "road", "zone")
_BYTES_READ = 4 << 20


class Shape(NamedTuple):
    """One line or area: what it is, its SVG path, whether that is closed, its zone, where its name stands."""

    role: str
    path: str
    closed: bool
    zone: str
    name: dict[str, str]
    x: float
    y: float


class Spot(NamedTuple):
    """Where a facility's mark and name stand; `anchor` and the offsets place the name beside the mark."""

    facility: str
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str


class TownMap(NamedTuple):
    """Everything to draw, in a picture of WIDTH by HEIGHT."""

    shapes: tuple[Shape, ...]
    spots: tuple[Spot, ...]


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


class _Projection(NamedTuple):
    """Degrees to the picture: equirectangular about the town's middle, true enough for a few kilometres."""

    west: float
    north: float
    across: float
    scale: float
    left: float
    top: float

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = (longitude - self.west) * self.across * self.scale + self.left
        y = (self.north - latitude) * _METRES_A_DEGREE * self.scale + self.top
        return round(x, 1), round(y, 1)


def draw_map(folder: Path, town: Town, names: dict[str, str]) -> TownMap:
    """The map of a town with room for these facility names; without map.geojson only the facilities are there."""
    features = _features(folder / "map.geojson")
    project = _fit(features, town.facilities.values())
    shapes = [shape for feature in features for shape in _shapes(feature, project)]
    shapes.sort(key=lambda shape: _ROLES.index(shape.role))
    return TownMap(tuple(shapes), tuple(_place(town.facilities.values(), project, names)))


def _features(path: Path) -> list[dict[str, Any]]:
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else []


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> list[dict[str, Any]]:
    raw = path.read_bytes()
    found = json.loads(raw) if len(raw) <= _BYTES_READ else {}
    return [f for f in found.get("features", []) if f.get("properties", {}).get("role") in _ROLES]


def _rings(feature: dict[str, Any]) -> list[Sequence[Sequence[float]]]:
    geometry = feature["geometry"]
    coordinates = geometry["coordinates"]
    match geometry["type"]:
        case "LineString":
            return [coordinates]
        case "MultiLineString" | "Polygon":
            return list(coordinates)
        case "MultiPolygon":
            return [ring for polygon in coordinates for ring in polygon]
    return []


def _fit(features: Iterable[dict[str, Any]], facilities: Iterable[Facility]) -> _Projection:
    framing = [f for f in features if f["properties"]["role"] in {"outline", "zone"}]
    points = [(p[0], p[1]) for feature in framing for ring in _rings(feature) for p in ring]
    points += [(f.position.longitude, f.position.latitude) for f in facilities] or [(0.0, 0.0)]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    across = _METRES_A_DEGREE * math.cos(math.radians((south + north) / 2))
    wide = max((east - west) * across, 1.0)
    high = max((north - south) * _METRES_A_DEGREE, 1.0)
    scale = min((WIDTH - 2 * _MARGIN) / wide, (HEIGHT - 2 * _MARGIN) / high)
    return _Projection(west, north, across, scale, (WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2)


def _shapes(feature: dict[str, Any], project: _Projection) -> Iterable[Shape]:
    role, closed = feature["properties"]["role"], "Polygon" in feature["geometry"]["type"]
    for ring in _rings(feature):
        points = [project.at(p[0], p[1]) for p in ring]
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + ("Z" if closed else "")
        middle_x, middle_y = (min(a) + (max(a) - min(a)) / 2 for a in zip(*points, strict=True))
        top = min(y for _, y in points)
        properties = feature["properties"]
        zone, name = str(properties.get("zone", "")), properties.get("name") or {}
        yield Shape(role, path, closed, zone, name, middle_x, top if role == "zone" else middle_y)


def _place(facilities: Iterable[Facility], project: _Projection, names: dict[str, str]) -> Iterable[Spot]:
    """Names below their mark, or where they cover nothing."""
    spots = [(facility.id, *_at(facility.position, project)) for facility in facilities]
    taken = [_Box(x - 13, y - 13, x + 13, y + 13) for _, x, y in spots]
    for facility, x, y in spots:
        wide = text_width(names.get(facility, facility))
        choices = [
            (x, y + 30, "middle", _Box(x - wide / 2, y + 14, x + wide / 2, y + 14 + _LABEL_HEIGHT)),
            (x, y - 20, "middle", _Box(x - wide / 2, y - 36, x + wide / 2, y - 36 + _LABEL_HEIGHT)),
            (x + 18, y + 5, "start", _Box(x + 16, y - 10, x + 18 + wide, y + 10)),
            (x - 18, y + 5, "end", _Box(x - 18 - wide, y - 10, x - 16, y + 10)),
        ]
        free = next((c for c in choices if not any(c[3].meets(box) for box in taken)), choices[0])
        taken.append(free[3])
        yield Spot(facility, x, y, free[0], free[1], free[2])


def _at(position: Position, project: _Projection) -> tuple[float, float]:
    return project.at(position.longitude, position.latitude)


def text_width(text: str) -> float:
    """About how wide a name is drawn on the map, in its units."""
    return sum(16.5 if ord(letter) > 0x2E7F else 9.0 for letter in text)
