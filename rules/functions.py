"""The functions of the language and what each takes and gives."""

from typing import NamedTuple

from rules.terms import Type
from town.moment import DAY, Duration
from town.quantity import ValueType

MAX_WIDTH: Duration = DAY
"""The longest window: its values are kept in memory."""


class Function(NamedTuple):
    """A function of one quantity; without `result` it gives what the quantity is."""

    windowed: bool
    takes: frozenset[ValueType]
    keeps_unit: bool
    result: Type | None
    meaning: str


_NUMBERS = frozenset({ValueType.FLOAT})
_SUMMED = frozenset({ValueType.FLOAT, ValueType.BOOL})
_ALL = frozenset(ValueType)

OF_QUANTITY: dict[str, Function] = {
    "rate": Function(True, _NUMBERS, True, "number", "the newest less the oldest, for a whole width of time"),
    "delta": Function(True, _NUMBERS, True, "number", "the newest less the oldest"),
    "mean": Function(True, _SUMMED, True, "number", "the arithmetic mean; of true and false, the share of true"),
    "min": Function(True, _NUMBERS, True, "number", "the least"),
    "max": Function(True, _NUMBERS, True, "number", "the greatest"),
    "sum": Function(True, _SUMMED, True, "number", "the sum; of true and false, how often true"),
    "stddev": Function(True, _NUMBERS, True, "number", "the population standard deviation"),
    "zscore": Function(
        True,
        _NUMBERS,
        False,
        "number",
        "by how many standard deviations x differs from the mean of the window before it; unknown below ten values",
    ),
    "count": Function(True, _ALL, False, "number", "how many values; 0 when there is none"),
    "previous": Function(False, _ALL, True, None, "the value judged before this one"),
    "changed": Function(False, _ALL, False, "truth", "whether it differs from the value before"),
    "age": Function(False, _ALL, False, "duration", "how long ago it was measured"),
}

GATHERING: dict[str, str] = {
    "count_of": "for how many sensors it is true; unknown ones are left out, so it is never unknown",
    "any_of": "whether it is true for at least one sensor; unknown ones are left out, so it is never unknown",
    "all_of": "whether it is true for every sensor; unknown when one is unknown and none is false",
    "mean_of": "the mean over the sensors; unknown ones are left out, and without any it is unknown",
}

_ELSEWHERE: dict[str, str] = {
    "avg": "mean", "average": "mean", "avg_of": "mean_of", "diff": "delta", "difference": "delta", "change": "delta",
    "slope": "rate", "derivative": "rate", "last": "previous", "prev": "previous", "lag": "previous", "std": "stddev",
    "stdev": "stddev", "deviation": "stddev", "total": "sum", "minimum": "min", "maximum": "max", "some": "any_of",
    "any": "any_of", "all": "all_of", "every": "all_of",
}  # fmt: skip
"""What other languages call these functions."""


def hint(name: str) -> str:
    """What to write for a function that other languages have, or nothing."""
    lower = name.casefold()
    if lower in ("abs", "absolute"):
        return "write both sides: `x > 5 or x < -5`"
    return f"write `{_ELSEWHERE[lower]}`" if lower in _ELSEWHERE else ""
