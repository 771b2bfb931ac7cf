"""The index of HJ 633-2012 at and between its breakpoints."""

import pytest

from town.air_quality import BREAKPOINTS, AirQuality, air_quality, pollutant_index


@pytest.mark.parametrize(
    ("pollutant", "concentration", "index"),
    [
        ("pm2_5", 0, 0),
        ("pm2_5", 35, 50),
        ("pm2_5", 36, 52),  # 50 + 50 × 1/40 = 51.25, rounded up
        ("pm2_5", 75, 100),
        ("pm2_5", 500, 500),
        ("pm2_5", 900, 500),
        ("pm10", 100, 75),
        ("o3", 180, 75),
        ("no2", 450, 125),
        ("co_air", 7.5, 75),
        ("so2", 800, 200),
        ("so2", 2_000, 200),
        ("o3", -3, 0),
    ],
)
def test_a_pollutant_has_its_index(pollutant: str, concentration: float, index: int) -> None:
    assert pollutant_index(pollutant, concentration) == index


def test_the_worst_pollutant_counts_and_is_named_from_51_on() -> None:
    assert air_quality({"pm2_5": 20, "o3": 180, "no2": 10}) == AirQuality(75, "o3")
    assert air_quality({"pm2_5": 35, "o3": 100}) == AirQuality(50, None)


def test_what_is_no_pollutant_has_no_index() -> None:
    assert air_quality({"temperature": 21.0}) is None


@pytest.mark.parametrize("pollutant", BREAKPOINTS)
def test_more_is_never_better(pollutant: str) -> None:
    found = [pollutant_index(pollutant, tenth * BREAKPOINTS[pollutant][-1] / 100) for tenth in range(120)]

    assert found == sorted(found)
