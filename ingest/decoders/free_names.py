"""Formats whose names are free, such as SenML and Sparkplug: which quantity a channel is, by its name and unit.

A unit is never guessed: a number whose unit nobody tells stays a channel without one, whatever its name.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ingest.decoded import Channel
from town.builtin import builtin_kinds
from town.quantity import Quantity, Value, ValueType
from town.units import UNITS, convert, is_unit, unit_code

WORDS: dict[str, str] = {
    "temp": "temperature",
    "air_temperature": "temperature",
    "hum": "humidity",
    "rh": "humidity",
    "relative_humidity": "humidity",
    "barometric_pressure": "pressure",
    "air_pressure": "pressure",
    "pm25": "pm2_5",
    "pm2.5": "pm2_5",
    "lux": "illuminance",
    "light": "illuminance",
    "sound_level": "noise",
    "windspeed": "wind_speed",
    "wind_dir": "wind_direction",
    "winddir": "wind_direction",
    "water_level": "level",
    "flow_rate": "flow",
    "volt": "voltage",
    "amps": "current",
    "kwh": "energy",
    "battery_level": "battery",
}
"""Other words for a quantity, as devices write them; they count only with a unit of that quantity."""

_BY_DIMENSION = {
    "temperature": "temperature",
    "relative humidity": "humidity",
    "illuminance": "illuminance",
    "acidity": "ph",
    "turbidity": "turbidity",
    "voltage": "voltage",
    "current": "current",
    "power": "power",
    "frequency": "frequency",
    "remaining battery": "battery",
}
"""What a value without any name of its own is, where its unit leaves no choice."""
_SELF_EVIDENT = {"pH", "count"}
"""Units in which a quantity comes when nobody says another."""
_SAME_WORD = str.maketrans(" -", "__")


class Named(NamedTuple):
    """A value of a quantity, in its own unit; `part` is the piece of the device that options name."""

    quantity: str
    value: Value
    unit: str | None
    part: str | None = None


class Names:
    """What channels mean on one gateway: by its option `channels`, else by their own names.

    `options` are the decoder's: `channels` (name of a channel → quantity, or `{quantity, unit, device}`) and
    `quantities` (those of the town). Raises ValueError for a quantity or unit that is not known.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._quantities: Mapping[str, Quantity] = options.get("quantities") or builtin_kinds().quantities
        self._options: dict[str, tuple[str, str | None, str | None]] = {}
        for channel, told in options.get("channels", {}).items():
            wanted = {"quantity": told} if isinstance(told, str) else told
            quantity, unit = wanted["quantity"], wanted.get("unit")
            if quantity not in self._quantities:
                raise ValueError(f"channels, {channel}: there is no quantity {quantity!r}")
            self._options[channel] = (quantity, None if unit is None else unit_code(unit), wanted.get("device"))

    def read(self, channel: str, value: Value, unit: str | None, *, word: str | None = None) -> Named | Channel:
        """The quantity of a channel, or the channel as it is; `word` is the part of its name that says what it is."""
        told = self._options.get(channel) or (self._options.get(word) if word else None)
        if told is not None:
            quantity, own_unit, part = told
            return self._named(quantity, channel, value, own_unit or unit, part=part)
        name = self._by_word(channel if word is None else word, unit)
        return as_channel(channel, value, unit) if name is None else self._named(name, channel, value, unit)

    def by_unit(self, channel: str, value: Value, unit: str | None) -> Named | Channel:
        """The quantity of a value that has no name but its device's: by its unit, where that leaves no choice."""
        if unit is not None and is_unit(unit):
            name = _BY_DIMENSION.get(UNITS[unit_code(unit)].dimension, "")
            if name in self._quantities:
                return self._named(name, channel, value, unit)
        return as_channel(channel, value, unit)

    def is_told(self, channel: str) -> bool:
        """Whether options say what a channel is, by its whole name."""
        return channel in self._options

    def knows(self, word: str) -> bool:
        """Whether a word says what is measured."""
        plain = _plain(word)
        return word in self._options or plain in self._quantities or plain in WORDS

    def _named(
        self, name: str, channel: str, value: Value, unit: str | None, *, part: str | None = None
    ) -> Named | Channel:
        quantity = self._quantities[name]
        found = in_own_unit(quantity, value, unit)
        return as_channel(channel, value, unit) if found is None else Named(name, found, quantity.unit, part)

    def _by_word(self, word: str, unit: str | None) -> str | None:
        plain = _plain(word)
        if plain in self._quantities:
            quantity = self._quantities[plain]
            told = unit is not None or quantity.type is not ValueType.FLOAT or quantity.unit in _SELF_EVIDENT
            return plain if told else None
        return WORDS.get(plain) if unit is not None else None


def in_own_unit(quantity: Quantity, value: Value, unit: str | None) -> Value | None:
    """A value in the quantity's own unit; None when its type or unit is not one of this quantity."""
    match quantity.type:
        case ValueType.BOOL:
            return value if isinstance(value, bool) else None
        case ValueType.TEXT:
            return value if isinstance(value, str) else None
    if not isinstance(value, float):
        return None
    return value if unit is None or quantity.unit is None else converted(value, unit, quantity.unit)


def converted(value: float, unit: str, wanted: str) -> float | None:
    """A number in another unit, without the noise of the arithmetic; None when there is no way there."""
    try:
        found = convert(value, unit, wanted)
    except ValueError:
        return None
    return found if found == value else float(f"{found:.12g}")


def as_channel(channel: str, value: Value, unit: str | None) -> Channel:
    """A value as it is, its unit by code where it is known, else as it was written."""
    return Channel(channel, value, unit_code(unit) if unit is not None and is_unit(unit) else unit or None)


def _plain(word: str) -> str:
    return word.strip().casefold().translate(_SAME_WORD)
