"""The functions of the language and what each takes and gives."""

from typing import NamedTuple

from rules.terms import Type
from town.moment import DAY, Duration

MAX_WIDTH: Duration = DAY
"""The longest window: its values are kept in memory."""


class Function(NamedTuple):
    """A function of one quantity; without `result` it gives what the quantity is."""

    windowed: bool
    numbers_only: bool
    keeps_unit: bool
    result: Type | None
    meaning: str


OF_QUANTITY: dict[str, Function] = {
    "rate": Function(True, True, True, "number", "the newest less the oldest, for a whole width of time"),
    "delta": Function(True, True, True, "number", "the newest less the oldest"),
    "mean": Function(True, True, True, "number", "the arithmetic mean"),
    "min": Function(True, True, True, "number", "the least"),
    "max": Function(True, True, True, "number", "the greatest"),
    "sum": Function(True, True, True, "number", "the sum"),
    "stddev": Function(True, True, True, "number", "the population standard deviation"),
    "count": Function(True, False, False, "number", "how many values; 0 when there is none"),
    "previous": Function(False, False, True, None, "the value judged before this one"),
    "changed": Function(False, False, False, "truth", "whether it differs from the value before"),
    "age": Function(False, False, False, "duration", "how long ago it was measured"),
}

GATHERING: dict[str, str] = {
    "count_of": "for how many sensors it is true; unknown ones are left out",
    "any_of": "whether it is true for at least one sensor; unknown ones are left out",
    "all_of": "whether it is true for every sensor; unknown when one is unknown and none is false",
    "mean_of": "the mean over the sensors; unknown ones are left out",
}
