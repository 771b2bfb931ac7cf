"""Rotas: who is on duty when, by weekly shifts, by dated ones, and by who stands in for whom. Pure."""

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alerts.contact import many
from alerts.hours import Hours
from town.duty import Swap
from town.language import Label
from town.moment import DAY, Duration, Moment
from town.town import Town

LOOKED_AHEAD: Duration = 60 * DAY
"""How far ahead gaps and the next change are looked for."""
LOOKED_BACK: Duration = 14 * DAY


class Shift(Hours):
    """Who is on duty in certain hours, week after week."""

    people: Annotated[tuple[str, ...], BeforeValidator(many)] = Field(min_length=1)


class Dated(NamedTuple):
    """Who is on duty from one moment to another; it takes the place of the weekly shifts for as long as it lasts."""

    start: Moment
    end: Moment
    people: tuple[str, ...]


class Rota(BaseModel):
    """One rota: whoever its dated shifts name, and else its weekly ones, is on duty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label | None = None
    shifts: tuple[Shift, ...] = ()
    dated: tuple[Dated, ...] = ()

    @property
    def members(self) -> list[str]:
        """Everybody who is ever on duty in it, those who stand in left out."""
        named = (*(one.people for one in self.shifts), *(one.people for one in self.dated))
        return list(dict.fromkeys(name for people in named for name in people))


class Watch(NamedTuple):
    """Who is on duty from `start` until `end`, when that changes; nobody when `people` is empty."""

    people: tuple[str, ...]
    start: Moment
    end: Moment


def on_duty(rota: Rota, at: Moment, town: Town, swaps: Sequence[Swap] = ()) -> tuple[str, ...]:
    """Who is on duty at a moment, each once, in the order of the shifts; those who swapped stand in their place."""
    named = [name for one in rota.dated if one.start <= at < one.end for name in one.people]
    if not any(one.start <= at < one.end for one in rota.dated):
        named = [name for shift in rota.shifts if shift.include(at, town) for name in shift.people]
    stand_ins = {one.out: one.stands_in for one in swaps if one.rota in (None, rota.id) and one.start <= at < one.end}
    return tuple(dict.fromkeys(stand_ins.get(name, name) for name in named))


def watches(rota: Rota, start: Moment, end: Moment, town: Town, swaps: Sequence[Swap] = ()) -> Iterator[Watch]:
    """Who is on duty from `start` until `end`, one watch after the other without a gap between them."""
    changes = sorted({start, end, *_changes(rota, start, end, town, swaps)})
    since, people = start, on_duty(rota, start, town, swaps)
    for at in changes[1:-1]:
        found = on_duty(rota, at, town, swaps)
        if found != people:
            yield Watch(people, since, at)
            since, people = at, found
    if end > start:
        yield Watch(people, since, end)


def _changes(rota: Rota, start: Moment, end: Moment, town: Town, swaps: Sequence[Swap]) -> Iterator[Moment]:
    """Every moment within, not at, the bounds at which somebody may take over."""
    spans = [*((one.start, one.end) for one in rota.dated), *((one.start, one.end) for one in swaps)]
    for shift in rota.shifts:
        spans += shift.spans(start, end, town)
    return (at for span in spans for at in span if start < at < end)


def gaps(rota: Rota, start: Moment, end: Moment, town: Town, swaps: Sequence[Swap] = ()) -> list[Watch]:
    """When nobody is on duty, in order."""
    return [watch for watch in watches(rota, start, end, town, swaps) if not watch.people]


def duty(rota: Rota, at: Moment, town: Town, swaps: Sequence[Swap] = ()) -> tuple[Watch, Watch | None]:
    """The watch at a moment, as far as it reaches back two weeks and on two months, and the one that follows.

    The next is None when nothing changes in that time.
    """
    found = list(watches(rota, at - LOOKED_BACK, at + LOOKED_AHEAD, town, swaps))
    now = next(number for number, watch in enumerate(found) if watch.start <= at < watch.end)
    return found[now], found[now + 1] if now + 1 < len(found) else None
