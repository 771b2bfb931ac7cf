"""The newest values."""

from hypothesis import given
from hypothesis import strategies as st

from console.live import LiveReadings
from town.ports import Point
from town.reading import Flag, Reading


def test_late_reading_moves_nothing() -> None:
    live = LiveReadings()

    live.update([Reading("s", 2_000, 2_000, {"smoke": 0.2}), Reading("s", 1_000, 2_500, {"smoke": 0.1, "co": 3.0})])

    assert live.values("s") == {"smoke": Point(2_000, 0.2), "co": Point(1_000, 3.0)}
    seen = live.seen("s")
    assert seen is not None
    assert seen.measured_at == 2_000


def test_prime_fills_what_nobody_sent_yet() -> None:
    live = LiveReadings()
    live.update([Reading("s", 2_000, 2_000, {"smoke": 0.2}, (Flag.NO_CLOCK,))])

    live.prime({"s": {"smoke": Point(1_500, 0.1), "battery": Point(900, 80.0)}, "t": {"open": Point(700, True)}})

    assert live.values("s") == {"smoke": Point(2_000, 0.2), "battery": Point(900, 80.0)}
    assert live.values("t") == {"open": Point(700, True)}
    assert live.seen("t").measured_at == 700  # type: ignore[union-attr]  # it was primed above
    assert live.values("never") == {}


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 1)), min_size=1))
def test_newest_wins_whatever_the_order(sent: list[tuple[int, float]]) -> None:
    live = LiveReadings()

    for at, value in sent:
        live.update([Reading("s", at, 99, {"smoke": value})])

    newest = max(at for at, _ in sent)
    shown = live.values("s")["smoke"]
    assert shown.at == newest
    assert shown.value == [value for at, value in sent if at == newest][-1]
