"""Figures of buckets from rows of values."""

from town.moment import MINUTE
from town.store.figures import add_up

HERE = ("WH3", "air-1", "old")


def test_each_bucket_of_each_place_has_figures_of_what_is_there() -> None:
    rows = [
        (MINUTE, 1.0, None, *HERE),
        (MINUTE + 1, 3.0, True, *HERE),
        (2 * MINUTE - 1, 2, False, *HERE),
        (2 * MINUTE - 1, -5.0, None, "WH4", "air-1", "old"),
        (2 * MINUTE, None, True, *HERE),
    ]

    found = add_up(rows, ["t", "open"], width=MINUTE)

    t = {"t_count": 3.0, "t_sum": 6.0, "t_min": 1.0, "t_max": 3.0, "t_mean": 2.0, "t_last": 2.0}
    opened = {"open_count": 2.0, "open_sum": 1.0, "open_min": 0.0, "open_max": 1.0, "open_mean": 0.5, "open_last": 0.0}
    assert found[HERE, MINUTE] == t | opened
    assert found[("WH4", "air-1", "old"), MINUTE]["t_last"] == -5.0
    assert list(found[HERE, 2 * MINUTE]) == [
        "open_count",
        "open_sum",
        "open_min",
        "open_max",
        "open_mean",
        "open_last",
    ]
    assert len(found) == 3
