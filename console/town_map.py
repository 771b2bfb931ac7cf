"""The town's own map as SVG, drawn from map.geojson: no tiles, no other machine."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from town.facility import Facility, Position
from town.town import Town

WIDTH, HEIGHT = 1200.0, 780.0
_MARGIN = 40.0
_LABEL_HEIGHT = 20.0
_METRES_A_DEGREE = 111_320.0
_ROLES = ("outline", "water", "road", "zone")
_BYTES_READ = 4 << 20


class Shape(NamedTuple):
    """One line or area: what it is, its SVG path, whether that is closed, its zone and name, its points."""

    role: str
    path: str
    closed: bool
    zone: str
    name: dict[str, str]
    points: tuple[tuple[float, float], ...]


class Spot(NamedTuple):
    """Where a facility's mark and name stand; the label is placed from the mark."""

    facility: str
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str


class Name(NamedTuple):
    """The name of a zone or a water, and where its middle stands."""

    role: str
    text: str
    x: float
    y: float


class TownMap(NamedTuple):
    """Everything to draw, in a picture of WIDTH by HEIGHT."""

    shapes: tuple[Shape, ...]
    spots: tuple[Spot, ...]
    names: tuple[Name, ...]


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


def draw_map(folder: Path, town: Town, names: Mapping[str, str], areas: Callable[[Shape], str]) -> TownMap:
    """The map of a town with room for these names of facilities and areas; without map.geojson only the facilities."""
    features = _features(folder / "map.geojson")
    project = _fit(features, town.facilities.values())
    shapes = [shape for feature in features for shape in _shapes(feature, project)]
    shapes.sort(key=lambda shape: _ROLES.index(shape.role))
    taken: list[_Box] = []
    spots = tuple(_place(town.facilities.values(), project, names, taken))
    return TownMap(tuple(shapes), spots, tuple(_name(shapes, areas, taken)))


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
    properties, closed = feature["properties"], "Polygon" in feature["geometry"]["type"]
    for ring in _rings(feature):
        points = tuple(project.at(p[0], p[1]) for p in ring)
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + ("Z" if closed else "")
        zone, name = str(properties.get("zone", "")), properties.get("name") or {}
        yield Shape(properties["role"], path, closed, zone, name, points)


def _place(
    facilities: Iterable[Facility], project: _Projection, names: Mapping[str, str], taken: list[_Box]
) -> Iterable[Spot]:
    """Names below their mark, or where they cover nothing."""
    spots = [(facility.id, *_at(facility.position, project)) for facility in facilities]
    taken += [_Box(x - 14, y - 14, x + 14, y + 14) for _, x, y in spots]
    for facility, x, y in spots:
        wide = text_width(names.get(facility, facility)) + 8
        choices = [
            (0.0, 34.0, "middle", _Box(x - wide / 2, y + 17, x + wide / 2, y + 17 + _LABEL_HEIGHT)),
            (0.0, -22.0, "middle", _Box(x - wide / 2, y - 38, x + wide / 2, y - 38 + _LABEL_HEIGHT)),
            (22.0, 6.0, "start", _Box(x + 16, y - 10, x + 22 + wide, y + 10)),
            (-22.0, 6.0, "end", _Box(x - 22 - wide, y - 10, x - 16, y + 10)),
        ]
        free = next((c for c in choices if not any(c[3].meets(box) for box in taken)), choices[0])
        taken.append(free[3])
        yield Spot(facility, x, y, free[0], free[1], free[2])


def _name(shapes: Iterable[Shape], areas: Callable[[Shape], str], taken: list[_Box]) -> Iterable[Name]:
    """Names of areas where there is room: a water along itself, a zone along its edge or in its middle."""
    for shape in shapes:
        text = areas(shape)
        if not text or shape.role not in {"zone", "water"}:
            continue
        wide = text_width(text) + 10
        for x, y in _rooms(shape):
            box = _Box(x - wide / 2, y - _LABEL_HEIGHT / 2, x + wide / 2, y + _LABEL_HEIGHT / 2)
            if not any(box.meets(other) for other in taken):
                taken.append(box)
                yield Name(shape.role, text, round(x, 1), round(y + 5, 1))
                break


def _rooms(shape: Shape) -> Iterable[tuple[float, float]]:
    xs, ys = [x for x, _ in shape.points], [y for _, y in shape.points]
    left, top, wide, high = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    if shape.role == "water" and not shape.closed:
        yield from (shape.points[len(shape.points) * part // 8] for part in (4, 3, 5, 6, 2, 7, 1))
        return
    if shape.role == "water":
        yield left + wide / 2, top + high / 2
    for down in (18.0, high - 18.0, high / 2, high / 3, high * 2 / 3):
        for across in (0.5, 0.25, 0.75, 0.35, 0.65):
            yield left + wide * across, top + down


def _at(position: Position, project: _Projection) -> tuple[float, float]:
    return project.at(position.longitude, position.latitude)


def text_width(text: str) -> float:
    """About how wide a name is drawn on the map, in its units."""
    return sum(16.5 if ord(letter) > 0x2E7F else 9.2 for letter in text)
