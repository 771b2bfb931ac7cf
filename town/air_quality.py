"""The air quality index of China (HJ 633-2012), from means of one hour: the worst pollutant counts."""

from collections.abc import Mapping
from itertools import pairwise
from math import ceil
from typing import NamedTuple

INDEX = (0, 50, 100, 150, 200, 300, 400, 500)

BREAKPOINTS: Mapping[str, tuple[float, ...]] = {
    "pm2_5": (0, 35, 75, 115, 150, 250, 350, 500),
    "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    "o3": (0, 160, 200, 300, 400, 800, 1_000, 1_200),
    "no2": (0, 100, 200, 700, 1_200, 2_340, 3_090, 3_840),
    "so2": (0, 150, 500, 650, 800),
    "co_air": (0, 5, 10, 35, 60, 90, 120, 150),
}
"""Concentrations at which the index of a pollutant is that of INDEX. Dust has those of 24 h, as reports of the hour do;
sulphur dioxide has none above 800."""

NO_PRIMARY_UP_TO = 50


class AirQuality(NamedTuple):
    """The index, and the pollutant that makes it so; none in clean air."""

    value: int
    primary: str | None


def air_quality(means: Mapping[str, float]) -> AirQuality | None:
    """The index that follows from the means of an hour; None when none of the pollutants is among them."""
    indices = {name: pollutant_index(name, mean) for name, mean in means.items() if name in BREAKPOINTS}
    if not indices:
        return None
    worst = max(indices, key=lambda name: (indices[name], -list(BREAKPOINTS).index(name)))
    return AirQuality(indices[worst], worst if indices[worst] > NO_PRIMARY_UP_TO else None)


def pollutant_index(name: str, concentration: float) -> int:
    """The index of one pollutant: between two breakpoints on a straight line, rounded up; at most that of the last."""
    points = BREAKPOINTS[name]
    value = max(0.0, concentration)
    for (low, high), (bottom, top) in zip(pairwise(points), pairwise(INDEX), strict=False):
        if value <= high:
            return ceil(round(bottom + (top - bottom) * (value - low) / (high - low), 6))
    return INDEX[len(points) - 1]
