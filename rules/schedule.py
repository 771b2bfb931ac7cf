"""When a rule watches: a span of the day, in the town's time zone, on some days of the week."""

from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from town.moment import Moment, as_datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Schedule:
    """From `start`, included, to `end`, excluded; past midnight it belongs to the day on which it starts."""

    start: time
    end: time
    days: frozenset[int]
    """Monday is 0."""
    zone: ZoneInfo

    def includes(self, at: Moment) -> bool:
        """Whether the moment is inside."""
        local = as_datetime(at, self.zone)
        clock, day = local.time(), local.date()
        if self.start < self.end:
            return self.start <= clock < self.end and day.weekday() in self.days
        if clock >= self.start:
            return day.weekday() in self.days
        return clock < self.end and (day - timedelta(days=1)).weekday() in self.days
