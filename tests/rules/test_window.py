"""Windows give what a plain computation over the same values gives."""

from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.window import MAX_VALUES, Window

_STEPS = st.lists(st.tuples(st.integers(1, 40), st.floats(-1e6, 1e6)), min_size=1, max_size=60)


def _moments(steps: list[tuple[int, float]]) -> list[tuple[int, float]]:
    at, found = 0, []
    for step, value in steps:
        at += step
        found.append((at, value))
    return found


@given(_STEPS, st.integers(1, 200))
def test_figures_are_those_of_the_values_inside(steps: list[tuple[int, float]], width: int) -> None:
    window = Window(width)
    window.sums = window.ends = window.spreads = True
    values = _moments(steps)
    for index, (now, value) in enumerate(values):
        window.push(now, value)
        inside = [(at, one) for at, one in values[: index + 1] if now - width < at <= now]
        numbers = [one for _, one in inside]

        assert window.count() == len(inside)
        assert (window.low(), window.high()) == (min(numbers), max(numbers))
        assert window.total() == pytest.approx(sum(numbers), abs=1e-6)
        assert window.mean() == pytest.approx(fmean(numbers), abs=1e-6)
        assert window.deviation() == pytest.approx(pstdev(numbers), rel=1e-6, abs=1e-4)
        assert window.delta() == (inside[-1][1] - inside[0][1] if len(inside) > 1 else None)


@given(_STEPS, _STEPS, st.integers(1, 200))
def test_saved_window_goes_on_to_the_last_bit(
    first: list[tuple[int, float]], then: list[tuple[int, float]], width: int
) -> None:
    kept, saved = Window(width), Window(width)
    for one in (kept, saved):
        one.sums = one.ends = one.spreads = True
    moments = _moments(first + then)
    for at, value in moments[: len(first)]:
        kept.push(at, value)
    saved.restore(*kept.values())

    for at, value in moments[len(first) :]:
        kept.push(at, value)
        saved.push(at, value)
        assert (kept.total(), kept.mean(), kept.deviation(), kept.low()) == (
            saved.total(),
            saved.mean(),
            saved.deviation(),
            saved.low(),
        )


def test_empty_window_knows_only_that_it_is_empty() -> None:
    window = Window(10)

    assert window.count() == 0
    assert (window.mean(), window.low(), window.total(), window.deviation(), window.rate(), window.delta()) == (
        None,
    ) * 6


def test_rate_is_the_change_over_a_whole_width() -> None:
    window = Window(60_000)
    window.push(0, 20.0)
    window.push(30_000, 23.0)

    assert window.rate() == 6.0


def test_window_has_no_room_for_a_device_that_never_stops() -> None:
    window = Window(1_000_000)
    for at in range(MAX_VALUES + 3):
        window.push(at, float(at))

    assert window.count() == MAX_VALUES
    assert window.delta() == MAX_VALUES - 1


def test_spread_too_small_for_a_number_gives_no_score() -> None:
    window = Window(60_000, lagging=True)
    window.follow("zscore")
    for at in range(12):
        window.push(at, 5e-324 if at == 3 else 0.0)

    assert window.score(1.0) is None
