"""What the reference page says of keys and functions, taken from the models themselves."""

from collections.abc import Iterator
from typing import NamedTuple

from rules.functions import GATHERING, OF_QUANTITY
from rules.written import Defaults, WrittenRule


class Entry(NamedTuple):
    """A word as it is written, and what it means."""

    written: str
    meaning: str


def keys() -> Iterator[Entry]:
    """The keys of a rule, those that may stand in a group's defaults first."""
    common = Defaults.model_fields
    for name, field in {**common, **WrittenRule.model_fields}.items():
        yield Entry(field.alias or name, field.description or "")


def functions() -> Iterator[Entry]:
    """The functions of the expression language."""
    for name, function in OF_QUANTITY.items():
        yield Entry(f"{name}(x, w)" if function.windowed else f"{name}(x)", function.meaning)
    for name, meaning in GATHERING.items():
        yield Entry(f"{name}(…)", meaning)
