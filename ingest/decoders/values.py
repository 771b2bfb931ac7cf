"""The values of one device while its message is read: with a quantity in the quantity's unit, or as the format says."""

import re
from functools import lru_cache

from ingest.decoded import Channel, DeviceReading
from town.builtin import builtin_kinds
from town.moment import Moment
from town.quantity import Quantity, Value, ValueType
from town.reading import Flag
from town.units import convert, unit_code

_WORDS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
_LONGEST_NUMBER = 32
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|NaN|nan|[+-]?(?:inf|Infinity)")


class DeviceValues:
    """Collects what one message says of one device; `flags` are for the reading as a whole.

    A quantity is taken once: what maps to one that is there already stays a channel without a quantity.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self.flags: list[Flag] = []
        self._values: dict[str, Value] = {}
        self._channels: dict[str, str] = {}
        self._others: list[Channel] = []

    def add(self, channel: str, value: Value, *, quantity: str | None = None, unit: str | None = None) -> None:
        """Take a value in `unit`; without a way to the quantity's type and unit it stays a channel."""
        known = None if quantity is None or quantity in self._values else fit(quantity, value, unit)
        if known is None:
            number = as_number(value) if unit else None
            self.put(channel, value if number is None else number, unit=None if number is None else unit)
        else:
            self.put(channel, known, quantity=quantity, unit=unit)

    def put(self, channel: str, value: Value, *, quantity: str | None = None, unit: str | None = None) -> None:
        """Take a value that is one of that quantity already; `unit` is its unit, should the quantity be there."""
        if quantity is None or quantity in self._values:
            self._others.append(Channel(channel, value, plain_unit(unit)))
            return
        self._values[quantity] = value
        if channel != quantity:
            self._channels[quantity] = channel

    def reading(self, at: Moment | None) -> DeviceReading:
        """What was collected, measured at that moment."""
        return DeviceReading(self.device, at, self._values, tuple(self._others), self._channels, tuple(self.flags))

    def __bool__(self) -> bool:
        """Whether there is any value."""
        return bool(self._values or self._others)


def fit(quantity: str, value: Value, unit: str | None) -> Value | None:
    """A foreign value as one of that quantity, None if it is none; numbers may be text, truths words.

    A number without a unit cannot be one of a quantity that has a unit.
    """
    return fit_to(builtin_kinds().quantities[quantity], value, unit)


def fit_to(known: Quantity, value: Value, unit: str | None) -> Value | None:
    """The same for a quantity that a town may have added."""
    if known.type is ValueType.FLOAT:
        number = as_number(value)
        return None if number is None or unit is None else _converted(number, unit, known.unit or unit)
    if known.type is ValueType.BOOL:
        return as_truth(value)
    return value if isinstance(value, str) else None


def as_number(value: Value) -> float | None:
    """A number, also one written as text such as `+27.0`; None for truths and other texts."""
    if isinstance(value, str):
        plain = value.strip()
        return float(plain) if len(plain) <= _LONGEST_NUMBER and _NUMBER.fullmatch(plain) else None
    return None if isinstance(value, bool) else value


def as_truth(value: Value) -> bool | None:
    """A truth, also one written as 1 and 0 or as a word; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return bool(value) if value in (0.0, 1.0) else None
    return _WORDS.get(value.strip().lower())


def _converted(number: float, unit: str, into: str) -> float | None:
    if unit == into:
        return number
    try:
        converted = convert(number, unit, into)
    except ValueError:
        return None
    return float(f"{converted:.12g}")  # 77 degF are 25 Cel, not 25.000000000000014


def fitting(quantity: str | None, unit: str | None) -> tuple[str | None, str | None]:
    """The quantity and its unit for values announced in `unit`; no quantity where there is no way to its unit."""
    known = None if quantity is None else builtin_kinds().quantities[quantity]
    if known is None or (known.unit is not None and (unit is None or _converted(0.0, unit, known.unit) is None)):
        return None, plain_unit(unit)
    return known.id, known.unit


@lru_cache(maxsize=1024)  # units come from foreign software
def _code(unit: str) -> str:
    try:
        return unit_code(unit)
    except ValueError:
        return unit


def plain_unit(unit: str | None) -> str | None:
    """The code of a unit as the town writes it; an unknown one as the format writes it."""
    if not unit:
        return None
    return _code(unit) if len(unit) <= _LONGEST_NUMBER else unit[:_LONGEST_NUMBER]
