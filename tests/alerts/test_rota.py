"""Who is on duty: days of the calendar, shifts past midnight, dated shifts, stand-ins; and never a minute forgotten."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.hours import Hours, written
from alerts.rota import Dated, Rota, Shift, duty, gaps, on_duty, watches
from alerts.rota_table import parse_local
from tests.alerts.small_town import TOWN
from town.calendar import SpecialDay
from town.duty import Swap
from town.moment import DAY, HOUR, MINUTE, Moment
from town.town import Town


def at(text: str) -> Moment:
    return parse_local(text, TOWN)


def town_in(zone: str) -> Town:
    return Town(**{**{name: getattr(TOWN, name) for name in Town.model_fields}, "time_zone": zone})


def shift(days: object, start: str, end: str, *people: str) -> Shift:
    return Shift.model_validate({"days": days, "from": start, "to": end, "people": list(people)})


DUTY = Rota(
    id="duty",
    shifts=(
        shift("workdays", "08:00", "20:00", "ann"),
        shift("restdays", "08:00", "20:00", "bob"),
        shift("all", "20:00", "08:00", "cat"),
        shift(["tue", "thu"], "09:00", "11:00", "dan"),
    ),
)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27 07:59", ("cat",)),  # a Friday
        ("2026-11-27 08:00", ("ann",)),
        ("2026-11-27 19:59", ("ann",)),
        ("2026-11-27 20:00", ("cat",)),
        ("2026-11-28 00:00", ("cat",)),
        ("2026-11-28 12:00", ("bob",)),  # Saturday
        ("2026-11-26 10:00", ("ann", "dan")),
        ("2026-10-01 12:00", ("bob",)),  # National Day
        ("2026-10-10 12:00", ("ann",)),  # a Saturday that is worked for it
    ],
)
def test_on_duty_follows_the_hours_and_the_calendar(moment: str, expected: tuple[str, ...]) -> None:
    assert on_duty(DUTY, at(moment), TOWN) == expected


def test_the_towns_own_holidays_are_stronger_than_the_countrys() -> None:
    town = TOWN.model_copy(update={"special_days": {date(2026, 11, 27): SpecialDay(False, "村祭")}})

    assert on_duty(DUTY, at("2026-11-27 12:00"), town) == ("bob",)


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    rota = Rota(id="night", shifts=(shift("fri", "22:00", "06:00", "ann"),))

    assert [on_duty(rota, at(f"2026-11-{day} 02:00"), TOWN) for day in (27, 28)] == [(), ("ann",)]


def test_dated_shifts_take_the_place_of_weekly_ones_while_they_last() -> None:
    rota = DUTY.model_copy(update={"dated": (Dated(at("2026-11-27 10:00"), at("2026-11-27 21:00"), ("eve",)),)})
    found = [
        (watch.people, watch.start) for watch in watches(rota, at("2026-11-27 09:00"), at("2026-11-28 00:00"), TOWN)
    ]

    assert found == [
        (("ann",), at("2026-11-27 09:00")), (("eve",), at("2026-11-27 10:00")), (("cat",), at("2026-11-27 21:00")),
    ]  # fmt: skip


def test_who_stands_in_is_on_duty_for_as_long_and_in_that_rota() -> None:
    span = {"start": at("2026-11-27 12:00"), "end": at("2026-11-27 14:00")}
    here, elsewhere = (Swap(out="ann", stands_in=who, rota=rota, **span) for who, rota in (("eve", "duty"), ("x", "y")))
    found = [on_duty(DUTY, at(f"2026-11-27 {hour}:00"), TOWN, [here, elsewhere]) for hour in (11, 12, 13, 14)]

    assert found == [("ann",), ("eve",), ("eve",), ("ann",)]


def test_gaps_are_found_with_their_beginning_and_end() -> None:
    rota = Rota(id="duty", shifts=(shift("workdays", "08:00", "20:00", "ann"), shift("all", "20:00", "07:30", "cat")))
    found = gaps(rota, at("2026-11-27 12:00"), at("2026-11-28 22:00"), TOWN)

    assert [(gap.start, gap.end) for gap in found] == [(at("2026-11-28 07:30"), at("2026-11-28 20:00"))]


def test_duty_tells_the_watch_and_the_one_that_follows() -> None:
    now, following = duty(DUTY, at("2026-11-27 21:00"), TOWN)

    assert (now.people, now.start, now.end) == (("cat",), at("2026-11-27 20:00"), at("2026-11-28 08:00"))
    assert following is not None and (following.people, following.end) == (("bob",), at("2026-11-28 20:00"))


def test_duty_of_a_rota_that_never_changes_has_no_next() -> None:
    rota = Rota(id="always", shifts=(shift("all", "00:00", "24:00", "ann"),))
    now, following = duty(rota, at("2026-11-27 21:00"), TOWN)

    assert now.people == ("ann",) and following is None


def test_hours_are_the_towns_own_also_where_clocks_are_put_forward() -> None:
    town = town_in("Europe/Berlin")
    night = Hours.model_validate({"from": "22:00", "to": "06:00"})
    begun = int(datetime(2026, 3, 28, 22, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC).timestamp() * 1000)

    assert [end - start for start, end in night.spans(begun, begun + 1, town)] == [7 * HOUR]


@given(
    cuts=st.sets(st.integers(0, 95), min_size=1, max_size=6),
    minute=st.integers(0, 3 * 24 * 60),
    zone=st.sampled_from(["Asia/Shanghai", "UTC", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_no_minute_is_uncovered_when_shifts_cover_the_day(cuts: set[int], minute: int, zone: str) -> None:
    town = town_in(zone)
    marks = sorted(cuts)
    spans = zip(marks, [*marks[1:], marks[0]], strict=True)
    rota = Rota(
        id="r",
        shifts=tuple(shift("all", written(a * 15), written(b * 15), f"p{n}") for n, (a, b) in enumerate(spans)),
    )
    moment = int(datetime(2026, 11, 27, tzinfo=ZoneInfo(zone)).timestamp() * 1000) + minute * MINUTE

    assert len(on_duty(rota, moment, town)) == 1
    assert gaps(rota, moment, moment + DAY, town) == []


@given(
    start=st.integers(0, 1440), end=st.integers(0, 1440), minute=st.integers(0, 7 * 24 * 60),
    days=st.sampled_from(["all", "workdays", "restdays", ["mon", "sat"]]),
)  # fmt: skip
def test_hours_include_what_their_spans_hold(start: int, end: int, minute: int, days: object) -> None:
    hours = Hours.model_validate({"days": days, "from": written(start), "to": written(end)})
    moment = at("2026-11-25 00:00") + minute * MINUTE

    assert hours.include(moment, TOWN) is (hours.hold(moment, TOWN) is not None)


@given(minutes=st.lists(st.integers(0, 5 * 24 * 60), min_size=4, max_size=4), night=st.booleans())
def test_watches_tell_at_every_moment_who_is_on_duty(minutes: list[int], night: bool) -> None:
    start = at("2026-11-25 00:00")
    first, second = (sorted(minutes[n : n + 2]) for n in (0, 2))
    dated = Dated(start + first[0] * MINUTE, start + first[1] * MINUTE, ("eve",))
    swap = Swap(out="ann", stands_in="fay", start=start + second[0] * MINUTE, end=start + second[1] * MINUTE)
    rota = DUTY.model_copy(update={"dated": (dated,), "shifts": DUTY.shifts[: 3 if night else 2]})
    found = list(watches(rota, start, start + 5 * DAY, TOWN, [swap]))

    assert [watch.end for watch in found[:-1]] == [watch.start for watch in found[1:]]
    assert (found[0].start, found[-1].end) == (start, start + 5 * DAY)
    for watch in found:
        middle = (watch.start + watch.end) // 2
        assert {on_duty(rota, moment, TOWN, [swap]) for moment in (watch.start, middle, watch.end - 1)} == {
            watch.people
        }


@pytest.mark.parametrize("day", [date(2026, 11, 28) + timedelta(days=days) for days in range(7)])
def test_every_day_of_the_week_has_its_name(day: date) -> None:
    names = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
    on = [name for name in names if Hours.model_validate({"days": name, "from": "00:00", "to": "24:00"}).on(day, TOWN)]

    assert [names[name] for name in on] == [day.weekday()]
