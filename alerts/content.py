"""What a notification tells, kept as it was at that moment, so that every attempt says the same. Pure."""

from collections.abc import Iterable
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from alerts.people import Way
from alerts.record import Record, alert_of
from alerts.route import WANTS_SOMEBODY, Told
from town.alert import Alert, DeliveryState, Severity, Subject
from town.language import Label
from town.moment import Moment
from town.town import Town


class Knows(BaseModel):
    """Somebody who is told as well, or was told before."""

    model_config = ConfigDict(frozen=True)

    target: str
    name: Label


class Content(BaseModel):
    """The alert as it stood, and what people call the places it is about."""

    model_config = ConfigDict(frozen=True)  # a newer version's row may hold more

    alert: Alert
    subject: Label
    place: Label | None = None
    facility: Label | None = None
    zone: Label | None = None
    knows: tuple[Knows, ...] = ()
    """Everybody who has been told, those who are told now among them."""


class Note(msgspec.Struct, frozen=True):
    """A notification that is to be written into the outbox."""

    id: str
    number: int
    alert: str
    target: str
    channel: str
    event: str
    urgent: bool
    state: DeliveryState
    content: dict[str, Any]
    decided_at: Moment
    created_at: Moment
    due_at: Moment
    answer: str | None = None


def content_of(record: Record, town: Town, knows: Iterable[Knows] = ()) -> dict[str, Any]:
    """The content of a notification about a record, as plain JSON."""
    subject = Subject(record.subject_kind, record.subject)
    facility = town.facilities.get(record.facility or "")
    zone = town.zones.get(record.zone or "")
    sensor = town.sensors.get(record.subject) if record.subject_kind == "sensor" else None
    content = Content(
        alert=alert_of(record),
        subject=town.subject_name(subject),
        place=sensor.place if sensor else None,
        facility=facility.name if facility else None,
        zone=zone.name if zone else None,
        knows=tuple(knows),
    )
    return content.model_dump(mode="json")


def note_of(record: Record, what: Told, way: Way, *, content: dict[str, Any], decided_at: Moment, now: Moment) -> Note:
    """One notification; its id is the idempotency key `alert:episode:step:channel:target`."""
    key = f"{record.id}:{record.facts.activations}:{record.entries}:{way.channel}:{way.target}"
    return Note(
        id=key,
        number=record.entries,
        alert=record.id,
        target=way.target,
        channel=way.channel,
        event=what.value,
        urgent=record.facts.severity is Severity.CRITICAL and what in WANTS_SOMEBODY,
        state=DeliveryState.QUEUED,
        content=content,
        decided_at=decided_at,
        created_at=now,
        due_at=now,
    )
