"""What is still to be told of an alert, and when, as long as nobody has it: waits, escalation, reminders. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Literal

import msgspec

from alerts.facts import Facts, is_silent, needs_somebody, waits_for_acknowledgement, wants_resolving
from alerts.people import People
from alerts.plan import Case, Escalation, Route
from alerts.record import Record
from alerts.route import Told
from town.moment import Duration, Moment


class Kind(StrEnum):
    """Why somebody is to be told later."""

    ROUTE = "route"
    """A route waits first for somebody to answer."""
    GROUP = "group"
    """A route waits for other alerts that are told in the same message."""
    ESCALATION = "escalation"
    REMINDER = "reminder"
    QUIET = "quiet"
    """It was held back over somebody's quiet hours."""


class Planned(msgspec.Struct, frozen=True):
    """Who is to be told at a moment, unless the alert does not need it by then. `plan` counts in people.yaml from 0."""

    id: str
    alert: str
    kind: Kind
    plan: int
    step: int
    told: Told
    to: tuple[str, ...]
    armed_at: Moment
    due_at: Moment
    channels: tuple[str, ...] = ()
    until: Literal["acknowledged", "closed"] = "acknowledged"
    repeat: Duration | None = None
    bundle: str | None = None
    """What the alerts that are told in one message have in common."""

    @property
    def source(self) -> tuple[Kind, int]:
        """Which part of people.yaml asks for it."""
        return self.kind, self.plan


def goes_on(planned: Planned, facts: Facts) -> bool:
    """Whether it is still to be told.

    A route and a reminder call somebody to what is active; an escalation also to what is gone and must be reset. What
    was held back over quiet hours is told as long as it is open.
    """
    if planned.kind is Kind.QUIET:
        return facts.closed is None and not is_silent(facts)
    if planned.kind is not Kind.ESCALATION:
        return needs_somebody(facts)
    return wants_resolving(facts) if planned.until == "closed" else waits_for_acknowledgement(facts)


def plans(people: People, case: Case, record: Record, *, told: Told, now: Moment) -> Iterator[Planned]:
    """Everything that people.yaml asks to be told later of an alert that needs somebody now."""
    for number, route in enumerate(people.routes):
        if not route.misses(case):
            yield from _of_route(route, number, case, record, told=told, now=now)
    for number, escalation in enumerate(people.escalations):
        if not escalation.about.misses(case):
            yield from _of_escalation(escalation, number, record, now=now)


def _of_route(route: Route, number: int, case: Case, record: Record, *, told: Told, now: Moment) -> Iterator[Planned]:
    if route.wait:
        kind = Kind.GROUP if route.group_by else Kind.ROUTE
        yield Planned(
            id=_id(record, kind, number, 1),
            alert=record.id,
            kind=kind,
            plan=number,
            step=1,
            told=told,
            to=route.to,
            armed_at=now,
            due_at=now + route.wait,
            repeat=route.repeat,
            bundle=_bundle(route, number, case) if route.group_by else None,
        )
    elif route.repeat:
        yield reminder(route.to, route.repeat, number, record, now=now)


def reminder(to: Sequence[str], repeat: Duration, plan: int, record: Record, *, now: Moment, step: int = 1) -> Planned:
    """The next reminder of a route."""
    return Planned(
        id=_id(record, Kind.REMINDER, plan, step),
        alert=record.id,
        kind=Kind.REMINDER,
        plan=plan,
        step=step,
        told=Told.REMINDER,
        to=tuple(to),
        armed_at=now,
        due_at=now + repeat,
        repeat=repeat,
    )


def _of_escalation(escalation: Escalation, number: int, record: Record, *, now: Moment) -> Iterator[Planned]:
    for place, step in enumerate(escalation.steps, 1):
        yield Planned(
            id=_id(record, Kind.ESCALATION, number, place),
            alert=record.id,
            kind=Kind.ESCALATION,
            plan=number,
            step=place,
            told=Told.ESCALATED,
            to=step.to,
            channels=step.channels,
            until=escalation.until,
            armed_at=now,
            due_at=now + step.after,
        )


def held(target: str, channel: str, until: Moment, record: Record, *, now: Moment) -> Planned:
    """What somebody is told at the end of their quiet hours."""
    return Planned(
        id=f"{_id(record, Kind.QUIET, 0, 1)}:{channel}:{target}",
        alert=record.id,
        kind=Kind.QUIET,
        plan=0,
        step=1,
        told=Told.STILL_OPEN,
        to=(target,),
        channels=(channel,),
        until="closed",
        armed_at=now,
        due_at=until,
    )


def _id(record: Record, kind: Kind, plan: int, step: int) -> str:
    """Never given twice: whatever arms anew has written a new line on the timeline."""
    return f"{record.id}:{record.entries}:{kind.value}:{plan}:{step}"


def _bundle(route: Route, number: int, case: Case) -> str:
    return "/".join([str(number), *(str(getattr(case, key) or "") for key in route.group_by)])


def next_steps(waiting: Iterable[Planned]) -> list[Planned]:
    """The step of each escalation that comes next."""
    found: dict[int, Planned] = {}
    for one in sorted(waiting, key=lambda one: -one.step):
        if one.kind is Kind.ESCALATION:
            found[one.plan] = one
    return list(found.values())
