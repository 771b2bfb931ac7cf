"""When a message counts as received: as of the clock, but never in a moment that has been closed.

Whoever judges as of receipt judges everything of a moment together. It need not wait for the end of the running
millisecond when what comes after is received in the next one.
"""

from town.moment import SECOND, Duration, Moment
from town.ports import Clock

_LONGEST_LEAD: Duration = SECOND // 10
"""A clock that was set back by more than that is followed."""


class ReceiptClock:
    """Tells the moment of receipt; `close` ends the running one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opens: Moment = 0

    def __call__(self) -> Moment:
        """The moment at which something is received now."""
        now = self._clock()
        return self._opens if now < self._opens <= now + _LONGEST_LEAD else now

    def close(self) -> Moment:
        """Return the next moment: nothing is received before it any more."""
        self._opens = self._clock() + 1
        return self._opens
