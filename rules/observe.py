"""What a condition looked at: every quantity with its value, its moment, its limit, and whether the limit holds."""

from collections.abc import Iterator

from rules.binding import bind, members_of
from rules.memory import NEVER, View
from rules.terms import (
    Both,
    Compared,
    Derived,
    Either,
    Gathered,
    Inverse,
    Measured,
    OneOf,
    Term,
    parts,
)
from town.alert import Observation
from town.moment import Moment

MAX_SENSORS = 20
"""So many sensors of a facility, zone or town are named in a reason, those that count first."""

_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}


def observe(term: Term, view: View, at: Moment, *, text: str) -> tuple[Observation, ...]:
    """What the condition `term`, written as `text`, sees at a moment."""
    return tuple(dict.fromkeys(_Observer(text, at).condition(term, view)))


class _Observer:
    def __init__(self, text: str, at: Moment) -> None:
        self._text = text
        self._at = at

    def condition(self, term: Term, view: View, *, wanted: bool = True) -> Iterator[Observation]:
        match term:
            case Both() | Either():
                yield from self.condition(term.left, view, wanted=wanted)
                yield from self.condition(term.right, view, wanted=wanted)
            case Inverse():
                yield from self.condition(term.operand, view, wanted=not wanted)
            case Compared():
                yield from self._compared(term, view)
            case OneOf():
                limit = self._text[term.item.end : term.end].strip()
                yield from self._side(term.item, view, limit=limit, holds=bind(term, view)(self._at))
            case Gathered():
                yield from self._side(
                    term, view, limit="true" if wanted else "false", holds=self._is(term, view, wanted)
                )
            case Measured() | Derived():
                yield from self._side(
                    term, view, limit="true" if wanted else "false", holds=self._is(term, view, wanted)
                )

    def _is(self, term: Term, view: View, wanted: bool) -> bool | None:
        found = bind(term, view)(self._at)
        return None if found is None else bool(found) is wanted

    def _compared(self, term: Compared, view: View) -> Iterator[Observation]:
        side, other, sign = term.left, term.right, term.sign
        if not _looks(side):
            side, other, sign = other, side, _TURNED[sign]
        limit = f"{sign} {self._text[other.start : other.end]}"
        yield from self._side(side, view, limit=limit, holds=bind(term, view)(self._at))
        if _looks(other):
            yield from self._side(other, view, limit=None, holds=None)

    def _side(self, term: Term, view: View, *, limit: str | None, holds: bool | None) -> Iterator[Observation]:
        looks = _looks(term)
        if not looks:
            return
        first = looks[0]
        if isinstance(first, Gathered):
            yield self._observation(term, first, view, limit=limit, holds=holds)
            yield from self._members(first, view)
            return
        yield self._observation(term, first, view, limit=limit, holds=holds)
        for more in looks[1:]:
            yield self._observation(more, more, view, limit=None, holds=None)

    def _members(self, term: Gathered, view: View) -> Iterator[Observation]:
        views = members_of(term, view)
        known = [(inside, bind(term.body, inside)(self._at)) for inside in views]
        seen = [inside for inside, value in known if value is True] or [
            one for one, value in known if value is not None
        ]
        for inside in seen[:MAX_SENSORS]:
            if term.function == "mean_of":
                yield from self._side(term.body, inside, limit=None, holds=None)
            else:
                yield from self.condition(term.body, inside)

    def _observation(self, term: Term, look: Term, view: View, *, limit: str | None, holds: bool | None) -> Observation:
        quantity = next(part.quantity for part in parts(look) if isinstance(part, Measured | Derived))
        track = view.track(quantity)
        plain = isinstance(term, Measured)
        return Observation(
            sensor=view.sensor.id if view.sensor else view.watch.subject.id,
            quantity=quantity,
            value=bind(term, view)(self._at),
            measured_at=None if track is None or track.at == NEVER else track.at,
            unit=term.unit,
            expression=None if plain else self._text[term.start : term.end],
            limit=limit,
            holds=holds,
        )


def _looks(term: Term) -> list[Measured | Derived | Gathered]:
    """The parts that look at a quantity, those inside a function over many sensors left out."""
    found: list[Measured | Derived | Gathered] = []
    covered: set[int] = set()
    for part in parts(term):
        if isinstance(part, Gathered):
            covered.update(id(one) for one in parts(part.body))
        if isinstance(part, Measured | Derived | Gathered) and id(part) not in covered:
            found.append(part)
    return found
