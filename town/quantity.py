"""What is measured: a name, one unit, one type and a plausible range, the same wherever it appears."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from town.language import Label

Value = float | bool | str
"""One measured value. Numbers are always floats."""


class ValueType(StrEnum):
    """The type a quantity has for ever."""

    FLOAT = "float"
    BOOL = "bool"
    TEXT = "text"


class Limits(BaseModel):
    """From which value on somebody is needed, by severity: `above` a value, or `below` it, or both.

    `unit` is that of the numbers as they stand in a file; a town and the built-in kinds have them in the quantity's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    above: dict[str, float] = {}
    below: dict[str, float] = {}
    unit: str | None = None
    source: str
    """Who says so: a standard with its table or clause, or that it is practice."""


class Quantity(BaseModel):
    """One quantity; `unit` is a SenML code (RFC 8428, RFC 8798) or one of ours, `low` and `high` are in that unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label
    type: ValueType
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    limits: Limits | None = None
    counter: bool = False
    """It only grows, until it starts again from nothing."""
