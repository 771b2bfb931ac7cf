"""Hours of the week, as people write them: which days, from when to when, past midnight too; and their moments."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from town.findings import suggest
from town.moment import Moment, as_datetime, from_datetime
from town.town import Town

DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAY_NAMES: tuple[DayName, ...] = get_args(DayName)
DayKind = Literal["all", "workdays", "restdays"]
_KINDS: tuple[str, ...] = get_args(DayKind)
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_WHOLE_DAY = 24 * 60


def _days(value: Any) -> Any:
    """The days as they are to be read; one day's name is a list of one."""
    if value in _KINDS:
        return value
    days = [value] if isinstance(value, str) else value
    if not isinstance(days, list | tuple) or not days:
        raise ValueError("write workdays, restdays, all, or a list of days such as [mon, tue]")
    for day in days:
        if day not in DAY_NAMES:
            hint = suggest(str(day), (*_KINDS, *DAY_NAMES)) or f"days are {', '.join(DAY_NAMES)}"
            raise ValueError(f"`{str(day)[:20]}` is not known as a day; {hint}")
    return tuple(days)


def parse_time(text: str) -> int:
    """Minutes since midnight of `08:00`, up to `24:00`; raises ValueError with what was expected."""
    found = _TIME.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else _WHOLE_DAY + 1
    if minutes > _WHOLE_DAY:
        raise ValueError(f'{text[:20]!r} is not a time of day: write it as "08:00"')
    return minutes


def _minutes(value: Any) -> Any:
    # Without quotes YAML 1.2 keeps 08:00 as a text; anything else was not meant as a time of day.
    if not isinstance(value, str):
        raise ValueError('write a time of day as "08:00"')
    return parse_time(value)


TimeOfDay = Annotated[int, BeforeValidator(_minutes)]
"""Minutes since midnight in the town's time, written `"08:00"`."""


class Hours(BaseModel):
    """From when to when on which days; a day's hours that end before they begin end on the next day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[DayKind | tuple[DayName, ...], BeforeValidator(_days)] = "all"
    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")

    def on(self, day: date, town: Town) -> bool:
        """Whether they begin on that day, by the town's calendar."""
        if self.days == "all":
            return True
        if isinstance(self.days, str):
            return town.is_workday(day) == (self.days == "workdays")
        return DAY_NAMES[day.weekday()] in self.days

    def spans(self, start: Moment, end: Moment, town: Town) -> Iterator[tuple[Moment, Moment]]:
        """Every stretch of them that touches `start <= at < end`, in order; each from its first moment to its end."""
        day = as_datetime(start, town.zone_info).date() - timedelta(days=1)
        last = as_datetime(end, town.zone_info).date()
        while day <= last:
            if self.on(day, town):
                begins = at_time(day, self.start, town)
                ends = at_time(day if self.end > self.start else day + timedelta(days=1), self.end, town)
                if begins < end and ends > start:
                    yield begins, ends
            day += timedelta(days=1)

    def include(self, at: Moment, town: Town) -> bool:
        """Whether the moment lies in them: by the clock on the wall, without making spans of it."""
        local = as_datetime(at, town.zone_info)
        minutes, day = local.hour * 60 + local.minute, local.date()
        if self.start < self.end:
            return self.start <= minutes < self.end and self.on(day, town)
        if minutes >= self.start and self.on(day, town):
            return True
        return minutes < self.end and self.on(day - timedelta(days=1), town)

    def hold(self, at: Moment, town: Town) -> Moment | None:
        """When those end in which the moment lies; None when it lies in none."""
        return max((ends for begins, ends in self.spans(at, at + 1, town) if begins <= at), default=None)


def at_time(day: date, minutes: int, town: Town) -> Moment:
    """The moment of a time of day in the town; 24:00 is the beginning of the next day."""
    if minutes == _WHOLE_DAY:
        day, minutes = day + timedelta(days=1), 0
    return from_datetime(datetime.combine(day, time(minutes // 60, minutes % 60), town.zone_info))


def written(minutes: int) -> str:
    """A time of day as people write it."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
