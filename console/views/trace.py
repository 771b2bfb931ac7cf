"""A small line without axes, as an SVG path."""

from collections.abc import Sequence
from itertools import pairwise

from town.moment import Moment
from town.ports import Point

WIDTH, HEIGHT = 260.0, 44.0
_GAP = 3
"""Buckets that may be missing before the line breaks."""


def trace_path(points: Sequence[Point], *, start: Moment, end: Moment, least: float = 0.0) -> str:
    """The path of numbers between two moments in a box of WIDTH by HEIGHT; broken where nothing was measured.

    A smaller span of values than `least` does not fill the box.
    """
    seen = [(p.at, float(p.value)) for p in points if not isinstance(p.value, str)]
    if len(seen) < 2 or end <= start:
        return ""
    low, high = min(v for _, v in seen), max(v for _, v in seen)
    spread = max(high - low, least) or 1.0
    low -= (spread - (high - low)) / 2
    steps = [later[0] - earlier[0] for earlier, later in pairwise(seen)]
    longest = min(steps) * _GAP
    parts = []
    for index, (at, value) in enumerate(seen):
        x = min(WIDTH, max(0.0, (at - start) / (end - start) * WIDTH))
        y = HEIGHT - 3 - (value - low) / spread * (HEIGHT - 6)
        breaks = index == 0 or steps[index - 1] > longest
        parts.append(f"{'M' if breaks else 'L'}{x:.1f} {y:.1f}")
    return "".join(parts)
