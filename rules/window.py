"""The values of one quantity in the last so many seconds, with what is made of them, at a constant cost a value."""

from collections import deque
from math import sqrt

from town.moment import Duration, Moment

_Summary = tuple[int, float, float, float, float, float]
"""How many values, their sum, the least, the greatest, the mean, and the sum of the squared distances from the mean.

Two of them can be put together, but nothing can be taken out of one. A plain tuple, because one is made for each value.
"""

LEAST_FOR_SCORE = 10
MAX_VALUES = 100_000
"""More than one a second for a day; what comes more often pushes the oldest out, so no device can fill the memory."""


class Window:
    """The values with `at - width < moment <= at`, oldest first.

    Two stacks: what left the window is popped from a stack of running summaries, what enters is added to one summary.
    Nothing is ever subtracted, so the figures do not drift, and a window that was saved gives the same figures to the
    last bit.
    """

    __slots__ = ("_back", "_front", "_newest", "_summary", "lagging", "summing", "width")

    def __init__(self, width: Duration, *, lagging: bool = False) -> None:
        self.width = width
        self.lagging = lagging
        """Whether the newest value is kept apart, so that it can be held against those before it."""
        self._newest: tuple[Moment, float] | None = None
        self.summing = False
        """Whether anybody asks for more than the ends and the number of values; said before the first value."""
        self._front: list[tuple[Moment, float, _Summary | None]] = []
        self._back: deque[tuple[Moment, float]] = deque()
        self._summary: _Summary | None = None

    def push(self, at: Moment, value: float) -> None:
        """Add a value; moments never go back."""
        if self.lagging:
            before, self._newest = self._newest, (at, value)
            if before is None:
                return
            self._add(*before)
            self.trim(at)
            return
        self._add(at, value)

    def _add(self, at: Moment, value: float) -> None:
        self._back.append((at, value))
        if self.summing:
            self._summary = _with(self._summary, value)
        self.trim(at)
        if len(self._front) + len(self._back) > MAX_VALUES:
            if not self._front:
                self._turn()
            self._front.pop()

    def trim(self, at: Moment) -> None:
        """Forget what is too old at this moment."""
        edge = at - self.width
        while True:
            if self._front:
                if self._front[-1][0] > edge:
                    return
                self._front.pop()
            elif self._back and self._back[0][0] <= edge:
                self._turn()
            else:
                return

    def _turn(self) -> None:
        summary: _Summary | None = None
        for at, value in reversed(self._back):
            summary = _with(summary, value) if self.summing else None
            self._front.append((at, value, summary))
        self._back.clear()
        self._summary = None

    def values(self) -> tuple[list[tuple[Moment, float]], list[tuple[Moment, float]]]:
        """What is in the window, in its two parts, each oldest first: what `restore` takes."""
        newest = [self._newest] if self._newest else []
        return [(at, value) for at, value, _ in reversed(self._front)], [*self._back, *newest]

    def restore(self, front: list[tuple[Moment, float]], back: list[tuple[Moment, float]]) -> None:
        """Take back what `values` gave."""
        self._front, self._back, self._summary, self._newest = [], deque(front), None, None
        self._turn()
        if self.lagging and back:
            back, self._newest = back[:-1], back[-1]
        for at, value in back:
            self._back.append((at, value))
            if self.summing:
                self._summary = _with(self._summary, value)

    def _whole(self) -> _Summary | None:
        front = self._front[-1][2] if self._front else None
        return _both(front, self._summary) if front and self._summary else front or self._summary

    def count(self) -> float:
        """How many values; never unknown."""
        return float(len(self._front) + len(self._back))

    def total(self) -> float | None:
        """Their sum."""
        whole = self._whole()
        return whole[1] if whole else None

    def mean(self) -> float | None:
        """Their arithmetic mean."""
        whole = self._whole()
        return whole[1] / whole[0] if whole else None

    def low(self) -> float | None:
        """The least of them."""
        whole = self._whole()
        return whole[2] if whole else None

    def high(self) -> float | None:
        """The greatest of them."""
        whole = self._whole()
        return whole[3] if whole else None

    def deviation(self) -> float | None:
        """Their population standard deviation."""
        whole = self._whole()
        return sqrt(max(0.0, whole[5]) / whole[0]) if whole else None

    def score(self, value: float) -> float | None:
        """By how many standard deviations a value differs from their mean; unknown without spread or below ten."""
        whole = self._whole()
        if whole is None or whole[0] < LEAST_FOR_SCORE or whole[5] <= 0:
            return None
        return (value - whole[4]) / sqrt(whole[5] / whole[0])

    def _ends(self) -> tuple[Moment, float, Moment, float] | None:
        if len(self._front) + len(self._back) < 2:
            return None
        oldest = self._front[-1] if self._front else self._back[0]
        newest = self._back[-1] if self._back else self._front[0]
        return oldest[0], oldest[1], newest[0], newest[1]

    def delta(self) -> float | None:
        """The newest less the oldest; unknown with fewer than two values."""
        ends = self._ends()
        return ends[3] - ends[1] if ends else None

    def rate(self) -> float | None:
        """`delta` divided by the time between the two, for a whole width; unknown with fewer than two moments."""
        ends = self._ends()
        return (ends[3] - ends[1]) / (ends[2] - ends[0]) * self.width if ends and ends[2] > ends[0] else None


def _with(summary: _Summary | None, value: float) -> _Summary:
    if summary is None:
        return 1, value, value, value, value, 0.0
    number, total, low, high, mean, spread = summary
    away = value - mean
    mean += away / (number + 1)
    low = value if value < low else low
    high = value if value > high else high
    return number + 1, total + value, low, high, mean, spread + away * (value - mean)


def _both(one: _Summary, other: _Summary) -> _Summary:
    """Chan, Golub and LeVeque's way of adding two sets' squared distances."""
    number = one[0] + other[0]
    apart = other[4] - one[4]
    spread = one[5] + other[5] + apart * apart * one[0] * other[0] / number
    mean = one[4] + apart * other[0] / number
    return number, one[1] + other[1], min(one[2], other[2]), max(one[3], other[3]), mean, spread
