"""What a checked expression is made of: every part knows its type and its unit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from town.moment import Duration
from town.quantity import Value

Type = Literal["number", "truth", "text", "duration"]


@dataclass(frozen=True, slots=True)
class Term:
    """A part with a meaning, written in the characters `start` to `end`; durations are milliseconds."""

    start: int
    end: int
    type: Type
    unit: str | None = None
    difference: bool = False
    """A number that tells how far apart two values are, so that 9 degF are 5 Cel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Term):
    """A value that stands in the rule."""

    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Property(Term):
    """Something about the subject that does not change, such as `facility.kind`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Term):
    """A quantity's newest value."""

    quantity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Term):
    """A function of one quantity, over a window when it has a width."""

    function: str
    quantity: str
    width: Duration = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Minus(Term):
    """A number with the other sign."""

    operand: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculated(Term):
    """Two numbers made into one."""

    sign: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Term):
    """Two values held against each other."""

    sign: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Term):
    """A value that is among some."""

    item: Term
    options: frozenset[Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Both(Term):
    """Two conditions joined by `and`."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Either(Term):
    """Two conditions joined by `or`."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverse(Term):
    """The opposite of a condition."""

    operand: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered(Term):
    """What is made of many sensors: `body` for each sensor that fits `kinds` and `where` and has a quantity of it."""

    function: str
    body: Term
    kinds: frozenset[str] | None
    where: Term | None


def parts(term: Term) -> Iterator[Term]:
    """The term and everything in it, in the order it was written."""
    yield term
    match term:
        case Minus() | Inverse():
            yield from parts(term.operand)
        case Calculated() | Compared() | Both() | Either():
            yield from parts(term.left)
            yield from parts(term.right)
        case OneOf():
            yield from parts(term.item)
        case Gathered():
            yield from parts(term.body)


def quantities_in(term: Term) -> tuple[str, ...]:
    """The quantities it looks at, each once."""
    return tuple(dict.fromkeys(part.quantity for part in parts(term) if isinstance(part, Measured | Derived)))


def is_fixed(term: Term) -> bool:
    """Whether no reading can change it."""
    return not any(isinstance(part, Measured | Derived | Gathered) for part in parts(term))
