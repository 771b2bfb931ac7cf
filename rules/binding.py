"""From a meaning to something that runs: closures over the tracks and windows of one subject.

A closure takes the moment of judgement and gives a value, or None for unknown.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

from rules import gathered
from rules.gathered import changes_of
from rules.memory import Track, View
from rules.terms import (
    Both,
    Calculated,
    Compared,
    Constant,
    Derived,
    Either,
    Gathered,
    Inverse,
    Measured,
    Minus,
    OneOf,
    Property,
    Term,
    parts,
    quantities_in,
)
from rules.window import Window
from town.moment import Moment

Evaluate = Callable[[Moment], Any]
"""The value at a moment, or None when it is unknown."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_CALCULATE: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_OVER: dict[str, Callable[[Window], float | None]] = {
    "rate": Window.rate, "delta": Window.delta, "mean": Window.mean, "min": Window.low, "max": Window.high,
    "sum": Window.total, "stddev": Window.deviation, "count": Window.count,
}  # fmt: skip


def bind(term: Term, view: View) -> Evaluate:  # noqa: PLR0911 - one way for each kind of part
    """The closure that evaluates a term for what the view sees."""
    match term:
        case Constant():
            return _always(term.value)
        case Property():
            return _always(view.properties[term.name])
        case Measured():
            return _measured(term, view)
        case Derived():
            return _derived(term, view)
        case Minus():
            return _minus(bind(term.operand, view))
        case Calculated():
            return _calculated(term.sign, bind(term.left, view), bind(term.right, view))
        case Compared():
            return _compared(term, view)
        case OneOf():
            return _one_of(bind(term.item, view), term)
        case Both():
            return _both(bind(term.left, view), bind(term.right, view))
        case Either():
            return _either(bind(term.left, view), bind(term.right, view))
        case Inverse():
            return _inverse(bind(term.operand, view))
        case Gathered():
            return _gathered(term, view)
    raise TypeError(f"no binding for {type(term).__name__}")


def _always(value: Any) -> Evaluate:
    return lambda _: value


def _measured(term: Measured, view: View) -> Evaluate:
    track, max_age = view.track(term.quantity), view.max_age
    if track is None:
        return _always(None)
    return lambda t: track.value if t - track.at <= max_age else None


def _derived(term: Derived, view: View) -> Evaluate:
    if term.width:
        return _windowed(term, view)
    track, max_age = view.track(term.quantity), view.max_age
    if track is None:
        return _always(None)

    def previous(t: Moment) -> Any:
        return track.previous if track.value is not None and t - track.at <= max_age else None

    def changed(t: Moment) -> bool | None:
        return None if previous(t) is None else track.value != track.previous

    def age(t: Moment) -> float | None:
        return None if track.last is None else float(t - track.at)

    return {"previous": previous, "changed": changed, "age": age}[term.function]


def _scored(term: Derived, view: View) -> Evaluate:
    """`zscore`: the newest value against those before it."""
    track, max_age = view.track(term.quantity), view.max_age
    window = view.window(term.quantity, term.width, lagging=True)
    if track is None or window is None:
        return _always(None)
    window.follow(term.function)

    def score(t: Moment) -> float | None:
        value = track.value
        if value is None or t - track.at > max_age:
            return None
        if window.oldest <= t - window.width:
            window.trim(t)
        return window.score(float(value))

    return score


def _windowed(term: Derived, view: View) -> Evaluate:
    if term.function == "zscore":
        return _scored(term, view)
    window, figure = view.window(term.quantity, term.width), _OVER[term.function]
    if window is None:
        return _always(None)
    window.follow(term.function)

    def over(t: Moment) -> float | None:
        if window.oldest <= t - window.width:
            window.trim(t)
        return figure(window)

    return over


def _minus(operand: Evaluate) -> Evaluate:
    def minus(t: Moment) -> float | None:
        value = operand(t)
        return None if value is None else -value

    return minus


