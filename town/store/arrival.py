"""Readings in order of arrival from a store that can be asked only for when they were measured."""

from collections.abc import AsyncIterator, Awaitable, Callable
from operator import attrgetter

from town.moment import DAY, MINUTE, Duration, Moment
from town.reading import Reading

LATEST: Duration = 2 * DAY
"""How long after it was measured a reading may arrive to be found in order of arrival."""
_AHEAD: Duration = MINUTE
"""How far a sensor's clock may be ahead: what is further is measured when it is received."""
_PER_FETCH = 4

FetchLate = Callable[[Moment, Moment, Duration | None, int | None], Awaitable[list[Reading] | None]]
"""`fetch(start, end, delay, most)`: every reading measured in the window and received at least `delay` later, or None
when there are more than `most`."""

_arrival = attrgetter("received_at", "measured_at", "sensor")


async def by_arrival(
    fetch: FetchLate, *, start: Moment, end: Moment, batch: int, width: Duration = 10 * MINUTE
) -> AsyncIterator[list[Reading]]:
    """All readings with start <= received_at < end in that order, in lists of at most `batch`.

    Of what was measured before `start` only what came late is asked for; what came early is held until its turn.
    """
    held: list[Reading] = []
    at, last, most = start - LATEST, end + _AHEAD, batch * _PER_FETCH
    while at < last:
        until = min(at + width, start if at < start else last)
        found = await fetch(at, until, start - until if until <= start else None, most if until - at > 1 else None)
        if found is None:
            width = max(1, (until - at) // 4)
            continue
        held += [reading for reading in found if start <= reading.received_at < end]
        at = until
        if len(found) < batch:
            width *= 4
        held.sort(key=_arrival)
        ready = [reading for reading in held if reading.received_at < at - _AHEAD] if at < last else held
        held = held[len(ready) :]
        for first in range(0, len(ready), batch):
            yield ready[first : first + batch]
