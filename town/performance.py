"""How well alerting works: the figures by name, and what they should be."""

from typing import NamedTuple

from town.moment import DAY, Duration, Moment


class Source(NamedTuple):
    """What alerts come from: a rule, and whom it judges."""

    rule: str
    subject: str


class Figure(NamedTuple):
    """One figure; `facility` is of the false-alarm rate of one."""

    name: str
    value: float
    facility: str | None = None


class Performance(NamedTuple):
    """The figures of the time `window` up to `at`, and the busiest sources with their activations."""

    at: Moment
    window: Duration
    figures: list[Figure]
    top_sources: list[tuple[Source, int]]


WINDOWS: dict[str, Duration] = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}

TARGETS: dict[str, tuple[float, float]] = {
    "per_operator_10min": (1, 2),
    "per_operator_10min_mean": (1, 2),
    "in_flood": (0, 0),
    "flood_share": (0.01, 0.01),
    "top_ten_share": (0.05, 0.2),
    "chattering": (0, 5),
    "fleeting": (0, 20),
    "stale": (4, 10),
    "share_critical": (0.05, 0.1),
    "share_major": (0.15, 0.25),
    "false_alarm_rate": (0.1, 0.25),
}
"""What a figure should not be above, and from where on it is bad; after ISA-18.2 and EEMUA 191, the last is ours."""
