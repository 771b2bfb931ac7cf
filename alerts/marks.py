"""What of an alert's timeline counts for the figures of alerting: each mark is one thing at one moment. Pure."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from town.alert import Severity, TimelineEntry
from town.moment import MINUTE, SECOND, Duration, Moment

FLEETING: Duration = MINUTE
"""Gone so soon that nobody could have done anything, and nobody had it."""
CHATTER_WITHIN: Duration = MINUTE
CHATTER_FROM = 3
"""So many activations of one alert within a minute are chatter."""

COUNTED = (
    "raised", "raised_again", "severity_changed", "suppressed", "unsuppressed", "shelved", "unshelved",
    "out_of_service", "in_service", "chattering", "cleared", "acknowledged", "reset", "verified", "closed",
)  # fmt: skip
"""The events that say something to the figures."""
_ASIDE = {"shelved": "shelf", "unshelved": "shelf", "out_of_service": "service", "in_service": "service"}
_RAISED = frozenset({"raised", "raised_again"})
_NOT_RESOLVED = frozenset({"rule_deleted", "subject_deleted", "drill_over"})


class MarkKind(StrEnum):
    """What a mark says."""

    ACTIVATION = "activation"
    """Somebody was called: raised, raised again, worse than before, or muted no longer."""
    FLEETING = "fleeting"
    CHATTERING = "chattering"
    ACKNOWLEDGED = "acknowledged"
    """`value` is the seconds since the activation that called somebody."""
    RESOLVED = "resolved"
    """It is over; `value` is the seconds since it first called somebody."""
    VERIFIED = "verified"
    """Somebody looked; `value` is 1 for a false alarm and 0 for a true one."""


class Mark(NamedTuple):
    """One thing that counts, at its moment."""

    at: Moment
    kind: MarkKind
    severity: Severity
    value: float = 0.0


class _Life:
    """What is known of an alert while its timeline is read."""

    def __init__(self) -> None:
        self.severity = Severity.ADVISORY
        self.suppressed = False
        self.aside: set[str] = set()
        """On the shelf, out of service: nobody is told either."""
        self.acknowledged = False
        self.calls: list[Moment] = []
        self.called_at: Moment | None = None
        """Since when somebody should come; None while nobody should, or somebody has it."""
        self.active_since: Moment | None = None

    @property
    def silent(self) -> bool:
        """Whether nobody is told of it now."""
        return self.suppressed or bool(self.aside)


def marks_of(timeline: Sequence[TimelineEntry]) -> list[Mark]:
    """Every mark of an alert, by its timeline from the beginning, in order of the timeline."""
    life, unheard = _Life(), _unheard(timeline)
    return [mark for entry in timeline if entry.number not in unheard for mark in _read(life, entry)]


def _unheard(timeline: Sequence[TimelineEntry]) -> set[int]:
    """The entries by which it was raised and suppressed in one step: nobody heard of it."""
    found: set[int] = set()
    raised: TimelineEntry | None = None
    for entry in timeline:
        if entry.event in _RAISED:
            raised = entry
        elif entry.event == "suppressed" and raised is not None and raised.at == entry.at:
            found.add(raised.number)
    return found


def _read(life: _Life, entry: TimelineEntry) -> Iterator[Mark]:
    at = entry.at
    match entry.event:
        case "raised" | "raised_again":
            life.suppressed = life.acknowledged = False
            life.active_since = at
            yield from _called(life, entry)
        case "unsuppressed":
            life.suppressed, life.active_since = False, at
            yield from _called(life, entry)
        case "severity_changed":
            yield from _changed(life, entry)
        case "suppressed":
            life.suppressed, life.called_at, life.active_since = True, None, None
        case "shelved" | "out_of_service":
            life.aside.add(_ASIDE[entry.event])
        case "unshelved" | "in_service":
            life.aside.discard(_ASIDE[entry.event])
            yield from _called(life, entry)
        case "chattering":
            yield Mark(at, MarkKind.CHATTERING, life.severity)
        case "cleared":
            if life.active_since is not None and life.called_at is not None and at - life.active_since < FLEETING:
                yield Mark(at, MarkKind.FLEETING, life.severity)
            life.active_since = None
        case _:
            yield from _handled(life, entry)


def _handled(life: _Life, entry: TimelineEntry) -> Iterator[Mark]:
    """What people did, and the end."""
    at = entry.at
    match entry.event:
        case "acknowledged" | "reset":
            if life.called_at is not None:
                yield Mark(at, MarkKind.ACKNOWLEDGED, life.severity, _seconds(at - life.called_at))
            life.called_at, life.acknowledged = None, True
        case "verified":
            verdict = entry.detail.get("verdict")
            if verdict in ("true", "false"):
                yield Mark(at, MarkKind.VERIFIED, life.severity, float(verdict == "false"))
        case "closed":
            if life.calls and entry.detail.get("because") not in _NOT_RESOLVED:
                yield Mark(at, MarkKind.RESOLVED, life.severity, _seconds(at - life.calls[0]))


def _changed(life: _Life, entry: TimelineEntry) -> Iterator[Mark]:
    """Worse calls people again; milder changes quietly."""
    before, after = entry.detail.get("from"), entry.detail.get("severity")
    if before not in list(Severity) or after not in list(Severity):
        return
    if Severity(after).digit < Severity(before).digit:
        life.acknowledged = False
        yield from _called(life, entry)
    life.severity = Severity(after)


def _called(life: _Life, entry: TimelineEntry) -> Iterator[Mark]:
    """Somebody is called, if the condition stands, somebody is told, and nobody has it."""
    severity, at = entry.detail.get("severity"), entry.at
    if severity in list(Severity):
        life.severity = Severity(severity)
    if life.silent or life.acknowledged or life.active_since is None:
        return
    life.calls.append(at)
    if life.called_at is None:
        life.called_at = at
    yield Mark(at, MarkKind.ACTIVATION, life.severity)
    if len(life.calls) >= CHATTER_FROM and at - life.calls[-CHATTER_FROM] <= CHATTER_WITHIN:
        yield Mark(at, MarkKind.CHATTERING, life.severity)


def _seconds(duration: Duration) -> float:
    return max(0, duration) / SECOND
