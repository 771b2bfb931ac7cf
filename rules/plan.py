"""Who has to be asked about a reading: one function for each set of judges, written from the conditions' own trees.

Nearly every rule finds nothing wrong with nearly every reading. The function looks at the values once and names the
judges whose condition is true, or that are in the middle of something; only those are called. It never decides: the
judges do, by the closures of `rules.binding`. Its text holds numbers, signs and the names it makes up itself, nothing
that was written in a rule; what is the same for many sensors is compiled once.
"""

from collections.abc import Callable, Sequence
from math import nan
from operator import attrgetter
from typing import Any

from rules.binding import bind
from rules.calm import Bound, bounds, calm_range
from rules.judge import Judge
from rules.memory import Ask, Quick, Track, View
from rules.terms import Both, Compared, Constant, Derived, Either, Inverse, Measured, Term

_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}


GUARDED = 3
"""Fewer judges of plain limits than this are looked at one by one."""


class Plans:
    """Makes the functions, and remembers what was compiled."""

    def __init__(self) -> None:
        self._compiled: dict[str, Callable[..., Ask]] = {}

    def ask(self, judges: Sequence[Judge]) -> Ask:
        """The function for these judges."""
        text, given = _Writer().write(judges)
        made = self._compiled.get(text)
        if made is None:
            space: dict[str, Any] = {"__builtins__": {}}
            exec(compile(text, "<plan>", "exec"), space)  # noqa: S102 - the text is made here, of numbers and our own names
            made = self._compiled[text] = space["make"]
        return made(*given)

    def quick(self, judges: Sequence[Judge], track: Track, quantity: str) -> Quick:
        """What spares asking when this one quantity of a sensor is new and lies where it nearly always lies."""
        ranges = {judge.index: calm_range(judge, track, quantity) for judge in judges}
        ranged = [one for one in judges if ranges[one.index] is not None]
        looks = [one.wakes_on() for one in ranged]
        watches = {id(look[0].watch): look[0].watch for look in looks if look}
        if len(watches) != 1:
            return Quick(judges, self.ask(judges))
        rest = [one for one in judges if ranges[one.index] is None]
        found = [one for one in ranges.values() if one is not None]
        low, high = max(low for low, _ in found), min(high for _, high in found)
        [watch] = watches.values()
        return Quick(judges, self.ask(judges), watch, low, high, self.ask(rest) if rest else None)


