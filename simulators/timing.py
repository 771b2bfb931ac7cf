"""The time of a play: where it starts, how fast it runs, and that it never gets ahead of the wall clock."""

from datetime import datetime, time, timedelta, tzinfo
from math import ceil

import msgspec

from simulators.scenario import Scenario
from town.moment import DAY, Duration, Moment, as_datetime, from_datetime

_UNENDING_REPLAY = DAY
"""How far back a play without an end starts when it runs faster than time."""


class Timing(msgspec.Struct, frozen=True):
    """Simulated time runs from `start` at `speed`, begun at the wall's `begun_at`; `end` is None without an end."""

    start: Moment
    speed: float
    begun_at: Moment
    end: Moment | None

    def simulated(self, now: Moment) -> Moment:
        """The simulated moment at a moment of the wall clock, which it never passes."""
        return min(self.start + round(self.speed * (now - self.begun_at)), now)

    def until(self, at: Moment, now: Moment) -> Duration:
        """How long it takes, on the wall, until the simulated moment has come; 0 when it has."""
        left = at - self.simulated(now)
        return 0 if left <= 0 else max(ceil(left / self.speed), at - now)


def timing(scenario: Scenario, zone: tzinfo, *, now: Moment, speed: float = 1.0) -> Timing:
    """When a play runs that begins now; `speed` is relative to the scenario's own.

    At speed 1 and without a `local_time` that is the wall clock. Faster ones start so far back that they end now, and a
    `local_time` is the last one from which the whole play stays in the past.
    """
    pace = scenario.speed * speed
    ahead = 0 if pace <= 1 else (scenario.duration or _UNENDING_REPLAY) * (1 - 1 / pace)
    start = now - round(ahead)
    if scenario.local_time is not None:
        start = _last(scenario.local_time, start, zone)
    end = None if scenario.duration is None else start + scenario.duration
    return Timing(start, pace, now, end)


def _last(minutes: int, before: Moment, zone: tzinfo) -> Moment:
    """The last moment, not after `before`, at which the town's clocks showed that time of day."""
    day = as_datetime(before, zone).date()
    while True:
        shown = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
        if from_datetime(shown) <= before:
            return from_datetime(shown)
        day -= timedelta(days=1)
