"""One step in the life of an alert: what an event makes of its record, and what the timeline says of it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from alerts.deadlines import Deadlines
from alerts.events import Event, PersonEvent, event_of
from alerts.facts import (
    Facts,
    starts_waiting,
    suppression,
    waits_for_acknowledgement,
    wants_resolving,
    wants_verifying,
)
from alerts.happening import Happening, happenings
from alerts.life import apply
from alerts.record import CLOCK, RULE, Record, plain_reason, write
from town.alert import TimelineEntry, Transition
from town.moment import Moment


class Cover(NamedTuple):
    """The windows over an alert's place now, by their ids."""

    maintenance: str | None = None
    drill: str | None = None


class Step(NamedTuple):
    """What one event made of a record; nothing happened when `happened` is empty."""

    before: Facts
    record: Record
    happened: Sequence[Happening]
    entries: Sequence[TimelineEntry]


def by_rule(
    record: Record, transition: Transition, *, now: Moment, deadlines: Deadlines, cover: Cover | None = None
) -> Step:
    """What a rule's transition does to an alert over whose place those windows are; its newest reason is kept."""
    reason = plain_reason(transition)
    detail = {"severity": transition.severity.value, "cause": transition.cause.value, "reason": reason}
    if transition.suppressed_by is not None:
        detail["suppressed_by"] = transition.suppressed_by
    event = event_of(transition, **(cover or Cover())._asdict())
    step = _step(record, event, at=transition.at, by=RULE, detail=detail, now=now, deadlines=deadlines)
    if not step.happened:
        return step
    newest = msgspec.structs.replace(step.record, reason=reason, changed_at=now)
    return step._replace(record=newest)


def by_person(
    record: Record,
    event: PersonEvent,
    *,
    by: str,
    at: Moment,
    deadlines: Deadlines,
    detail: Mapping[str, Any] | None = None,
) -> Step:
    """What a person's action does to an alert."""
    step = _step(record, event, at=at, by=by, detail=dict(detail or {}), now=at, deadlines=deadlines)
    return step._replace(record=msgspec.structs.replace(step.record, changed_at=at))


def by_clock(
    record: Record, event: Event, *, at: Moment, deadlines: Deadlines, detail: Mapping[str, Any] | None = None
) -> Step:
    """What a moment that came does to an alert."""
    step = _step(record, event, at=at, by=CLOCK, detail=dict(detail or {}), now=at, deadlines=deadlines)
    return step._replace(record=msgspec.structs.replace(step.record, changed_at=at)) if step.happened else step


def _step(
    record: Record, event: Event, *, at: Moment, by: str, detail: dict[str, Any], now: Moment, deadlines: Deadlines
) -> Step:
    before, after = record.facts, apply(record.facts, event)
    if after == before:
        return Step(before, record, (), ())
    happened = happenings(before, after)
    record = _timed(msgspec.structs.replace(record, facts=after), before, now=now, deadlines=deadlines)
    entries: list[TimelineEntry] = []
    for happening in happened:
        record = _marked(record, happening, at=at, by=by, detail=detail)
        when = record.opened_at if happening is Happening.OPENED else at
        record, entry = write(record, happening.value, at=when, by=by, detail=_said(happening, before, after, detail))
        entries.append(entry)
    if not after.acknowledged and record.acknowledged_at is not None:
        record = msgspec.structs.replace(record, acknowledged_at=None, acknowledged_by=None)
    return Step(before, record, happened, entries)


def _said(happening: Happening, before: Facts, after: Facts, detail: dict[str, Any]) -> dict[str, Any]:
    match happening:
        case Happening.OPENED:
            return {}
        case Happening.SEVERITY_CHANGED:
            return {**detail, "from": before.severity.value}
        case Happening.SUPPRESSED:
            windows = {key: name for key in ("maintenance", "drill") if (name := getattr(after, key))}
            return {**detail, **windows, "suppressed_by": suppression(after)}
        case Happening.ACKNOWLEDGED if after.verification is not before.verification:
            return {"because": Happening.VERIFIED.value}
        case Happening.CLOSED:
            return {"because": after.closed}
    return detail


def _marked(record: Record, happening: Happening, *, at: Moment, by: str, detail: Mapping[str, Any]) -> Record:
    """The moments, names and reasons that a happening leaves on the record."""
    changes: dict[str, Any] = {}
    match happening:
        case Happening.RAISED_AGAIN:
            changes = {"cleared_at": None}
        case Happening.CLEARED:
            changes = {"cleared_at": at}
        case Happening.ACKNOWLEDGED:
            changes = {"acknowledged_at": at, "acknowledged_by": by}
        case Happening.RESET if record.acknowledged_at is None:
            changes = {"acknowledged_at": at, "acknowledged_by": by}
        case Happening.SHELVED:
            changes = {"shelved_by": by, "shelved_why": detail.get("reason")}
        case Happening.UNSHELVED:
            changes = {"shelved_by": None, "shelved_why": None}
        case Happening.OUT_OF_SERVICE:
            changes = {"out_of_service_by": by, "out_of_service_why": detail.get("reason")}
        case Happening.IN_SERVICE:
            changes = {"out_of_service_by": None, "out_of_service_why": None}
        case Happening.CLOSED:
            aside = dict.fromkeys(("shelved_by", "shelved_why", "out_of_service_by", "out_of_service_why"))
            changes = {"closed_at": at, "closed_by": by, **aside}
    return msgspec.structs.replace(record, **changes)


def _timed(record: Record, before: Facts, *, now: Moment, deadlines: Deadlines) -> Record:
    """The record with the moments by which something should be done; each begins anew when its waiting does."""
    after, changes = record.facts, dict[str, Moment | None]()
    if not waits_for_acknowledgement(after):
        changes["acknowledge_due_at"] = None
    elif starts_waiting(before, after):
        changes["acknowledge_due_at"] = now + deadlines.to_acknowledge(record.definition, after.severity)
    if not wants_resolving(after):
        changes["resolve_due_at"] = None
    elif not wants_resolving(before):
        changes["resolve_due_at"] = now + deadlines.to_resolve(after.severity)
    elif after.severity is not before.severity and record.resolve_due_at is not None:
        longer = deadlines.to_resolve(after.severity) - deadlines.to_resolve(before.severity)
        changes["resolve_due_at"] = record.resolve_due_at + longer
    if not wants_verifying(after):
        changes["verify_due_at"] = None
    elif not wants_verifying(before) and (within := deadlines.verify.get(record.definition.category)):
        changes["verify_due_at"] = now + within
    return msgspec.structs.replace(record, **changes)
