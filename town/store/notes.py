"""What is doubtful about a reading, as the stores keep it beside its values."""

from collections.abc import Mapping

from town.quantity import Value
from town.reading import Flag, Reading

_FLAGS = {flag.value: flag for flag in Flag}


def write_flags(flags: tuple[Flag, ...]) -> str:
    """`no_clock clock_future`."""
    return " ".join(flags)


def read_flags(text: str) -> tuple[Flag, ...]:
    """The flags of `write_flags`; words of another version are left out."""
    return tuple(_FLAGS[word] for word in text.split() if word in _FLAGS)


def write_refused(refused: Mapping[str, Flag]) -> str:
    """`temperature:out_of_range co:out_of_range`."""
    return " ".join(f"{quantity}:{flag}" for quantity, flag in refused.items())


def read_refused(text: str) -> dict[str, Flag]:
    """The refused quantities of `write_refused`; words of another version are left out."""
    pairs = (word.partition(":") for word in text.split())
    return {quantity: _FLAGS[flag] for quantity, _, flag in pairs if flag in _FLAGS}


def whole_reading(
    sensor: str, measured_at: int, received_at: int, *, values: dict[str, Value], flags: str, refused: str
) -> Reading:
    """A reading as it came. Written in parts, a value that was believed later wins over its own refusal."""
    doubted = {quantity: flag for quantity, flag in read_refused(refused).items() if quantity not in values}
    return Reading(sensor, measured_at, received_at, values, read_flags(flags), doubted)
