"""The figures of buckets, added up value by value."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from town.moment import Duration, Moment

Tags = tuple[str, ...]
Rows = dict[tuple[Tags, Moment], dict[str, float]]
"""Figures by name, such as `temperature_mean`, of each bucket of each sensor where it stood."""


def add_up(rows: Iterable[Sequence[Any]], quantities: Sequence[str], *, width: Duration) -> Rows:
    """Figures from rows of moment, a value for each quantity (None without one), and tags; oldest first."""
    buckets: dict[tuple[Tags, Moment], dict[str, list[float]]] = {}
    after = 1 + len(quantities)
    for row in rows:
        at = row[0]
        bucket = buckets.setdefault((tuple(row[after:]), at - at % width), {})
        for quantity, value in zip(quantities, row[1:after], strict=True):
            if value is not None:
                _add(bucket, quantity, float(value))
    return {key: dict(_named(bucket)) for key, bucket in buckets.items()}


def _add(bucket: dict[str, list[float]], quantity: str, value: float) -> None:
    figures = bucket.get(quantity)
    if figures is None:
        bucket[quantity] = [1.0, value, value, value, value]
        return
    figures[0] += 1.0
    figures[1] += value
    figures[2] = min(figures[2], value)
    figures[3] = max(figures[3], value)
    figures[4] = value


def _named(bucket: Mapping[str, Sequence[float]]) -> Iterator[tuple[str, float]]:
    for quantity, (count, total, low, high, last) in bucket.items():
        yield f"{quantity}_count", count
        yield f"{quantity}_sum", total
        yield f"{quantity}_min", low
        yield f"{quantity}_max", high
        yield f"{quantity}_mean", total / count
        yield f"{quantity}_last", last
