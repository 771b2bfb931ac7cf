"""Walking through time in windows that grow and shrink with what is found in them."""

from collections.abc import AsyncIterator, Awaitable, Callable

from town.moment import MINUTE, Moment
from town.reading import Reading

Fetch = Callable[[Moment, Moment, int | None], Awaitable[list[Reading] | None]]
"""`fetch(start, end, most)`: every reading in the window in order, or None when there are more than `most`."""

_PER_FETCH = 4  # a window may hold this many batches: few queries, and a bounded answer


async def in_batches(
    fetch: Fetch, *, start: Moment, end: Moment, batch: int, width: int = 10 * MINUTE
) -> AsyncIterator[list[Reading]]:
    """All readings with start <= measured_at < end, in order, in lists of `batch` (the last of a window shorter)."""
    most = batch * _PER_FETCH
    while start < end:
        found = await fetch(start, min(start + width, end), most if width > 1 else None)
        if found is None:
            width = max(1, width // 4)
            continue
        for first in range(0, len(found), batch):
            yield found[first : first + batch]
        start += width
        if len(found) < batch:
            width *= 4
