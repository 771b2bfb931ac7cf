"""An alert as the book keeps it: its facts, where it stands, the rule's words, and by when what is due. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.deadlines import Deadlines
from alerts.facts import Facts, state, suppression
from alerts.rows import Row
from town.alert import (
    Alert,
    AlertDefinition,
    Condition,
    Deadline,
    Severity,
    Subject,
    SubjectKind,
    TimelineEntry,
    Transition,
    Verification,
)
from town.moment import Moment
from town.town import Town

RULE = "rule"
"""Who did it, when the rules did."""
CLOCK = "clock"
"""Who did it, when it was only a moment that came."""
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
    shelved_by: str | None = None
    shelved_why: str | None = None
    out_of_service_by: str | None = None
    out_of_service_why: str | None = None
    assigned_to: str | None = None
    acknowledge_due_at: Moment | None = None
    resolve_due_at: Moment | None = None
    verify_due_at: Moment | None = None


def new_record(
    transition: Transition, definition: AlertDefinition, *, town: Town, deadlines: Deadlines, name: str, now: Moment
) -> Record:
    """The record of an alert that the transition opens, before anything happened to it."""
    facility, zone = place_of(transition.subject, town)
    verified = definition.category in deadlines.verify
    return Record(
        id=name,
        rule=transition.rule,
        subject_kind=transition.subject.kind,
        subject=transition.subject.id,
        facility=facility,
        zone=zone,
        definition=definition,
        facts=Facts(
            severity=transition.severity,
            latches=definition.latch,
            verification=Verification.UNVERIFIED if verified else None,
        ),
        reason=plain_reason(transition),
        opened_at=transition.since,
        raised_at=transition.at,
        changed_at=now,
        decided_at=transition.decided_at,
    )


def place_of(subject: Subject, town: Town) -> tuple[str | None, str | None]:
    """The facility and the zone that a subject is in, as far as it is in one."""
    facility = town.facility_of(subject)
    if facility is not None:
        return facility.id, facility.zone
    return None, subject.id if subject.kind == "zone" else None


def plain_reason(transition: Transition) -> dict[str, Any]:
    """The reason of a transition as plain JSON."""
    reason: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(transition.reason))
    return reason


def write(
    record: Record, event: str, *, at: Moment, by: str, detail: Mapping[str, Any]
) -> tuple[Record, TimelineEntry]:
    """The record with one more timeline entry, and that entry."""
    number = record.entries + 1
    entry = TimelineEntry(number=number, at=at, event=event, by=by, detail=dict(detail))
    return msgspec.structs.replace(record, entries=number), entry


def overdue(record: Record, now: Moment) -> list[Deadline]:
    """What should have been done by now, was not, and was not said to be late yet."""
    return [name for name, at, late in _deadlines(record) if at is not None and at <= now and not late]


def due_at(record: Record) -> Moment | None:
    """The first moment at which something happens to the alert by itself."""
    waiting = [at for _, at, late in _deadlines(record) if not late]
    return min((at for at in (record.facts.shelved_until, *waiting) if at is not None), default=None)


def _deadlines(record: Record) -> list[tuple[Deadline, Moment | None, bool]]:
    facts = record.facts
    return [
        (Deadline.ACKNOWLEDGE, record.acknowledge_due_at, facts.acknowledge_overdue),
        (Deadline.RESOLVE, record.resolve_due_at, facts.resolve_overdue),
        (Deadline.VERIFY, record.verify_due_at, facts.verify_overdue),
    ]


def alert_of(record: Record) -> Alert:
    """The alert as people see it."""
    definition, facts = record.definition, record.facts
    return Alert(
        id=record.id,
        rule=record.rule,
        subject_kind=record.subject_kind,
        subject=record.subject,
        facility=record.facility,
        zone=record.zone,
        title=definition.title,
        category=definition.category,
        severity=facts.severity,
        state=state(facts),
        opened_at=record.opened_at,
        raised_at=record.raised_at,
        changed_at=record.changed_at,
        cleared_at=record.cleared_at,
        acknowledged_at=record.acknowledged_at,
        acknowledged_by=record.acknowledged_by,
        closed_at=record.closed_at,
        closed_by=record.closed_by,
        closed_because=facts.closed,
        activations=facts.activations,
        suppressed_by="out_of_service" if facts.out_of_service else suppression(facts),
        chattering=facts.chattering,
        window=facts.maintenance or facts.drill,
        drill=facts.drill is not None,
        shelved_until=facts.shelved_until,
        shelved_by=record.shelved_by,
        shelved_why=record.shelved_why,
        out_of_service=facts.out_of_service,
        out_of_service_by=record.out_of_service_by,
        out_of_service_why=record.out_of_service_why,
        assigned_to=record.assigned_to,
        verification=facts.verification,
        acknowledge_due_at=record.acknowledge_due_at,
        resolve_due_at=record.resolve_due_at,
        verify_due_at=record.verify_due_at,
        overdue=tuple(name for name, at, late in _deadlines(record) if at is not None and late),
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
    row["due_at"] = due_at(record)
    return {**row, **msgspec.to_builtins(facts)}


def from_row(row: Row) -> Record:
    """The record of a row of the table `alert`."""
    given = {name: row[name] for name in Facts.__struct_fields__}
    facts = Facts(
        **{
            **given,
            "severity": Severity(row["severity"]),
            "condition": Condition(row["condition"]),
            "verification": Verification(row["verification"]) if row["verification"] else None,
        }
    )
    kept = {name: row[name] for name in Record.__struct_fields__ if name not in ("facts", "definition")}
    return Record(facts=facts, definition=AlertDefinition.model_validate(row["definition"]), **kept)
