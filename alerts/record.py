"""An alert as the book keeps it: its facts, where it stands, the rule's words; and one step of its life. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import RowMapping

from alerts.life import Acknowledge, Event, Facts, Happening, Reset, apply, event_of, happenings, state
from town.alert import Alert, AlertDefinition, Condition, Severity, Subject, SubjectKind, TimelineEntry, Transition
from town.moment import Moment
from town.town import Town

RULE = "rule"
"""Who did it, when the rules did."""
SENDER = "sender"
"""Who did it, when it is about a notification."""


class Record(msgspec.Struct, frozen=True):
    """One alert. `entries` is the number of its newest timeline entry."""

    id: str
    rule: str
    subject_kind: SubjectKind
    subject: str
    facility: str | None
    zone: str | None
    definition: AlertDefinition
    facts: Facts
    reason: dict[str, Any]
    opened_at: Moment
    raised_at: Moment
    changed_at: Moment
    decided_at: Moment
    cleared_at: Moment | None = None
    acknowledged_at: Moment | None = None
    acknowledged_by: str | None = None
    closed_at: Moment | None = None
    closed_by: str | None = None
    entries: int = 0


class Step(NamedTuple):
    """What one event made of a record; nothing happened when `happened` is empty."""

    before: Facts
    record: Record
    happened: Sequence[Happening]
    entries: Sequence[TimelineEntry]


def new_record(transition: Transition, definition: AlertDefinition, *, town: Town, name: str, now: Moment) -> Record:
    """The record of an alert that the transition opens, before anything happened to it."""
    facility = town.facility_of(transition.subject)
    return Record(
        id=name,
        rule=transition.rule,
        subject_kind=transition.subject.kind,
        subject=transition.subject.id,
        facility=facility.id if facility else None,
        zone=_zone(transition.subject, town),
        definition=definition,
        facts=Facts(severity=transition.severity, latches=definition.latch),
        reason=plain_reason(transition),
        opened_at=transition.since,
        raised_at=transition.at,
        changed_at=now,
        decided_at=transition.decided_at,
    )


def _zone(subject: Subject, town: Town) -> str | None:
    facility = town.facility_of(subject)
    return facility.zone if facility else subject.id if subject.kind == "zone" else None


def plain_reason(transition: Transition) -> dict[str, Any]:
    """The reason of a transition as plain JSON."""
    reason: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(transition.reason))
    return reason


def by_rule(record: Record, transition: Transition, now: Moment) -> Step:
    """What a rule's transition does to an alert; its newest reason is kept."""
    reason = plain_reason(transition)
    detail = {"severity": transition.severity.value, "cause": transition.cause.value, "reason": reason}
    if transition.suppressed_by is not None:
        detail["suppressed_by"] = transition.suppressed_by
    step = _step(record, event_of(transition), at=transition.at, by=RULE, detail=detail)
    if not step.happened:
        return step._replace(record=msgspec.structs.replace(record, facts=step.record.facts))
    newest = msgspec.structs.replace(step.record, reason=reason, changed_at=now)
    return step._replace(record=newest)


def by_person(record: Record, event: Acknowledge | Reset, *, by: str, at: Moment, comment: str) -> Step:
    """What a person's action does to an alert."""
    step = _step(record, event, at=at, by=by, detail={"comment": comment} if comment else {})
    return step._replace(record=msgspec.structs.replace(step.record, changed_at=at))


def _step(record: Record, event: Event, *, at: Moment, by: str, detail: dict[str, Any]) -> Step:
    before, after = record.facts, apply(record.facts, event)
    happened = happenings(before, after)
    record = msgspec.structs.replace(record, facts=after)
    entries: list[TimelineEntry] = []
    for happening in happened:
        record = _marked(record, happening, at=at, by=by)
        when = record.opened_at if happening is Happening.OPENED else at
        said = {} if happening is Happening.OPENED else _said(happening, before, after, detail)
        record, entry = write(record, happening.value, at=when, by=by, detail=said)
        entries.append(entry)
    return Step(before, record, happened, entries)


def _said(happening: Happening, before: Facts, after: Facts, detail: dict[str, Any]) -> dict[str, Any]:
    if happening is Happening.SEVERITY_CHANGED:
        return {**detail, "from": before.severity.value}
    return {"because": after.closed} if happening is Happening.CLOSED else detail


def _marked(record: Record, happening: Happening, *, at: Moment, by: str) -> Record:
    """The moments and names that a happening leaves on the record."""
    changes: dict[str, Any] = {}
    match happening:
        case Happening.RAISED_AGAIN:
            changes = {"cleared_at": None, "acknowledged_at": None, "acknowledged_by": None}
        case Happening.SEVERITY_CHANGED if not record.facts.acknowledged:
            changes = {"acknowledged_at": None, "acknowledged_by": None}
        case Happening.CLEARED:
            changes = {"cleared_at": at}
        case Happening.ACKNOWLEDGED:
            changes = {"acknowledged_at": at, "acknowledged_by": by}
        case Happening.RESET if record.acknowledged_at is None:
            changes = {"acknowledged_at": at, "acknowledged_by": by}
        case Happening.CLOSED:
            changes = {"closed_at": at, "closed_by": by}
    return msgspec.structs.replace(record, **changes)


def write(
    record: Record, event: str, *, at: Moment, by: str, detail: Mapping[str, Any]
) -> tuple[Record, TimelineEntry]:
    """The record with one more timeline entry, and that entry."""
    number = record.entries + 1
    entry = TimelineEntry(number=number, at=at, event=event, by=by, detail=dict(detail))
    return msgspec.structs.replace(record, entries=number), entry


def alert_of(record: Record) -> Alert:
    """The alert as people see it."""
    definition = record.definition
    return Alert(
        id=record.id,
        rule=record.rule,
        subject_kind=record.subject_kind,
        subject=record.subject,
        facility=record.facility,
        zone=record.zone,
        title=definition.title,
        category=definition.category,
        severity=record.facts.severity,
        state=state(record.facts),
        opened_at=record.opened_at,
        raised_at=record.raised_at,
        changed_at=record.changed_at,
        cleared_at=record.cleared_at,
        acknowledged_at=record.acknowledged_at,
        acknowledged_by=record.acknowledged_by,
        closed_at=record.closed_at,
        closed_by=record.closed_by,
        closed_because=record.facts.closed,
        activations=record.facts.activations,
        suppressed_by=record.facts.suppressed_by,
        chattering=record.facts.chattering,
        reason=record.reason,
        response=definition.response,
        cause=definition.cause,
        consequence=definition.consequence,
    )


def to_row(record: Record) -> dict[str, Any]:
    """The record as the columns of the table `alert`."""
    row = msgspec.structs.asdict(record)
    facts = row.pop("facts")
    row["definition"] = record.definition.model_dump(mode="json")
    row["category"] = record.definition.category.value
    row["state"] = state(facts).value
    return {**row, **msgspec.to_builtins(facts)}


def from_row(row: RowMapping) -> Record:
    """The record of a row of the table `alert`."""
    facts = Facts(
        severity=Severity(row["severity"]),
        latches=row["latches"],
        condition=Condition(row["condition"]),
        acknowledged=row["acknowledged"],
        latched=row["latched"],
        activations=row["activations"],
        suppressed_by=row["suppressed_by"],
        chattering=row["chattering"],
        unheard=row["unheard"],
        closed=row["closed"],
    )
    kept = {name: row[name] for name in Record.__struct_fields__ if name not in ("facts", "definition")}
    return Record(facts=facts, definition=AlertDefinition.model_validate(row["definition"]), **kept)
