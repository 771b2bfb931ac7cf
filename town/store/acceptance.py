"""What no store can take: refused by itself, so that the rest of its batch is stored."""

import re
from collections.abc import Sequence
from math import isfinite
from operator import attrgetter

from town.errors import ConfigError
from town.moment import Duration
from town.own import OWN_FAMILIES
from town.ports import Aggregate, RefusedReading
from town.quantity import ValueType
from town.reading import Reading
from town.town import Town

END_OF_TIME = 9_223_372_036_000
"""Moments are below this (in the year 2262), where nanoseconds since 1970 leave 64 bits."""
LONGEST_TEXT = 65_000
"""Bytes of UTF-8; line protocol ends at 64 KiB."""
RESERVED = frozenset({"time", "town", "facility", "zone", "sensor"})
"""Names that stand for something else wherever readings are stored."""
RESERVED_PREFIX = "reading_"

_sensor = attrgetter("sensor")
_QUANTITY = re.compile(r"[a-z][a-z0-9_]*")
_TYPES: dict[ValueType, type] = {ValueType.FLOAT: float, ValueType.BOOL: bool, ValueType.TEXT: str}


class Acceptance:
    """Says which readings fit the town's own registry of sensors and quantities, each of one type for ever."""

    def __init__(self, town: Town) -> None:
        """Raises ConfigError for a quantity or a family of kinds whose name no store can use."""
        for kind in town.kinds.values():
            if kind.family in OWN_FAMILIES:
                raise ConfigError(f"kind `{kind.id}`: the family `{kind.family}` is the brain's own: choose another")
        for quantity in town.quantities:
            if not _QUANTITY.fullmatch(quantity) or quantity in RESERVED or quantity.startswith(RESERVED_PREFIX):
                raise ConfigError(
                    f"quantity `{quantity}` cannot be stored: use small letters, digits and _, none of "
                    f"{', '.join(sorted(RESERVED))}, and do not begin with {RESERVED_PREFIX}"
                )
        self._sensors = town.sensors
        self._types = {quantity.id: _TYPES[quantity.type] for quantity in town.quantities.values()}

    def sort_out(
        self, readings: Sequence[Reading], *, vouched: bool = False
    ) -> tuple[Sequence[Reading], list[RefusedReading]]:
        """The readings that can be stored, in their order, and those that never can.

        Of readings that are `vouched` for, see `town.ports.ReadingWriter`, only the moments are looked at.
        """
        if vouched and _possible(readings):
            return readings, []
        accepted: list[Reading] = []
        refused: list[RefusedReading] = []
        types, known = self._types, all(map(self._sensors.__contains__, map(_sensor, readings)))
        for reading in readings:
            # Nearly always all are of known sensors, in time, and only of finite numbers: no call is spent on these.
            if known and 0 <= reading.measured_at < END_OF_TIME > reading.received_at >= 0:
                for quantity, value in reading.values.items():
                    if type(value) is not float or types.get(quantity) is not float or not isfinite(value):
                        break
                else:
                    accepted.append(reading)
                    continue
            problem = self.problem(reading)
            if problem is None:
                accepted.append(reading)
            else:
                refused.append(RefusedReading(reading, *problem))
        return accepted, refused

    def can_answer(self, quantity: str, *, every: Duration | None, aggregate: Aggregate) -> bool:
        """Whether there can be points of that quantity. Raises ValueError for what texts cannot be aggregated to."""
        expected = self._types.get(quantity)
        if expected is str and every is not None and aggregate not in ("last", "count"):
            raise ValueError(f"{quantity} is text, which has no {aggregate}")
        return expected is not None

    def problem(self, reading: Reading) -> tuple[str, str] | None:
        """Why it cannot be stored, as a stable word and a detail, or None."""
        if reading.sensor not in self._sensors:
            return "unknown_sensor", f"{reading.sensor!r:.100} is not a sensor of this town"
        if not 0 <= reading.measured_at < END_OF_TIME or not 0 <= reading.received_at < END_OF_TIME:
            return "impossible_moment", f"measured at {reading.measured_at}, received at {reading.received_at}"
        types = self._types
        for quantity, value in reading.values.items():
            if type(value) is float and types.get(quantity) is float and isfinite(value):
                continue
            if type(value) is not bool or types.get(quantity) is not bool:
                problem = self._problem_of_value(quantity, value)
                if problem:
                    return problem
        return None

    def _problem_of_value(self, quantity: str, value: object) -> tuple[str, str] | None:
        expected = self._types.get(quantity)
        if expected is None:
            return "unknown_quantity", f"{quantity!r:.100} is not a quantity of this town"
        if type(value) is not expected and not (expected is float and type(value) is int):
            return "wrong_type", f"{quantity} is {expected.__name__}, this is {type(value).__name__}"
        if isinstance(value, str):
            return _problem_of_text(quantity, value)
        try:
            finite = isfinite(float(value))  # type: ignore[arg-type] # the line above left float, int and bool
        except OverflowError:
            finite = False
        return None if finite else ("not_finite", f"{quantity} is {value!r:.30}")


def _possible(readings: Sequence[Reading]) -> bool:
    """Whether all moments are such as can be stored: no clock is vouched for, ours neither."""
    moments = [reading.measured_at for reading in readings]
    moments += [reading.received_at for reading in readings]
    return not moments or (min(moments) >= 0 and max(moments) < END_OF_TIME)


def _problem_of_text(quantity: str, text: str) -> tuple[str, str] | None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "not_text", f"{quantity} holds half a surrogate pair"
    if "\0" in text:
        return "not_text", f"{quantity} holds a NUL"
    return ("too_long", f"{quantity} is {size} bytes of text") if size > LONGEST_TEXT else None
