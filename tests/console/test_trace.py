"""The small lines of the tiles."""

import re

from hypothesis import given
from hypothesis import strategies as st

from console.views.trace import HEIGHT, WIDTH, trace_path
from town.ports import Point

NUMBER = re.compile(r"-?\d+\.\d")


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60), st.floats(0, 100))
def test_trace_stays_in_its_box(values: list[float], least: float) -> None:
    points = [Point(at * 60_000, value) for at, value in enumerate(values)]

    path = trace_path(points, start=0, end=len(values) * 60_000, least=least)

    pairs = [tuple(map(float, NUMBER.findall(part))) for part in re.split("[ML]", path)[1:]]
    assert len(pairs) == len(values)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in pairs)


def test_trace_breaks_where_nothing_was_measured() -> None:
    points = [Point(at, 1.0) for at in (0, 1_000, 2_000, 9_000, 10_000)]

    assert trace_path(points, start=0, end=10_000).count("M") == 2


def test_noise_stays_small() -> None:
    points = [Point(0, 0.010), Point(1_000, 0.012)]

    heights = [
        float(part.split()[1]) for part in re.split("[ML]", trace_path(points, start=0, end=1_000, least=0.1))[1:]
    ]

    assert abs(heights[0] - heights[1]) < 2


def test_nothing_to_draw() -> None:
    assert trace_path([], start=0, end=1) == ""
    assert trace_path([Point(0, "text")], start=0, end=1) == ""
