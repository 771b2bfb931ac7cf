"""The town's own time: hour, weekday, season, days off, and how busy each kind of place is."""

import math
from datetime import date, timedelta, tzinfo
from functools import lru_cache

import msgspec

from town.moment import DAY, HOUR, MINUTE, Moment, as_datetime

_EPOCH = date(1970, 1, 1)
_COLDEST_DAY = 20  # of the year, in the lower Yangtze plain
HOLIDAYS = {(1, 1), (5, 1), (5, 2), (5, 3), (10, 1), (10, 2), (10, 3), (10, 4), (10, 5), (10, 6), (10, 7)}
"""Days off with a fixed date, as (month, day); those that follow the moon are ordinary days here."""


class LocalTime(msgspec.Struct, frozen=True, gc=False):
    """A moment as the town's clocks show it."""

    day: int
    """Days since 1970-01-01."""
    hour: float
    weekday: int
    """0 is Monday."""
    warmth: float
    """The season: -1 in the depth of winter, 1 at the height of summer."""
    day_off: bool
    """A weekend or a holiday."""

    @property
    def hour_of_week(self) -> float:
        """Hours since Monday 0:00."""
        return self.weekday * 24 + self.hour


def local_time(at: Moment, zone: tzinfo) -> LocalTime:
    """What the clocks and the calendar say."""
    day, rest = divmod(at + _offset(at // (15 * MINUTE), zone), DAY)
    warmth, day_off = _calendar_day(day)
    return LocalTime(day, rest / HOUR, (day + 3) % 7, warmth, day_off)


@lru_cache(maxsize=4096)
def _offset(quarter: int, zone: tzinfo) -> int:
    shift = as_datetime(quarter * 15 * MINUTE, zone).utcoffset() or timedelta()
    return round(shift.total_seconds() * 1000)


@lru_cache(maxsize=4096)
def _calendar_day(day: int) -> tuple[float, bool]:
    shown = _EPOCH + timedelta(days=day)
    warmth = -math.cos(2 * math.pi * (shown.timetuple().tm_yday - _COLDEST_DAY) / 365)
    return warmth, shown.weekday() >= 5 or (shown.month, shown.day) in HOLIDAYS


class Habits(msgspec.Struct, frozen=True):
    """How a kind of place is used: opening hours, how many come on a workday and on a day off, how long they stay."""

    opens: float
    closes: float
    workday: int
    day_off: int
    stay_minutes: float
    doors_per_day: int = 20


_WORKPLACE = Habits(7, 18, 30, 8, 180)
HABITS: dict[str, Habits] = {
    "visitor_centre": Habits(8.5, 17.5, 600, 1800, 40, 60),
    "museum": Habits(9, 17, 400, 1300, 75, 30),
    "shop_street": Habits(8, 21, 2600, 7500, 50),
    "market": Habits(5.5, 18, 1800, 3000, 25),
    "square": Habits(6, 21.5, 1200, 3200, 35),
    "park": Habits(5.5, 20, 500, 1500, 60),
    "dock": Habits(7.5, 18, 260, 900, 20),
    "bridge": Habits(5.5, 21, 1500, 3600, 4),
    "school": Habits(7, 17.5, 620, 0, 420, 40),
    "kindergarten": Habits(7.5, 17, 180, 0, 400, 24),
    "clinic": Habits(8, 20, 160, 90, 45, 50),
    "parking": Habits(7, 21, 420, 900, 120),
    "home": Habits(6.5, 21, 6, 8, 240, 8),
    "cellar": Habits(7.5, 17, 12, 2, 45, 10),
    "brewery": Habits(6.5, 18, 40, 12, 200, 40),
    "pumping_station": Habits(8, 17, 3, 1, 40, 4),
    "sluice": Habits(8, 17, 4, 1, 40, 4),
}
"""By kind of facility; every other kind is a workplace."""


def habits(facility_kind: str) -> Habits:
    """How places of that kind are used."""
    return HABITS.get(facility_kind, _WORKPLACE)


def activity(facility_kind: str, local: LocalTime) -> float:
    """How busy such a place is, from 0 (closed) to 1; fades in and out over half an hour."""
    used = habits(facility_kind)
    day = used.day_off / max(used.workday, used.day_off) if local.day_off else 1.0
    return day * hour_activity(used, local.hour)


def hour_activity(used: Habits, hour: float) -> float:
    """How busy the hour is on a full day, from 0 to 1, with a dip at noon."""
    edge = min(hour - used.opens, used.closes - hour)
    if edge <= 0:
        return 0.0
    return min(1.0, edge * 2) * (1 - 0.25 * math.exp(-(((hour - 12.3) / 0.8) ** 2)))
