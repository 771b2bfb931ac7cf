"""A rule file as it is written."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from rules.fields import Apart, Days, Intervals, OnMissing, PackName, RuleId, Span, SpanOrIntervals, TimeOfDay, Written
from rules.labels import LabelName
from town.alert import Category, Severity
from town.language import Label


def _one_of(*keys: str) -> list[JsonValue]:
    """For the JSON Schema: exactly one of these keys is there."""
    return [{"required": [key]} for key in keys]


def _without(*keys: str) -> dict[str, JsonValue]:
    """For the JSON Schema: none of these keys is there."""
    return {"not": {"anyOf": _one_of(*keys)}}


class ForEach(Written):
    """Whom a rule judges: each sensor of a kind, each facility, each zone, or the town; one of these."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": _one_of("sensor_kind", "facility_kind", "facility", "zone", "town")}
    )

    sensor_kind: str | tuple[str, ...] | None = None
    facility_kind: str | tuple[str, ...] | None = None
    facility: str | tuple[str, ...] | None = None
    zone: str | tuple[str, ...] | None = None
    town: Literal[True] | None = None
    where: str | None = None

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """What is chosen by, and the ids or kinds that are named; `any` stands for all."""
        written = {name: getattr(self, name) for name in ("sensor_kind", "facility_kind", "facility", "zone", "town")}
        return {
            name: (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
            for name, value in written.items()
            if value is not None
        }


class Absent(Written):
    """Silence: no value of any (`any_of`) or of all (`all_of`) of these quantities, or no reading at all."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["any_of", "all_of"]}})

    any_of: tuple[str, ...] | None = Field(None, min_length=1)
    all_of: tuple[str, ...] | None = Field(None, min_length=1)
    silent_for: SpanOrIntervals = Field(Intervals(intervals=3), alias="for", union_mode="left_to_right")


class ActiveBetween(Written):
    """The span of the day in which the rule may raise, `from` included, `to` excluded, in the town's time zone."""

    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")
    days: Days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Count(Written):
    """How often `when` must have become true, and within what time."""

    at_least: int = Field(ge=1, le=1000)
    within: Annotated[Span, Field(gt=0)]


class WrittenLevel(Written):
    """One level: when it holds, when it is over, and how long it must hold."""

    when: str
    clear: str | None = None
    hold_for: Span | None = Field(None, alias="for")


class WrittenStep(Written):
    """One step: `is` must become true; `not` must not be so, for so long before (`-10s`) or after the step before."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=False,
        json_schema_extra={
            "oneOf": [{"required": ["is"], **_without("not", "within")}, {"required": ["not", "within"]}],
        },
    )

    is_: str | None = Field(None, alias="is")
    not_: str | None = Field(None, alias="not")
    within: Apart | None = None


class Inhibits(Written):
    """Whose alerts are not told while this one is active, and what they must have in common with it."""

    rules: tuple[str, ...] = Field(min_length=1)
    equal: tuple[LabelName, ...] = Field(min_length=1)


class WrittenResponse(Written):
    """What to do, and how soon."""

    zh: str
    en: str
    within: Span | None = None


class Why(Written):
    """The rationale: what usually causes it, and what follows when nobody acts."""

    cause: Label | None = None
    consequence: Label | None = None


class Defaults(Written):
    """What rules of a group have in common; a rule's own word is stronger."""

    category: Category | None = Field(None, description="What kind of trouble it is.")
    severity: Severity | None = Field(None, description="How bad: critical, major, minor or advisory.")
    hold_for: Span | None = Field(
        None, alias="for", description="How long `when` must hold, in event time. Default 0s."
    )
    keep_active_for: Span | None = Field(
        None, description="How long it must be over before the alert clears. Default 0s."
    )
    max_gap: Span | None = Field(None, description="The longest gap `for` may count over. Default two intervals.")
    max_age: Span | None = Field(None, description="How old a value may be. Default three intervals.")
    on_missing: OnMissing | None = Field(None, description="What silence does: hold, raise or clear. Default hold.")
    missing_after: Span | None = Field(None, description="How long is silence. Default three intervals.")
    latch: bool | None = Field(None, description="Stays until a person resets it. Default true for fire, else false.")
    max_alerts: int | None = Field(
        None, ge=1, le=100_000, description="More alerts of one rule than this are counted and not told. Default 200."
    )
    shadow: bool | None = Field(None, description="Tried out: alerts are recorded, nobody is told. Default false.")
    late: Span | None = Field(
        None, description="What was measured so long before its receipt is backlog, told a moment later. Default 2m."
    )


class WrittenRule(Defaults):
    """One rule of a rule file."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["when", "for_each"]},
                {"required": ["levels", "for_each"], **_without("clear", "count", "severity")},
                {"required": ["sequence", "within", "for_each"], **_without("clear", "count", "for", "on_missing")},
                {"required": ["absent"], **_without("clear", "count", "for", "on_missing", "active_between")},
            ],
            "dependentRequired": {"within": ["sequence"]},
        }
    )

    id: RuleId = Field(max_length=100, description="Its identity for ever; small letters and dots.")
    title: Label = Field(description="What an alert is called, in zh and en.")
    for_each: ForEach | None = Field(None, description="Whom it judges. Only a rule with `absent` may leave it out.")
    when: str | None = Field(None, description="The condition.")
    clear: str | None = Field(None, description="When it is over; default: when `when` is false.")
    count: Count | None = Field(
        None, description="`{at_least: n, within: w}`: holds while `when` became true so often in that time."
    )
    sequence: tuple[WrittenStep, ...] | None = Field(
        None, min_length=2, max_length=10, description="Steps in order, `is` or `not`, in the place of `when`."
    )
    within: Span | None = Field(None, description="How long a whole `sequence` may take, from its first step.")
    levels: dict[Severity, WrittenLevel] | None = Field(
        None,
        min_length=1,
        description="`{minor: {when: …, clear: …}, critical: {…}}` in the place of `when`: the worst that holds.",
    )
    absent: Absent | None = Field(None, description="Silence, in the place of `when`.")
    active_between: ActiveBetween | None = Field(None, description="The hours in which it may raise.")
    source: str | None = Field(
        None, max_length=300, description="Where the limit comes from: a standard, with its table."
    )
    response: WrittenResponse | None = Field(None, description="What to do, in zh and en, and `within` what time.")
    why: Why | None = Field(None, description="The usual `cause` and the `consequence`, shown on the alert.")
    inhibits: Inhibits | None = Field(
        None, description="`{rules: […], equal: [facility]}`: while it is active, those are recorded and not told."
    )


class WrittenGroup(Written):
    """Rules that belong together."""

    name: str
    defaults: Defaults = Defaults()
    rules: list[Any] = Field(min_length=1)


class RuleFile(Written):
    """A file of rules; groups are checked one by one so that all mistakes are found."""

    version: Literal[1]
    include: tuple[PackName, ...] = ()
    """Rule packs that come with the program, such as `pack:environment`."""
    groups: list[Any] = Field([])
