"""The values of one quantity in the last so many seconds, with what is made of them, at a constant cost a value."""

from itertools import accumulate
from math import sqrt

from town.moment import Duration, Moment

_Spread = tuple[int, float, float]
"""How many values, their mean, and the sum of the squared distances from it: two of them can be put together."""

LEAST_FOR_SCORE = 10
MAX_VALUES = 100_000
"""More than one a second for a day; what comes more often pushes the oldest out, so no device can fill the memory."""

EMPTY: Moment = 1 << 62
"""`oldest` of a window with nothing in it."""


class Window:
    """The values with `at - width < moment <= at`.

    Two stacks: what left the window is popped from the older one, of which every running figure is kept, what enters is
    added to the figures of the newer one. Nothing is ever subtracted, so the figures do not drift, and a window that
    was saved gives the same figures to the last bit. Only figures that somebody asks for are kept.
    """

    __slots__ = (
        "_back", "_back_at", "_front", "_front_at", "_high", "_highs", "_low", "_lows", "_newest", "_spread",
        "_spreads", "_total", "_totals", "ends", "lagging", "number", "oldest", "spreads", "sums", "width",
    )  # fmt: skip

    def __init__(self, width: Duration, *, lagging: bool = False) -> None:
        self.width = width
        self.lagging = lagging
        """Whether the newest value is kept apart, so that it can be held against those before it."""
        self.sums = self.ends = self.spreads = False
        """Whether anybody asks for sums, for the least and the greatest, for spread: said before the first value."""
        self.oldest = EMPTY
        """The moment of the oldest value; while it is after `at - width` there is nothing to trim."""
        self.number = 0
        self._newest: tuple[Moment, float] | None = None
        self._clear()

    def _clear(self) -> None:
        """Nothing in it."""
        self.oldest, self.number = EMPTY, 0
        self._front_at: list[Moment] = []
        self._front: list[float] = []
        """Newest first: the oldest is the first to be popped."""
        self._totals: list[float] = []
        self._lows: list[float] = []
        self._highs: list[float] = []
        self._spreads: list[_Spread] = []
        self._clear_back()

    def _clear_back(self) -> None:
        self._back_at: list[Moment] = []
        self._back: list[float] = []
        self._total = self._low = self._high = 0.0
        self._spread: _Spread | None = None

    def follow(self, function: str) -> None:
        """Keep what this function of the language needs."""
        self.sums = self.sums or function in ("sum", "mean")
        self.ends = self.ends or function in ("min", "max")
        self.spreads = self.spreads or function in ("stddev", "zscore")

    def push(self, at: Moment, value: float) -> None:
        """Add a value; moments never go back."""
        if self.lagging:
            before, self._newest = self._newest, (at, value)
            if before is not None:
                self._add(*before)
        else:
            self._add(at, value)
        if self.oldest <= at - self.width:
            self.trim(at)

    def _add(self, at: Moment, value: float) -> None:
        if self.sums:
            self._total += value
        if self.ends or self.spreads:
            self._note(value)
        self._back_at.append(at)
        self._back.append(value)
        self.number += 1
        if self.number == 1:
            self.oldest = at
        elif self.number > MAX_VALUES:
            self.trim(self.oldest + self.width)

    def _note(self, value: float) -> None:
        if self.ends:
            self._low = value if not self._back or value < self._low else self._low
            self._high = value if not self._back or value > self._high else self._high
        if self.spreads:
            self._spread = _with(self._spread, value)

    def trim(self, at: Moment) -> None:
        """Forget what is too old at this moment."""
        edge = at - self.width
        while self.oldest <= edge:
            if not self._front:
                self._turn()
            moments = self._front_at
            del moments[-1], self._front[-1]
            if self.sums:
                del self._totals[-1]
            if self.ends:
                del self._lows[-1], self._highs[-1]
            if self.spreads:
                del self._spreads[-1]
            self.number -= 1
            self.oldest = moments[-1] if moments else self._back_at[0] if self._back else EMPTY

    def _turn(self) -> None:
        """What was newer becomes older, with the figures of all that is at least so new."""
        front = self._back[::-1]
        self._front_at, self._front = self._back_at[::-1], front
        if self.sums:
            self._totals = list(accumulate(front))
        if self.ends:
            self._lows, self._highs = list(accumulate(front, min)), list(accumulate(front, max))
        if self.spreads:
            spread: _Spread | None = None
            self._spreads = [spread := _with(spread, value) for value in front]
        self._clear_back()

    def values(self) -> tuple[list[tuple[Moment, float]], list[tuple[Moment, float]]]:
        """What is in the window, in its two parts, each oldest first: what `restore` takes."""
        newest = [self._newest] if self._newest else []
        front = list(zip(self._front_at, self._front, strict=True))
        return front[::-1], [*zip(self._back_at, self._back, strict=True), *newest]

    def restore(self, front: list[tuple[Moment, float]], back: list[tuple[Moment, float]]) -> None:
        """Take back what `values` gave."""
        self._clear()
        self._newest = None
        if self.lagging and back:
            back, self._newest = back[:-1], back[-1]
        for at, value in front:
            self._add(at, value)
        if front:
            self._turn()
        for at, value in back:
            self._add(at, value)

    def count(self) -> float:
        """How many values; never unknown."""
        return float(self.number)

    def total(self) -> float | None:
        """Their sum."""
        if not self.number:
            return None
        return self._totals[-1] + self._total if self._totals else self._total

    def mean(self) -> float | None:
        """Their arithmetic mean."""
        if not self.number:
            return None
        return (self._totals[-1] + self._total if self._totals else self._total) / self.number

    def low(self) -> float | None:
        """The least of them."""
        found = self._lows[-1:] + ([self._low] if self._back else [])
        return min(found, default=None)

    def high(self) -> float | None:
        """The greatest of them."""
        found = self._highs[-1:] + ([self._high] if self._back else [])
        return max(found, default=None)

    def _whole(self) -> _Spread | None:
        front = self._spreads[-1] if self._spreads else None
        return _both(front, self._spread) if front and self._spread else front or self._spread

    def deviation(self) -> float | None:
        """Their population standard deviation."""
        whole = self._whole()
        return sqrt(max(0.0, whole[2]) / whole[0]) if whole else None

    def score(self, value: float) -> float | None:
        """By how many standard deviations a value differs from their mean; unknown without spread or below ten."""
        whole = self._whole()
        if whole is None or whole[0] < LEAST_FOR_SCORE:
            return None
        spread = sqrt(max(0.0, whole[2]) / whole[0])  # which may be too small for a number, and is none then
        return (value - whole[1]) / spread if spread > 0 else None

    def delta(self) -> float | None:
        """The newest less the oldest; unknown with fewer than two values."""
        if self.number < 2:
            return None
        return (self._back or self._front[:1])[-1] - (self._front or self._back[:1])[-1]

    def rate(self) -> float | None:
        """`delta` divided by the time between the two, for a whole width; unknown with fewer than two moments."""
        if self.number < 2:
            return None
        newest = self._back_at[-1] if self._back else self._front_at[0]
        apart = newest - self.oldest
        if apart <= 0:
            return None
        last = self._back[-1] if self._back else self._front[0]
        first = self._front[-1] if self._front else self._back[0]
        return (last - first) / apart * self.width


def _with(spread: _Spread | None, value: float) -> _Spread:
    if spread is None:
        return 1, value, 0.0
    number, mean, squares = spread
    away = value - mean
    mean += away / (number + 1)
    return number + 1, mean, squares + away * (value - mean)


def _both(one: _Spread, other: _Spread) -> _Spread:
    """Chan, Golub and LeVeque's way of adding two sets' squared distances."""
    number = one[0] + other[0]
    apart = other[1] - one[1]
    spread = one[2] + other[2] + apart * apart * one[0] * other[0] / number
    return number, one[1] + apart * other[0] / number, spread