class _Writer:
    """Writes one function; `given` are the objects it works on, by their names in it.

    What is unknown is NaN there, which is not above, below or equal to anything.
    """

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._given: list[Any] = []
        self._kept: list[Any] = []
        """So that no two of what is named have the same identity."""
        self._head: dict[str, list[str]] = {}

    def write(self, judges: Sequence[Judge]) -> tuple[str, list[Any]]:
        asked = [(self._name("j", judge), *self._wakes(judge)) for judge in judges]
        watches = list(dict.fromkeys(watch for _, watch, _ in asked if watch))
        calm = self._guarded(judges, [_add(judge, " or ".join(true)) for judge, _, true in asked])
        awake = [_add(judge, " or ".join([f"{judge}.awake", *true])) if watch else f"found = (*found, {judge})"
                 for judge, watch, true in asked]  # fmt: skip
        lines = [line for part in self._head.values() for line in part] + ["found = ()"]
        if watches:
            condition = " or ".join(f"{watch}.awake" for watch in watches)
            lines += [f"if {condition}:", *(f" {line}" for line in awake), " return found"]
        text = [f"def make({', '.join([*self._names.values(), 'nan', 'in_order'])}):", " def ask():"]
        text += [f"  {line}" for line in [*lines, *calm, "return found"]]
        return "\n".join([*text, " return ask"]), [*self._given, nan, _in_order]

    def _guarded(self, judges: Sequence[Judge], lines: list[str]) -> list[str]:
        """The same lines, those of plain limits behind one look at the numbers that they are about."""
        found = [self._bounds(judge) for judge in judges]
        plain = {bound for one in found if one is not None for bound in one}
        if sum(one is not None for one in found) < GUARDED or not plain:
            return lines
        looks = [f"{name} >= {limit!r}" for name, limit in _nearest(plain, ">").items()]
        looks += [f"{name} <= {limit!r}" for name, limit in _nearest(plain, "<").items()]
        inside = [line for line, one in zip(lines, found, strict=True) if one is not None]
        outside = [line for line, one in zip(lines, found, strict=True) if one is None]
        # Judges have their order: what is found behind the look is sorted in among the others.
        return [*outside, f"if {' or '.join(looks)}:", *(f" {line}" for line in inside), " found = in_order(found)"]

    def _bounds(self, judge: Judge) -> frozenset[Bound] | None:
        looks = judge.wakes_on()
        if looks is None:
            return None
        view, terms = looks
        return bounds(terms, lambda term: self._number(term, view))

    def _name(self, letter: str, value: Any) -> str:
        """The name of an object in the function; the same object has one name."""
        if id(value) not in self._names:
            self._names[id(value)] = f"{letter}{len(self._names)}"
            self._given.append(value)
            self._kept.append(value)
        return self._names[id(value)]

    def _wakes(self, judge: Judge) -> tuple[str, list[str]]:
        """The name of the watch that tells whether it is awake, and the text of what wakes it."""
        looks = judge.wakes_on()
        if looks is None:
            return "", ["True"]
        view, terms = looks
        self._moment(view)
        return self._name("w", view.watch), [self._is(term, view, wanted=True) for term in terms]

    def _moment(self, view: View) -> str:
        watch = self._name("w", view.watch)
        self._head.setdefault(f"at_{watch}", [f"at_{watch} = {watch}.at"])
        return f"at_{watch}"

    def _is(self, term: Term, view: View, *, wanted: bool) -> str:
        """Text that is true when the term is certainly true (or false, when that is wanted), never for unknown."""
        match term:
            case Both() | Either():
                word = "and" if isinstance(term, Both) is wanted else "or"
                sides = (self._is(side, view, wanted=wanted) for side in (term.left, term.right))
                return f"({f' {word} '.join(sides)})"
            case Inverse():
                return self._is(term.operand, view, wanted=not wanted)
            case Compared(left=Measured() | Derived() as left, right=Constant() as right, sign=sign) if not isinstance(
                right.value, str
            ):
                value, sign = self._number(left, view), sign if wanted else _OPPOSITE[sign]
                known = f"{value} == {value} and " if sign == "!=" else ""
                return f"({known}{value} {sign} {float(right.value)!r})"
        closure = self._name("f", bind(term, view))
        return f"({closure}({self._moment(view)}) is {wanted})"

    def _number(self, term: Measured | Derived, view: View) -> str:
        """The name of a number that is looked up once, whoever compares it."""
        at, track = self._moment(view), view.track(term.quantity)
        if track is None:
            return "nan"
        source = self._name("t", track)
        if isinstance(term, Measured):
            name = f"v_{source}_{view.max_age}"
            lines = [
                f"{name} = {source}.value",
                f"if {name} is None or {at} - {source}.at > {view.max_age}: {name} = nan",
            ]
        else:
            name = f"d_{source}_{at}_{term.function}_{term.width}_{view.max_age}"
            if name in self._head:
                return name
            lines = [f"{name} = {self._name('f', bind(term, view))}({at})", f"if {name} is None: {name} = nan"]
        self._head.setdefault(name, lines)
        return name


def _nearest(plain: set[Bound], sign: str) -> dict[str, float]:
    """The limit of each number that is reached first."""
    found: dict[str, float] = {}
    for name, _, limit in sorted(one for one in plain if one[1] == sign):
        found[name] = limit if sign == "<" else found.get(name, limit)
    return found


def _in_order(judges: Sequence[Judge]) -> Sequence[Judge]:
    return sorted(judges, key=attrgetter("index"))


def _add(judge: str, condition: str) -> str:
    return f"if {condition}: found = (*found, {judge})"
