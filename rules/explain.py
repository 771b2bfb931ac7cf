"""Why a rule stands where it stands: read from the engine itself, after it judged everything up to that moment."""

from collections.abc import Iterator

import msgspec

from rules import explain_timers
from rules.binding import bind, looked_at
from rules.engine import Engine, Look
from rules.explanation import Asked, Explanation, Hours, Inhibitor, Part
from rules.expression import Expression
from rules.judge import Standing
from rules.memory import NEVER, Track, View
from rules.observe import observe
from rules.ruleset import RuleSet
from rules.terms import Both, Calculated, Derived, Either, Inverse, Term, parts
from rules.verdict import verdict
from town.alert import Condition, Subject
from town.moment import Moment, format_duration


def explain(engine: Engine, rules: RuleSet, rule: str, subject: Subject, *, at: Moment) -> Explanation | None:
    """Why a rule stood where it stood with a subject at that moment; None when it does not judge it."""
    look = engine.look(rule, subject)
    if look is None:
        return None
    judge, passage = look.judge, look.passage
    standing, heard = judge.standing, look.view.watch.at
    judged_at = None if heard == NEVER else heard
    schedule = judge.rule.active_between
    active = standing.condition is Condition.ACTIVE or bool(passage and passage.open)
    found = Explanation(
        rule=rule,
        version=judge.rule.version,
        subject=subject,
        at=at,
        judged_at=judged_at,
        state=Condition.ACTIVE if active else standing.condition,
        severity=standing.severity,
        since=_since(standing),
        verdict="",
        told=active and not (passage and (passage.suppressed_by or passage.shed)),
        suppressed_by=passage.suppressed_by if passage else None,
        chattering=bool(passage and passage.calm_at is not None),
        shed=bool(passage and passage.shed),
        error=standing.error,
        conditions=tuple(_conditions(look)),
        timers=tuple(explain_timers.timers(look, at)),
        hours=None
        if schedule is None
        else Hours(
            start=f"{schedule.start:%H:%M}",
            end=f"{schedule.end:%H:%M}",
            inside=schedule.includes(at if judged_at is None else judged_at),
        ),
        inhibitors=tuple(_inhibitors(look, rules)),
    )
    return msgspec.structs.replace(found, verdict=verdict(found, judge.rule))


def _since(standing: Standing) -> Moment | None:
    """Since when it holds; for a rule with levels, that level."""
    level = standing.levels.get(standing.severity)
    return standing.since if level is None else level.since


def _inhibitors(look: Look, rules: RuleSet) -> Iterator[Inhibitor]:
    for name, holds in look.inhibitors.items():
        inhibits = rules.rules[name].inhibits
        yield Inhibitor(rule=name, equal=inhibits.equal if inhibits else (), inhibits=holds)


def _conditions(look: Look) -> Iterator[Asked]:
    rule, view = look.judge.rule, look.view
    named: list[tuple[str, Expression]] = [
        (key, one) for key, one in (("when", rule.when), ("clear", rule.clear)) if one
    ]
    for level in rule.levels:
        named.append((f"{level.severity} when", level.when))
        named += [(f"{level.severity} clear", level.clear)] if level.clear else []
    named += [("is" if step.apart is None else "not", step.expression) for step in rule.sequence]
    for key, expression in named:
        truth = bind(expression.term, view)(view.watch.at)
        found = tuple(_parts(expression.term, view, text=expression.text, depth=0))
        yield Asked(key=key, text=expression.text, truth=truth, parts=found)


def _parts(term: Term, view: View, *, text: str, depth: int) -> Iterator[Part]:
    """The part and those below it; parts that are joined by one word stand side by side."""
    written, at = text[term.start : term.end], view.watch.at
    truth = bind(term, view)(at)
    match term:
        case Both() | Either():
            yield Part(text=written, depth=depth, truth=truth, joined="and" if isinstance(term, Both) else "or")
            for side in _sides(term, type(term)):
                yield from _parts(side, view, text=text, depth=depth + 1)
        case Inverse():
            yield Part(text=written, depth=depth, truth=truth, joined="not")
            yield from _parts(term.operand, view, text=text, depth=depth + 1)
        case _:
            why = _why_unknown(term, view) if truth is None else None
            seen = observe(term, view, at, text=text)
            yield Part(text=written, depth=depth, truth=truth, seen=seen, unknown_because=why)


def _sides(term: Term, joined: type[Term]) -> Iterator[Term]:
    if isinstance(term, Both | Either) and type(term) is joined:
        yield from _sides(term.left, joined)
        yield from _sides(term.right, joined)
    else:
        yield term


def _why_unknown(term: Term, view: View) -> str:
    at = view.watch.at
    for track in looked_at(term, view):
        if (why := _why_no_value(track, at, view)) is not None:
            return why
    if any(isinstance(part, Derived) and part.width for part in parts(term)):
        return "too few values in the window"
    if any(isinstance(part, Derived) for part in parts(term)):
        return "there was no value before it"
    if any(isinstance(part, Calculated) and part.sign == "/" for part in parts(term)):
        return "divided by zero"
    return "this sensor does not measure it"


def _why_no_value(track: Track, at: Moment, view: View) -> str | None:
    if track.order == NEVER:
        return "no value has come yet"
    if track.value is None:
        return "the newest value was not believed"
    if view.sensor is not None and at - track.at > view.max_age:
        return f"the value was {format_duration(at - track.at)} old, at most {format_duration(view.max_age)} counts"
    return None
