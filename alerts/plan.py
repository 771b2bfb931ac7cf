"""What people.yaml says about which alerts go to whom and when: routes and escalations."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alerts.contact import PersonalChannel, many
from alerts.record import Record
from town.alert import Category, Severity
from town.moment import DAY, MINUTE, Duration, parse_duration
from town.town import Town


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


SENDER_RULE = "device.sender"
"""The id of the alert about a way of telling people that is refused."""

Wait = Annotated[Duration, BeforeValidator(_duration), Field(ge=0, le=DAY)]
Grouping = Literal["category", "severity", "zone", "facility", "rule"]


class About(BaseModel):
    """Which alerts are meant; what is not given does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: Annotated[tuple[Category, ...], BeforeValidator(many)] = ()
    severity: Annotated[tuple[Severity, ...], BeforeValidator(many)] = ()
    zone: Annotated[tuple[str, ...], BeforeValidator(many)] = ()
    facility_kind: Annotated[tuple[str, ...], BeforeValidator(many)] = ()

    def misses(self, case: "Case") -> str | None:
        """The first key that does not fit an alert; None when all do."""
        asked: dict[str, tuple[tuple[str, ...], str | None]] = {
            "category": (self.category, case.category),
            "severity": (self.severity, case.severity),
            "zone": (self.zone, case.zone),
            "facility_kind": (self.facility_kind, case.facility_kind),
        }
        return next((key for key, (wanted, found) in asked.items() if wanted and found not in wanted), None)


class Case(BaseModel):
    """What is asked about an alert to know who is to be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: Category
    severity: Severity
    zone: str | None = None
    facility: str | None = None
    facility_kind: str | None = None
    rule: str = ""
    avoid: str | None = None
    """A credential, or one person's channel, that must not be used, because the alert is about it."""


def case_of(record: Record, town: Town) -> Case:
    """What routes ask about the alert of a record."""
    facility = town.facilities.get(record.facility or "")
    return Case(
        category=record.definition.category,
        severity=record.facts.severity,
        zone=record.zone,
        facility=record.facility,
        facility_kind=facility.kind if facility else None,
        rule=record.rule,
        avoid=record.subject if record.rule == SENDER_RULE else None,
    )


class Route(About):
    """Which alerts go to whom, how long they may wait for somebody to answer first, and when they are reminded."""

    to: Annotated[tuple[str, ...], BeforeValidator(many)]
    wait: Wait = 0
    group_by: Annotated[tuple[Grouping, ...], BeforeValidator(many)] = ()
    """Alerts that agree in these and open within `wait` are told in one message."""
    repeat: Annotated[Duration, BeforeValidator(_duration), Field(ge=MINUTE, le=7 * DAY)] | None = None
    """How often those who were told are reminded until somebody acknowledges; never when it is not given."""


class EscalationStep(BaseModel):
    """Who is told when nobody answered for so long; over which channels, if not the first of each person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Annotated[Duration, BeforeValidator(_duration), Field(ge=0, le=7 * DAY)]
    to: Annotated[tuple[str, ...], BeforeValidator(many)]
    channels: Annotated[tuple[PersonalChannel, ...], BeforeValidator(many)] = ()


class Escalation(BaseModel):
    """Who else is told of which alerts as long as nobody acknowledges, or as long as they are open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: About = Field(alias="for")
    steps: tuple[EscalationStep, ...] = Field(min_length=1)
    until: Literal["acknowledged", "closed"] = "acknowledged"
