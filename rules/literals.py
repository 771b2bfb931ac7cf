"""Numbers that stand in an expression: their units, durations, and whether a limit can ever be reached."""

from math import isfinite

from rules.functions import MAX_WIDTH
from rules.names import Names
from rules.syntax import Negative, Node, Number
from rules.terms import Calculated, Constant, Derived, Gathered, Measured, Term
from rules.tokens import ExpressionError
from town.findings import suggest
from town.moment import Duration, parse_duration
from town.units import UNITS, convert, is_unit, unit_code

SHARE = "/"
"""The unit of a number that is nothing but a number."""


def width_of(node: Node) -> Duration:
    """The width of a window, as it is written; raises ExpressionError."""
    width = _duration(node) if isinstance(node, Number) else None
    if width is None:
        raise ExpressionError(node.start + 1, "the width of the window is a duration", "write it as 30s, 10m or 1h")
    if not 0 < width <= MAX_WIDTH:
        raise ExpressionError(node.start + 1, "the window must be longer than nothing and at most a day")
    return width


def _duration(node: Number) -> Duration | None:
    written = f"{node.value:f}{node.unit}" if node.value is not None else str(node.unit)
    try:
        return parse_duration(written)
    except ValueError:
        return None


def is_number(node: Node) -> bool:
    """Whether it is a number that stands there, with or without a sign."""
    return isinstance(node, Number) or (isinstance(node, Negative) and isinstance(node.operand, Number))


def has_unit(node: Node) -> bool:
    """Whether a number that stands there has a unit of its own."""
    number = node.operand if isinstance(node, Negative) else node
    return isinstance(number, Number) and number.unit is not None


def literal(node: Node, like: Term | None, *, difference: bool = False) -> Constant:
    """A number in the unit of what it is held against, `like`; a `difference` is turned without the zero point."""
    number = node.operand if isinstance(node, Negative) else node
    if not isinstance(number, Number):
        raise ExpressionError(node.start + 1, "expected a number")
    sign = -1 if isinstance(node, Negative) else 1
    if number.value is None or (like is not None and like.type == "duration"):
        span = _duration(number)
        if span is None:
            raise ExpressionError(node.start + 1, "expected a duration", "write it as 30s, 10m or 1h30m")
        return Constant(node.start, node.end, "duration", value=float(sign * span))
    if not isfinite(number.value):
        raise ExpressionError(node.start + 1, "this number is too big")
    if number.unit is None:
        return Constant(node.start, node.end, "number", like.unit if like else None, value=sign * number.value)
    return _with_unit(node, number.unit, sign * number.value, like=like, difference=difference)


def _with_unit(node: Node, unit: str, amount: float, *, like: Term | None, difference: bool) -> Constant:
    if not is_unit(unit):
        raise ExpressionError(node.start + 1, f"the unit `{unit}` is not known", suggest(unit, UNITS))
    code = unit_code(unit)
    if like is None or like.type != "number":
        return Constant(node.start, node.end, "number", code, value=amount)
    if like.unit is None:
        if _is_share(like) and UNITS[code].dimension == UNITS[SHARE].dimension:
            return Constant(node.start, node.end, "number", None, value=convert(amount, code, SHARE))
        raise ExpressionError(node.start + 1, f"`{unit}` is held against what has no unit", "write the number alone")
    try:
        zero = convert(0.0, code, like.unit)
        if zero and _is_either(like):
            raise _two_ways(node, unit, like.unit)
        amount = convert(amount, code, like.unit) - (zero if difference or like.difference else 0.0)
        return Constant(node.start, node.end, "number", like.unit, value=amount)
    except ValueError:
        hint = f"write it in {like.unit}"
        raise ExpressionError(node.start + 1, f"`{unit}` cannot be held against {like.unit}", hint) from None


def check_zero(node: Node, other: Term) -> None:
    """A number that is taken from a value, or a value from it, must have the value's own zero point."""
    number = node.operand if isinstance(node, Negative) else node
    if not isinstance(number, Number) or number.unit is None or other.unit is None or other.difference:
        return
    if convert(0.0, number.unit, other.unit):
        raise _two_ways(node, number.unit, other.unit)


def _two_ways(node: Node, unit: str, other: str) -> ExpressionError:
    """Whether 9 °F are meant to be 5 Cel or -13 Cel."""
    return ExpressionError(node.start + 1, f"`{unit}` can be read in two ways here", f"write it in {other}")


def _is_either(term: Term) -> bool:
    """Whether it may be a value or how far apart two are: something less a number that stands there."""
    if not isinstance(term, Calculated) or term.sign != "-" or term.left.difference or term.right.difference:
        return False
    return isinstance(term.left, Constant) or isinstance(term.right, Constant)


def _is_share(term: Term) -> bool:
    """Whether it is the share of one in another: a number that may be told in percent."""
    if isinstance(term, Derived):
        return term.function == "mean" and term.unit is None
    return isinstance(term, Calculated) and term.sign == "/" and term.left.unit == term.right.unit


def check_possible(term: Term, sign: str, limit: Constant, names: Names) -> None:
    """A comparison that the quantity's plausible range has already decided is a mistake."""
    ends = _ends(term, names)
    if ends is None or not isinstance(limit.value, float):
        return
    what, low, high = ends
    never = {
        ">": high is not None and limit.value >= high,
        ">=": high is not None and limit.value > high,
        "<": low is not None and limit.value <= low,
        "<=": low is not None and limit.value < low,
    }
    outside = (high is not None and limit.value > high) or (low is not None and limit.value < low)
    opposite = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}.get(sign, "")
    if never.get(sign, outside and sign == "=="):
        raise ExpressionError(limit.start + 1, f"never true: {_range(what, term, low, high)}")
    if never.get(opposite, outside and sign == "!="):
        raise ExpressionError(limit.start + 1, f"always true: {_range(what, term, low, high)}")


def _ends(term: Term, names: Names) -> tuple[str, float | None, float | None] | None:
    """What it is about, and between which numbers it lies; None when nothing is known of that."""
    match term:
        case Measured():
            return (term.quantity, *names.plausible(term.quantity)) if term.type == "number" else None
        case Derived(function="mean", unit=None):
            return f"mean({term.quantity}, …)", 0.0, 1.0
        case Derived(function="mean" | "min" | "max" | "previous"):
            return (term.quantity, *names.plausible(term.quantity)) if term.unit is not None else None
        case Derived(function="count" | "stddev" | "age") | Gathered(function="count_of"):
            return f"{term.function}(…)", 0.0, None
        case Gathered(function="mean_of", body=Measured() as body):
            return (f"mean_of({body.quantity})", *names.plausible(body.quantity))
    return None


def _range(what: str, term: Term, low: float | None, high: float | None) -> str:
    ends = f"{'…' if low is None else f'{low:g}'} to {'…' if high is None else f'{high:g}'}"
    return f"`{what}` is {ends} {term.unit or ''}".rstrip()
