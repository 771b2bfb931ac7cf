"""How an explanation is shown to people."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from brain.bundle import Bundle
from brain.output import print_table, screen
from rules.explanation import Explanation, Part, Timer
from rules.rule import Rule
from town.alert import Observation, Transition
from town.moment import Moment, format_duration, format_moment

_TRUTH = {True: "true", False: "false", None: "unknown"}


def show(
    found: Explanation, rule: Rule, bundle: Bundle, *, last: Transition | None, changed_at: Sequence[Moment]
) -> None:
    """One subject, with everything that decided."""
    zone = bundle.town.zone_info
    language = bundle.town.language
    title, name = rule.definition.title.text(language), bundle.town.subject_name(found.subject).text(language)
    _say(f"{found.rule} · {found.subject.id} · {format_moment(found.at, zone)}")
    _say(f"{title} · {name} · {found.severity} · version {found.version}")
    _say(f"\n{found.verdict}")
    if found.judged_at is not None:
        _say(f"Last judged at {format_moment(found.judged_at, zone)}, event time.")
    for asked in found.conditions:
        _say(f"\n{asked.key}: {asked.text} → {_TRUTH[asked.truth]}")
        for line in _lines(asked.parts, zone):
            _say(line)
    for line in (*_timers(found.timers, zone), *_around(found), *_recorded(found, last, changed_at, zone)):
        _say(line)


def show_many(found: Sequence[Explanation], bundle: Bundle) -> None:
    """A line a subject."""
    rows = [
        (
            one.subject.id,
            one.state,
            "" if one.since is None else format_moment(one.since, bundle.town.zone_info)[:19],
            one.verdict,
        )
        for one in found
    ]
    print_table("", ("subject", "state", "since", "why"), rows)
    _say("--subject names one of them, for every value and timer.")


def _say(line: str) -> None:
    screen.print(line, markup=False)


def _lines(parts: Sequence[Part], zone: tzinfo) -> Iterator[str]:
    """Parts that are joined by one word stand one below the other, deeper than the whole."""
    plain = len(parts) == 1
    for part in parts:
        margin = "  " * (part.depth + 1)
        if part.joined is not None:
            yield f"{margin}{_TRUTH[part.truth]:8} {part.joined}"
        elif not plain:
            yield f"{margin}{_TRUTH[part.truth]:8} {part.text}"
        if part.unknown_because:
            yield f"{margin}         {part.unknown_because}"
        yield from (f"{margin}         {_value(one, zone)}" for one in part.seen)


def _value(one: Observation, zone: tzinfo) -> str:
    name = one.expression or one.quantity
    unit = f" {one.unit}" if one.unit and one.value is not None else ""
    shown = (
        _TRUTH.get(one.value, str(one.value))
        if one.value is None or isinstance(one.value, bool)
        else (f"{one.value:.6g}" if isinstance(one.value, float) else one.value)
    )
    when = f" at {format_moment(one.measured_at, zone)}" if one.measured_at is not None else ""
    limit = f", limit {one.limit}: {_TRUTH[one.holds]}" if one.limit else ""
    return f"{one.sensor} {name} = {shown}{unit}{when}{limit}"


def _timers(timers: Sequence[Timer], zone: tzinfo) -> Iterator[str]:
    if timers:
        yield "\nTimers"
    for one in timers:
        parts = [f"{one.key} {format_duration(one.limit)}:", "running" if one.running else "not running"]
        if one.since is not None:
            parts.append(f"since {format_moment(one.since, zone)}")
        if one.passed is not None:
            parts.append(f"({format_duration(max(0, one.passed))} over)")
        yield f"  {' '.join(parts)}{f'; {one.note}' if one.note else ''}"


def _around(found: Explanation) -> Iterator[str]:
    if found.hours is not None:
        yield f"\nHours: {found.hours.start} to {found.hours.end}, {'inside' if found.hours.inside else 'outside'}"
    for one in found.inhibitors:
        yield f"Inhibited by {one.rule} with the same {', '.join(one.equal)}: {'yes' if one.inhibits else 'not now'}"
    if found.chattering:
        yield "It chatters: held, and told once."
    yield f"\nPeople are {'told' if found.told else 'not told'}. The rule is {'failing' if found.error else 'well'}."


def _recorded(found: Explanation, last: Transition | None, changed_at: Sequence[Moment], zone: tzinfo) -> Iterator[str]:
    if last is not None:
        version = "" if last.reason.version == found.version else f", by version {last.reason.version} of the rule"
        yield f"The brain itself last said: {last.condition} at {format_moment(last.at, zone)}{version}."
    if changed_at and changed_at[-1] > found.at:
        yield f"The rules were changed since, at {format_moment(changed_at[-1], zone)}: this is what those of now say."
