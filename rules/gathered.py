"""What is made of many sensors, kept up as their values come: a reading costs the same among ten and ten thousand.

A sensor is looked at again when something new came of it, and when something of it grows too old or leaves a window.
Sums are exact, so that nothing depends on the order in which values came or on what was there before.
"""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from math import isfinite
from typing import Any

from rules.memory import Track, View
from rules.terms import Derived, Measured, Term, parts
from rules.window import EMPTY, Window
from town.moment import Moment

NEVER_AGAIN: Moment = 1 << 62
_SMALLEST = 1074
"""Every finite float is a whole number of times 2 to the power of minus this."""

Changes = Callable[[Moment], Moment]
"""The first moment after a judgement at which it may come out otherwise with nothing new."""


class Gathered:
    """How a condition stands with many sensors: how many are true, false and known, and the sum of what they are."""

    __slots__ = (
        "_bodies",
        "_changes",
        "_due",
        "_moments",
        "_sum",
        "_values",
        "_wholes",
        "false",
        "known",
        "new",
        "number",
        "true",
    )

    def __init__(self, bodies: Sequence[Callable[[Moment], Any]], changes: Sequence[Changes]) -> None:
        self.number = len(bodies)
        self.true = self.false = self.known = 0
        self.new = set(range(self.number))
        """The sensors that have to be looked at again."""
        self._bodies, self._changes = bodies, changes
        self._values: list[Any] = [None] * self.number
        self._due = [NEVER_AGAIN] * self.number
        self._moments: list[tuple[Moment, int]] = []
        self._sum = 0
        self._wholes = [0] * self.number
        """What each value adds to the sum."""

    def look(self, at: Moment) -> None:
        """Stand as at that moment, which is never before the last one."""
        moments, due, new = self._moments, self._due, self.new
        while moments and moments[0][0] <= at:
            moment, one = heappop(moments)
            if due[one] == moment:
                due[one] = NEVER_AGAIN
                new.add(one)
        while new:
            one = next(iter(new))
            self._take(one, self._bodies[one](at))  # when that fails, it is looked at again
            new.discard(one)
            again = self._changes[one](at)
            if again < due[one]:
                due[one] = again
                heappush(moments, (again, one))

    def _take(self, one: int, value: Any) -> None:
        before = self._values[one]
        if value is before:
            return
        if type(value) is float and not isfinite(value):
            value = None
        self._values[one] = value
        self.known += (value is not None) - (before is not None)
        self.true += (value is True) - (before is True)
        self.false += (value is False) - (before is False)
        if type(value) is float or self._wholes[one]:
            whole = _whole(value) if type(value) is float else 0
            self._sum += whole - self._wholes[one]
            self._wholes[one] = whole

    def mean(self) -> float | None:
        """The mean of the values that are known."""
        return self._sum / (self.known << _SMALLEST) if self.known else None


def _whole(value: float) -> int:
    """How many times the smallest float it is."""
    above, below = value.as_integer_ratio()
    return above << (_SMALLEST + 1 - below.bit_length())


def changes_of(term: Term, view: View) -> Changes | None:
    """When a condition on one sensor may change by itself; None when it does at any moment."""
    tracks: list[Track] = []
    windows: list[Window] = []
    for part in parts(term):
        if isinstance(part, Derived) and part.function == "age":
            return None
        if isinstance(part, Derived) and part.width:
            window = view.window(part.quantity, part.width, lagging=part.function == "zscore")
            windows += [window] if window is not None else []
        if isinstance(part, Measured) or (isinstance(part, Derived) and (not part.width or part.function == "zscore")):
            track = view.track(part.quantity)
            tracks += [track] if track is not None else []
    return _first_of(tracks, windows, view.max_age)


def _first_of(tracks: Sequence[Track], windows: Sequence[Window], max_age: int) -> Changes:
    def first(at: Moment) -> Moment:
        found = NEVER_AGAIN
        for track in tracks:
            too_old = track.at + max_age + 1
            if track.value is not None and at < too_old < found:
                found = too_old
        for window in windows:
            if window.oldest != EMPTY and window.oldest + window.width < found:
                found = window.oldest + window.width
        return found

    return first
