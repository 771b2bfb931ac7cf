from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from town.moment import as_datetime, format_duration, format_moment, from_datetime, parse_duration, parse_moment

MOMENTS = st.integers(from_datetime(datetime(1, 1, 3, tzinfo=UTC)), from_datetime(datetime(9999, 12, 30, tzinfo=UTC)))
ZONES = st.sampled_from([UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Kathmandu"), timezone(timedelta(hours=-11))])


@given(st.integers(0, 10**14))
def test_duration_is_read_as_it_was_written(duration: int) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(MOMENTS, ZONES)
def test_moment_is_read_as_it_was_written(at: int, zone: ZoneInfo) -> None:
    assert parse_moment(format_moment(at, zone)) == at


@given(MOMENTS)
def test_moment_is_what_its_datetime_says(at: int) -> None:
    assert as_datetime(at) - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(milliseconds=at)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30_000), ("1h30m", 5_400_000), ("250ms", 250), ("2 d", 172_800_000), ("1.5min", 90_000),
     ("1 h 5 s", 3_605_000), ("0s", 0), ("1w", 604_800_000)],
)  # fmt: skip
def test_durations_as_people_write_them(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "30", "-5s", "5 s later", "s", "1.s", "1h,5m", "٣s", "9" * 400 + "s", "5S"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text: str) -> None:
    for parse in (parse_duration, parse_moment):
        try:
            assert isinstance(parse(text), int)
        except ValueError as error:
            assert str(error)


def test_moments_need_a_zone() -> None:
    assert parse_moment("2026-11-22T08:00:00.250Z") == 1_795_334_400_250
    assert parse_moment("2026-11-22T16:00:00+08:00") == 1_795_334_400_000
    assert format_moment(1_795_334_400_250, ZoneInfo("Asia/Shanghai")) == "2026-11-22T16:00:00.250+08:00"
    for text in ("2026-11-22T08:00:00", "2026-11-22", "yesterday", "2026-13-01T00:00:00Z"):
        with pytest.raises(ValueError, match=r"2026|yesterday"):
            parse_moment(text)
