"""Whether the end of a condition contradicts its beginning."""

from typing import Any

from rules.terms import Compared, Constant, Derived, Either, Inverse, Measured, Term

_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}


def contradicts(when: Term, clear: Term) -> bool:
    """Whether a plain limit in `when` and a plain limit in `clear` leave values for which both hold."""
    if isinstance(when, Either):
        return contradicts(when.left, clear) or contradicts(when.right, clear)
    if isinstance(clear, Either):
        return contradicts(when, clear.left) or contradicts(when, clear.right)
    one, other = _limit(when), _limit(clear)
    if one is None or other is None or one[0] != other[0]:
        return False
    (_, sign, limit), (_, other_sign, other_limit) = one, other
    tried = (min(limit, other_limit) - 1, limit, (limit + other_limit) / 2, other_limit, max(limit, other_limit) + 1)
    return any(_holds(value, sign, limit) and _holds(value, other_sign, other_limit) for value in tried)


def _limit(term: Term) -> tuple[tuple[Any, ...], str, float] | None:
    if isinstance(term, Inverse) and (inside := _limit(term.operand)) is not None:
        return inside[0], _OPPOSITE[inside[1]], inside[2]
    if isinstance(term, Measured) and term.type == "truth":
        return (term.quantity,), "==", 1.0
    if not isinstance(term, Compared) or not isinstance(term.right, Constant):
        return None
    limit, left = term.right.value, term.left
    if not isinstance(limit, float | bool) or not isinstance(left, Measured | Derived):
        return None
    what = (left.quantity, left.function, left.width) if isinstance(left, Derived) else (left.quantity,)
    return what, term.sign, float(limit)


def _holds(value: float, sign: str, limit: float) -> bool:
    return {
        ">": value > limit,
        ">=": value >= limit,
        "<": value < limit,
        "<=": value <= limit,
        "==": value == limit,
        "!=": value != limit,
    }[sign]
