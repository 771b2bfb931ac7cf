"""The wall clock: the only place where the time of day is read."""

import time

from town.moment import Moment


def wall_clock() -> Moment:
    """Now."""
    return time.time_ns() // 1_000_000
