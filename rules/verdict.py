"""An explanation in one sentence."""

from collections.abc import Iterator

from rules.explanation import Explanation, Part
from rules.gate import SHADOW
from rules.judge import SCHEDULE
from rules.rule import Rule
from town.alert import BACKLOG, Condition
from town.moment import format_duration


def verdict(found: Explanation, rule: Rule) -> str:
    """Why it is active, or why not."""
    said = _state(found, rule)
    if found.error is not None:
        return f"The rule cannot be judged and keeps its state: {found.error}. Until then: {said}"
    return said


def _state(found: Explanation, rule: Rule) -> str:
    if found.state is Condition.ACTIVE:
        return f"Active{_silenced(found)}: {_why_active(found, rule)}."
    if found.state is Condition.PENDING:
        return f"Pending: {_why_pending(found)}."
    return f"Not active: {_why_not(found, rule)}."


def _silenced(found: Explanation) -> str:
    if found.shed:
        return ", and nobody is told, because the rule has as many alerts as `max_alerts` allows"
    reasons = {None: "", SCHEDULE: ", and nobody is told outside its hours", SHADOW: ", and nobody is told of a shadow"}
    reasons[BACKLOG] = ", and told in a moment unless readings that arrived late say that it is over"
    other = f", and nobody is told while `{found.suppressed_by}` is active"
    return reasons.get(found.suppressed_by, other)


def _why_active(found: Explanation, rule: Rule) -> str:
    kept = next((one for one in found.timers if one.key.endswith("keep_active_for") and one.running), None)
    if kept is not None:
        return f"it is over, but `keep_active_for` holds it for {format_duration(kept.limit)}"
    if rule.absent is not None:
        return "what it listens for has not come"
    if found.chattering:
        return "it became active three times within a minute and is held until it is quiet"
    if rule.sequence:
        return "all steps were made"
    held = [one for one in found.conditions if one.key.endswith("when") and one.truth]
    if held:
        return f"`{held[0].text}` holds"
    unknown = [one for one in found.conditions if one.truth is None]
    return (
        "it held, and nothing known since says that it is over" if unknown else "it held, and `clear` is not true yet"
    )


def _why_pending(found: Explanation) -> str:
    waiting = next(
        (one for one in found.timers if one.key.endswith("for") and one.running and one.passed is not None), None
    )
    if waiting is None or waiting.passed is None:
        return "it holds and waits"
    return (
        f"it has held for {format_duration(waiting.passed)} of {format_duration(waiting.limit)}, "
        "and fires at the first reading after that"
    )


def _why_not(found: Explanation, rule: Rule) -> str:
    if rule.absent is not None:
        return "what it listens for came in time"
    if found.judged_at is None:
        return "nothing that it looks at has come yet"
    asked = [one for one in found.conditions if one.key.endswith("when")]
    if found.hours is not None and not found.hours.inside and any(one.truth for one in asked):
        return f"it holds, outside its hours ({found.hours.start} to {found.hours.end})"
    if rule.sequence:
        return "not all steps were made in time"
    if rule.count is not None and any(one.truth is not None for one in asked):
        return "it did not become true often enough"
    decisive = dict.fromkeys(part for one in asked for part in _decisive(one.parts))
    return ", ".join(_said(one) for one in decisive) or "its condition does not hold"


def _said(one: Part) -> str:
    if one.truth is None:
        return f"`{one.text}` is unknown ({one.unknown_because})" if one.unknown_because else f"`{one.text}` is unknown"
    return f"`{one.text}` is {'true' if one.truth else 'false'}"


def _decisive(parts: tuple[Part, ...]) -> Iterator[Part]:
    """The parts that decide: all of an `or` that does not hold, the first of an `and` that says the same."""
    whole = parts[0]
    if whole.joined is None or (whole.joined == "not" and whole.truth is not None):
        yield whole
        return
    below = [place for place, one in enumerate(parts) if one.depth == whole.depth + 1]
    alike = [place for place in below if parts[place].truth is whole.truth]
    for place in below if whole.joined == "or" else alike[:1]:
        end = next((other for other in below if other > place), len(parts))
        yield from _decisive(parts[place:end])
