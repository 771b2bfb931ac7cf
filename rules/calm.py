"""Where numbers lie while nothing is wrong: what lets the engine pass over a reading at a glance.

Everything here is careful in one direction: who is passed over is certainly not true. Who is not may still be false.
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf

from rules.judge import Judge
from rules.memory import Track
from rules.terms import Both, Compared, Constant, Derived, Either, Measured, Term

Bound = tuple[str, str, float]
"""The name of a number, `>` or `<`, and a limit: above it, at it, or below it and at it, something may be true."""


def bounds(terms: Sequence[Term], name: Callable[[Measured | Derived], str]) -> frozenset[Bound] | None:
    """Limits none of which is reached while every term is false or unknown; None when they are not that plain."""
    return _any(_bounds(term, name) for term in terms)


def _any(found: Iterable[frozenset[Bound] | None]) -> frozenset[Bound] | None:
    together: frozenset[Bound] = frozenset()
    for one in found:
        if one is None:
            return None
        together |= one
    return together


def _bounds(term: Term, name: Callable[[Measured | Derived], str]) -> frozenset[Bound] | None:
    match term:
        case Both():
            left, right = _bounds(term.left, name), _bounds(term.right, name)
            return right if left is None else left
        case Either():
            return _any((_bounds(term.left, name), _bounds(term.right, name)))
        case Compared(left=Measured() | Derived() as left, right=Constant() as right) if term.sign[0] in "<>":
            if isinstance(right.value, float):
                return frozenset({(name(left), term.sign[0], right.value)})
    return None


def calm_range(judge: Judge, track: Track, quantity: str) -> tuple[float, float] | None:
    """Between what values of a track alone a judge is certainly not true; None when other things count, too."""
    looks = judge.wakes_on()
    if looks is None or looks[0].sensor is None or looks[0].track(quantity) is not track:
        return None
    found = bounds(looks[1], lambda term: quantity if isinstance(term, Measured) and term.quantity == quantity else "")
    if found is None or any(name != quantity for name, _, _ in found):
        return None
    low = max((limit for _, sign, limit in found if sign == "<"), default=-inf)
    high = min((limit for _, sign, limit in found if sign == ">"), default=inf)
    return (low, high) if low < high else None
