"""How much a credential may send: so many messages in any window of time, at 80 % of what its provider allows. Pure.

A window that slides, and not a bucket that fills: a bucket may be emptied at the end of one minute and again in the
next, which is twice what was allowed, and the robots fall silent for ten minutes when that happens.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from town.moment import Duration, Moment

SHARE = 0.8
"""The share of a provider's limit that we use."""
_FEW = 5


class Limit(NamedTuple):
    """At most `messages` messages in any `window`, as the provider says it."""

    messages: int
    window: Duration

    def kept(self) -> "Limit":
        """What we keep to: fewer messages, or a longer window when so few are allowed that fewer would be none."""
        if self.messages < _FEW:
            return Limit(self.messages, round(self.window / SHARE))
        return Limit(int(self.messages * SHARE), self.window)


class Allowance(NamedTuple):
    """What one credential may send; recipients with the same `key` share it."""

    key: str
    limits: tuple[Limit, ...]

    def free_at(self, spent: Sequence[Moment], now: Moment) -> Moment:
        """When the next message may go: now, or when enough of those `spent`, oldest first, are long enough ago."""
        free = now
        for limit in (one.kept() for one in self.limits):
            if len(spent) >= limit.messages:
                free = max(free, spent[-limit.messages] + limit.window)
        return free

    def remembered(self, spent: Iterable[Moment], now: Moment) -> list[Moment]:
        """Those moments that still count, oldest first; one from a clock that was ahead counts as now."""
        longest = max((one.kept().window for one in self.limits), default=0)
        return sorted(min(at, now) for at in spent if at > now - longest)
