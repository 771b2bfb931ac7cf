"""When a rule watches: a span of the day, in the town's time zone, on some days of the week or the calendar."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from town.moment import Moment, as_datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Schedule:
    """From `start`, included, to `end`, excluded; past midnight it belongs to the day on which it starts."""

    start: time
    end: time
    on: Callable[[date], bool]
    """Whether it may start on that day."""
    zone: ZoneInfo

    def includes(self, at: Moment) -> bool:
        """Whether the moment is inside."""
        local = as_datetime(at, self.zone)
        clock, day = local.time(), local.date()
        if self.start < self.end:
            return self.start <= clock < self.end and self.on(day)
        if clock >= self.start:
            return self.on(day)
        return clock < self.end and self.on(day - timedelta(days=1))


def on_days(days: Collection[str]) -> Callable[[date], bool]:
    """On these days of the week, by their short names."""
    numbers = frozenset(DAYS.index(day) for day in days)
    return lambda day: day.weekday() in numbers
