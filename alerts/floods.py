"""Floods of alerts: from when more than ten in ten minutes call one operator until it is fewer than five. Pure."""

from collections import deque
from collections.abc import Iterable
from itertools import chain

from town.moment import MINUTE, Duration, Moment

WITHIN: Duration = 10 * MINUTE
STARTS_ABOVE, ENDS_BELOW = 10, 5
"""Activations within ten minutes, for each operator."""


class Floods:
    """Follows activations in their order; an activation counts from its moment for ten minutes."""

    def __init__(self, operators: int) -> None:
        self._starts_above, self._ends_below = STARTS_ABOVE * operators, ENDS_BELOW * operators
        self._counting: deque[Moment] = deque()
        self._since: Moment | None = None
        self._over: list[tuple[Moment, Moment]] = []

    def add(self, at: Moment) -> None:
        """One more activation, not before the latest and not before what was asked about."""
        self._until(at)
        self._counting.append(at)
        if self._since is None and len(self._counting) > self._starts_above:
            self._since = at

    def _until(self, now: Moment) -> None:
        while self._counting and self._counting[0] + WITHIN <= now:
            ended_at = self._counting.popleft() + WITHIN
            if self._since is not None and len(self._counting) < self._ends_below:
                self._over.append((self._since, ended_at))
                self._since = None

    def count(self, now: Moment) -> int:
        """Activations of the last ten minutes; `now` is not before the latest one, and never goes back."""
        self._until(now)
        return len(self._counting)

    def is_flood(self, now: Moment) -> bool:
        """Whether there is a flood now."""
        self._until(now)
        return self._since is not None

    def time_in_flood(self, *, start: Moment, now: Moment) -> Duration:
        """For how long there was one between then and now."""
        self._until(now)
        running: Iterable[tuple[Moment, Moment]] = [(self._since, now)] if self._since is not None else []
        return sum(max(0, min(end, now) - max(begin, start)) for begin, end in chain(self._over, running))

    def forget(self, before: Moment) -> None:
        """Let go of floods that were over by then."""
        self._over = [one for one in self._over if one[1] >= before]
