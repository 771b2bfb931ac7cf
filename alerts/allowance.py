"""How much a credential may send: so many messages in any window of time, at 80 % of what its provider allows. Pure.

A window that slides, and not a bucket that fills: a bucket may be emptied at the end of one minute and again in the
next, which is twice what was allowed, and the robots fall silent for ten minutes when that happens.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from town.moment import Duration, Moment

SHARE = 0.8
"""The share of a provider's limit that we use."""
_FEW = 5


_ENOUGH = 8
"""From so many messages a window on, the last one is kept for a digest of what is urgent."""


class Use(StrEnum):
    """For what a message uses up an allowance; each may use more of it than the one before."""

    ALONE = "alone"
    """One notification that is not urgent."""
    GATHERED = "gathered"
    """A digest of such, or the few that are too few for one."""
    URGENT = "urgent"
    """A critical alert, alone: a quarter of every window is kept for these."""
    URGENT_GATHERED = "urgent_gathered"
    """A digest of critical alerts, when even they are too many."""

    @property
    def gathered(self) -> "Use":
        """The use of a digest of what is of this use."""
        return Use.GATHERED if self is Use.ALONE else Use.URGENT_GATHERED if self is Use.URGENT else self

    def of(self, most: int) -> int:
        """How many of the messages that a window allows may be sent for this use and those before it."""
        gathered = max(1, most - max(1, most // 4))
        match self:
            case Use.ALONE:
                return min(gathered, max(1, most // 2))
            case Use.GATHERED:
                return gathered
            case Use.URGENT:
                return most - 1 if most >= _ENOUGH else most
        return most


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

    def free_at(self, spent: Sequence[Moment], now: Moment, use: Use = Use.URGENT_GATHERED) -> Moment:
        """When the next message may go: now, or when enough of those `spent`, oldest first, are long enough ago."""
        free = now
        for limit in (one.kept() for one in self.limits):
            most = use.of(limit.messages)
            if len(spent) >= most:
                free = max(free, spent[-most] + limit.window)
        return free

    def left(self, spent: Sequence[Moment], now: Moment, use: Use) -> int:
        """How many messages may go at this moment."""
        kept = [(use.of(limit.messages), now - limit.window) for limit in (one.kept() for one in self.limits)]
        return max(0, min(most - sum(at > since for at in spent) for most, since in kept))

    def remembered(self, spent: Iterable[Moment], now: Moment) -> list[Moment]:
        """Those moments that still count, oldest first; one from a clock that was ahead counts as now."""
        longest = max((one.kept().window for one in self.limits), default=0)
        return sorted(min(at, now) for at in spent if at > now - longest)
