"""Who would be told of an alert, when, over which channel, and why a route takes it or does not. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from alerts.on_call import OnCall
from alerts.plan import About, Case
from town.moment import Duration, Moment


class Call(msgspec.Struct, frozen=True):
    """Somebody who would be told. `name` is what people.yaml says, `target` who is behind it at that moment."""

    at: Moment
    name: str
    target: str | None = None
    channel: str | None = None
    held_until: Moment | None = None
    """The end of their quiet hours, at which they are told if it is still open."""
    not_told: str = ""
    """Why nobody is told; empty when somebody is."""


class RouteExplained(msgspec.Struct, frozen=True):
    """One route: whether it takes the alert, why, and whom it calls."""

    route: int
    to: tuple[str, ...]
    takes: bool
    why: str
    wait: Duration
    repeat: Duration | None
    group_by: tuple[str, ...]
    calls: tuple[Call, ...]


class StepExplained(msgspec.Struct, frozen=True):
    """One step of an escalation."""

    step: int
    after: Duration
    calls: tuple[Call, ...]


class EscalationExplained(msgspec.Struct, frozen=True):
    """One escalation: whether it takes the alert, why, and its steps in order."""

    escalation: int
    takes: bool
    why: str
    until: str
    steps: tuple[StepExplained, ...]


class Explanation(msgspec.Struct, frozen=True):
    """Everything that people.yaml would do about an alert that is raised at a moment and that nobody answers."""

    at: Moment
    routes: tuple[RouteExplained, ...]
    escalations: tuple[EscalationExplained, ...]


def explain(on_call: OnCall, case: Case, at: Moment) -> Explanation:
    """What would be told of an alert that is raised at a moment; routes and escalations are counted from 1."""
    people = on_call.people
    routes = (
        RouteExplained(
            route=number,
            to=route.to,
            takes=route.misses(case) is None,
            why=_why(route, case),
            wait=route.wait,
            repeat=route.repeat,
            group_by=route.group_by,
            calls=() if route.misses(case) else tuple(_calls(on_call, case, route.to, at + route.wait)),
        )
        for number, route in enumerate(people.routes, 1)
    )
    return Explanation(at, tuple(routes), tuple(_escalations(on_call, case, at)))


def _escalations(on_call: OnCall, case: Case, at: Moment) -> Iterator[EscalationExplained]:
    for number, one in enumerate(on_call.people.escalations, 1):
        takes = one.about.misses(case) is None
        steps = (
            StepExplained(
                place, step.after, tuple(_calls(on_call, case, step.to, at + step.after, channels=step.channels))
            )
            for place, step in enumerate(one.steps, 1)
        )
        yield EscalationExplained(number, takes, _why(one.about, case), one.until, tuple(steps) if takes else ())


def _why(about: About, case: Case) -> str:
    """Which key does not fit and what the alert has instead; else all that was asked for."""
    missed = about.misses(case)
    if missed is not None:
        has = getattr(case, missed) or "none"
        return f"{missed} is {has}, it asks for {_either(getattr(about, missed))}"
    asked = [f"{key} is {getattr(case, key)}" for key in About.model_fields if getattr(about, key)]
    return ", ".join(asked) or "it asks for nothing: it takes every alert"


def _either(wanted: Sequence[str]) -> str:
    return " or ".join(wanted)


def _calls(
    on_call: OnCall, case: Case, names: Sequence[str], at: Moment, *, channels: Sequence[str] = ()
) -> Iterator[Call]:
    for name in names:
        members = on_call.members(name, at)
        if not members:
            yield Call(at, name, not_told="nobody is on duty")
        for member in members:
            ways = on_call.reach([member], at, channels=channels, avoid=case.avoid)
            if not ways:
                yield Call(at, name, member, not_told="no channel of theirs is connected")
            for way in ways:
                yield Call(at, name, member, way.channel, on_call.quiet_until(member, case, at))
