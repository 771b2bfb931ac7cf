"""Hours in which a rule watches."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from rules.schedule import DAYS, Schedule, on_days
from town.moment import from_datetime

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = Schedule(time(22), time(6), on_days(["fri"]), SHANGHAI)
DAY = Schedule(time(8), time(17, 30), on_days(DAYS[:5]), SHANGHAI)


@pytest.mark.parametrize(
    ("schedule", "local", "inside"),
    [
        (NIGHT, "2026-01-09T21:59:59.999", False),
        (NIGHT, "2026-01-09T22:00:00.000", True),
        (NIGHT, "2026-01-10T05:59:59.999", True),
        (NIGHT, "2026-01-10T06:00:00.000", False),
        (NIGHT, "2026-01-10T22:00:00.000", False),
        (NIGHT, "2026-01-09T03:00:00.000", False),
        (DAY, "2026-01-09T08:00:00.000", True),
        (DAY, "2026-01-09T17:30:00.000", False),
        (DAY, "2026-01-10T12:00:00.000", False),
    ],
)
def test_span_holds_its_start_and_not_its_end_and_belongs_to_the_day_it_starts(
    schedule: Schedule, local: str, inside: bool
) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)

    assert schedule.includes(from_datetime(at)) is inside


@pytest.mark.parametrize(("utc", "inside"), [("00:59", False), ("01:00", True), ("01:30", True), ("02:00", False)])
def test_hour_that_a_clock_change_skips_is_over_at_once(utc: str, inside: bool) -> None:
    early = Schedule(time(3), time(4), on_days(DAYS), BERLIN)

    assert early.includes(from_datetime(datetime.fromisoformat(f"2026-03-29T{utc}+00:00"))) is inside