def _calculated(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    calculate = _CALCULATE[sign]

    def calculated(t: Moment) -> float | None:
        one, other = left(t), right(t)
        if one is None or other is None or (sign == "/" and other == 0):
            return None
        result = calculate(one, other)
        return result if result - result == 0 else None  # neither infinite nor NaN

    return calculated


def _compared(term: Compared, view: View) -> Evaluate:
    compare = _COMPARE[term.sign]
    if isinstance(term.left, Measured) and isinstance(term.right, Constant):
        return _threshold(term.left, term.sign, term.right, view)
    left, right = bind(term.left, view), bind(term.right, view)

    def compared(t: Moment) -> bool | None:
        one, other = left(t), right(t)
        return None if one is None or other is None else compare(one, other)

    return compared


def _threshold(term: Measured, sign: str, limit: Constant, view: View) -> Evaluate:
    """A quantity against a number: what nearly every rule asks, so it is worth a closure of its own for each sign."""
    track, age, k = view.track(term.quantity), view.max_age, limit.value
    if track is None:
        return _always(None)
    ways: dict[str, Evaluate] = {
        ">": lambda t: None if (v := track.value) is None or t - track.at > age else v > k,  # type: ignore[operator]  # numbers
        ">=": lambda t: None if (v := track.value) is None or t - track.at > age else v >= k,  # type: ignore[operator]  # numbers
        "<": lambda t: None if (v := track.value) is None or t - track.at > age else v < k,  # type: ignore[operator]  # numbers
        "<=": lambda t: None if (v := track.value) is None or t - track.at > age else v <= k,  # type: ignore[operator]  # numbers
        "==": lambda t: None if (v := track.value) is None or t - track.at > age else v == k,
        "!=": lambda t: None if (v := track.value) is None or t - track.at > age else v != k,
    }  # the types were checked when the rule was loaded, which mypy cannot see
    return ways[sign]


def _one_of(item: Evaluate, term: OneOf) -> Evaluate:
    options = term.options

    def one_of(t: Moment) -> bool | None:
        value = item(t)
        return None if value is None else value in options

    return one_of


def _both(left: Evaluate, right: Evaluate) -> Evaluate:
    def both(t: Moment) -> bool | None:
        one = left(t)
        if one is False:
            return False
        other = right(t)
        if other is False:
            return False
        return None if one is None or other is None else True

    return both


def _either(left: Evaluate, right: Evaluate) -> Evaluate:
    def either(t: Moment) -> bool | None:
        one = left(t)
        if one is True:
            return True
        other = right(t)
        if other is True:
            return True
        return None if one is None or other is None else False

    return either


def _inverse(operand: Evaluate) -> Evaluate:
    def inverse(t: Moment) -> bool | None:
        value = operand(t)
        return None if value is None else not value

    return inverse


def members_of(term: Gathered, view: View) -> list[View]:
    """The views of the sensors that a function over many sensors is about."""
    quantities = set(quantities_in(term.body))
    found = []
    for member in view.watch.members:
        if term.kinds is not None and member.kind not in term.kinds:
            continue
        inside = view.of(member)
        measures = quantities & set(view.memory.town.kinds[member.kind].quantities)
        if measures and (term.where is None or bind(term.where, inside)(0)):
            found.append(inside)
    return found


def _gathered(term: Gathered, view: View) -> Evaluate:
    members = members_of(term, view)
    bodies = [bind(term.body, inside) for inside in members]
    changes = [changes_of(term.body, inside) for inside in members]
    known = [one for one in changes if one is not None]
    if len(known) < len(changes):
        return _at_every_moment(term.function, bodies)
    key = (term, view.own_max_age)
    found = view.watch.gathered.get(key)
    if found is None:
        found = view.watch.gathered[key] = gathered.Gathered(bodies, known)
        for number, inside in enumerate(members):
            for quantity in quantities_in(term.body):
                if track := inside.track(quantity):
                    track.tell_of_news(found.new, number)
    return _kept(term.function, found)


def _kept(function: str, found: gathered.Gathered) -> Evaluate:
    look = found.look

    def count_of(t: Moment) -> float:
        look(t)
        return float(found.true)

    def mean_of(t: Moment) -> float | None:
        look(t)
        return found.mean()

    def any_of(t: Moment) -> bool:
        look(t)
        return found.true > 0

    def all_of(t: Moment) -> bool | None:
        look(t)
        if found.false:
            return False
        return None if found.known < found.number or not found.number else True

    ways: dict[str, Evaluate] = {"count_of": count_of, "mean_of": mean_of, "any_of": any_of, "all_of": all_of}
    return ways[function]


def _at_every_moment(function: str, bodies: Sequence[Evaluate]) -> Evaluate:
    """Of what changes with time itself, such as `age(x)`: every sensor is looked at every time."""
    unchanged: list[gathered.Changes] = [lambda _: gathered.NEVER_AGAIN] * len(bodies)

    def anew(t: Moment) -> Any:
        return _kept(function, gathered.Gathered(bodies, unchanged))(t)

    return anew


def looked_at(term: Term, view: View) -> list[Track]:
    """The tracks whose new values can change what the term says of what the view sees."""
    found: list[Track | None] = []
    for part in parts(term):
        if isinstance(part, Gathered):
            quantities = quantities_in(part.body)
            found += [inside.track(quantity) for inside in members_of(part, view) for quantity in quantities]
        elif isinstance(part, Measured | Derived):
            found.append(view.track(part.quantity))
    return list(dict.fromkeys(track for track in found if track is not None))
