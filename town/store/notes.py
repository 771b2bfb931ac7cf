"""What is doubtful about a reading, as the stores keep it beside its values."""

from collections.abc import Mapping

import msgspec

from town.moment import Moment
from town.quantity import Value
from town.reading import Flag, Reading


class Notes(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is doubtful about a reading, in words."""

    flags: str = ""
    refused: str = ""


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
    sensor: str, measured_at: Moment, received_at: Moment, *, values: dict[str, Value], notes: Notes
) -> Reading:
    """A reading as it came. Written in parts, a value that was believed later wins over its own refusal."""
    if not notes.flags and not notes.refused:
        return Reading(sensor, measured_at, received_at, values)
    doubted = {quantity: flag for quantity, flag in read_refused(notes.refused).items() if quantity not in values}
    return Reading(sensor, measured_at, received_at, values, read_flags(notes.flags), doubted)
