"""Which stored resolution answers what: rollups where they are current, what they were made from everywhere else."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from town.moment import HOUR, MINUTE, Duration, Moment


class Resolution(NamedTuple):
    """Buckets of one width, aligned to multiples of it since 1970; `name` is what the stores call them."""

    name: str
    width: Duration


MINUTES = Resolution("1m", MINUTE)
"""Made from the stored values themselves."""
HOURS = Resolution("1h", HOUR)
"""Made from the minutes."""
ROLLUPS = (MINUTES, HOURS)

FIGURES = ("count", "sum", "min", "max", "mean", "last")
"""What is kept of each bucket; booleans count as 0 and 1."""

MOST_SPANS = 16


class Piece(NamedTuple):
    """Part of a question, answered from one resolution; None is the stored values."""

    resolution: Resolution | None
    start: Moment
    end: Moment


def pieces(
    *, start: Moment, end: Moment, every: Duration, changed: Mapping[Resolution, Collection[Moment]]
) -> list[Piece]:
    """What to ask for start <= at < end in buckets of `every`, in order and without gaps, the coarsest that is exact.

    `changed` holds, for every resolution that can be asked, the starts of its buckets that are not current; these come
    from the next finer one.
    """
    levels = [(one, spans(changed[one], one.width)) for one in reversed(ROLLUPS) if one in changed]
    usable = [(one, stale) for one, stale in levels if every % one.width == 0]
    merged: list[Piece] = []
    for piece in _cover(start, end, usable):
        if merged and merged[-1].resolution == piece.resolution:
            merged[-1] = Piece(piece.resolution, merged[-1].start, piece.end)
        else:
            merged.append(piece)
    return merged


def _cover(start: Moment, end: Moment, levels: list[tuple[Resolution, list[tuple[Moment, Moment]]]]) -> Iterable[Piece]:
    if start >= end:
        return
    if not levels:
        yield Piece(None, start, end)
        return
    (level, stale), finer = levels[0], levels[1:]
    at, last = -(-start // level.width) * level.width, end - end % level.width
    if at >= last:
        yield from _cover(start, end, finer)
        return
    yield from _cover(start, at, finer)
    for first, after in stale:
        if after <= at or first >= last:
            continue
        if at < first:
            yield Piece(level, at, first)
        yield from _cover(max(at, first), min(after, last), finer)
        at = min(after, last)
    if at < last:
        yield Piece(level, at, last)
    yield from _cover(last, end, finer)


def spans(buckets: Iterable[Moment], width: Duration, *, most: int = MOST_SPANS) -> list[tuple[Moment, Moment]]:
    """The buckets as at most that many spans (start, end) in order; the smallest gaps are closed to get there."""
    starts = sorted(set(buckets))
    if not starts:
        return []
    gaps = [i for i in range(1, len(starts)) if starts[i] - starts[i - 1] > width]
    if len(gaps) >= most:
        gaps = sorted(sorted(gaps, key=lambda i: starts[i - 1] - starts[i])[: most - 1])
    firsts, lasts = [0, *gaps], [*(i - 1 for i in gaps), len(starts) - 1]
    return [(starts[a], starts[b] + width) for a, b in zip(firsts, lasts, strict=True)]
