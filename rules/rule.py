"""A rule as it is written, and as it is judged."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from rules.expression import Expression
from rules.labels import LabelName
from rules.schedule import DAYS, Schedule
from town.alert import AlertDefinition, Category, Severity
from town.findings import suggest
from town.language import Label
from town.moment import Duration, format_duration, parse_duration

OnMissing = Literal["hold", "raise", "clear"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _span(written: Any) -> Any:
    if isinstance(written, int | float):
        raise ValueError("a duration needs its unit: write 30s, 10m or 1h30m")
    return parse_duration(written) if isinstance(written, str) else written


def _of_intervals(written: Any) -> Any:
    count, sign, word = str(written).partition(" x ")
    if not sign or word.strip() != "interval":
        return _span(written)
    try:
        return {"intervals": float(count)}
    except ValueError:
        raise ValueError(f"{written!r} is not understood: write `3 x interval` or a duration") from None


def _signed(written: Any) -> Any:
    """Milliseconds; `-10s` is before."""
    text = str(written).strip()
    return -parse_duration(text[1:]) if text.startswith("-") else _span(written)


def _clock(written: Any) -> Any:
    if not isinstance(written, str):
        raise ValueError('write the time of day in quotes, such as "22:00"')
    return written


def _days(written: Any) -> Any:
    if written == "all":
        return list(DAYS)
    for day in written if isinstance(written, list) else ():
        if day not in DAYS:
            hint = suggest(str(day), DAYS)
            raise ValueError(
                f"`{day!s:.20}` is no day of the week; {hint or 'write mon, tue, wed, thu, fri, sat or sun'}"
            )
    return written


_ID = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
_PACK = r"^pack:[a-z]+$"


def _identity(written: str) -> str:
    if not re.match(_ID, written):
        raise ValueError(f"`{written:.60}` is no id: small letters and digits, with `.`, `-` or `_` between them")
    return written


def _pack(written: str) -> str:
    if not re.match(_PACK, written):
        raise ValueError(f"`{written:.60}` is no rule pack: write it as `pack:environment`")
    return written


MAX_ALERTS = 200
"""So many alerts of one rule are told when it says nothing itself."""

_PART = "[0-9]+(\\.[0-9]+)?\\s*(ms|min|s|m|h|d|w)"
_DURATION = f"{_PART}(\\s*{_PART})*"
_SPAN = WithJsonSchema(
    {"type": "string", "pattern": f"^{_DURATION}$", "description": "A duration, such as 30s, 10m or 1h30m."}
)

Span = Annotated[Duration, BeforeValidator(_span), Field(ge=0), _SPAN]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Intervals(_Written):
    """A duration told in intervals of the sensor."""

    intervals: float = Field(gt=0)


def _one_of(*keys: str) -> list[JsonValue]:
    """For the JSON Schema: exactly one of these keys is there."""
    return [{"required": [key]} for key in keys]


def _without(*keys: str) -> dict[str, JsonValue]:
    """For the JSON Schema: none of these keys is there."""
    return {"not": {"anyOf": _one_of(*keys)}}


class ForEach(_Written):
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


_INTERVALS = WithJsonSchema(
    {
        "type": "string",
        "pattern": f"^({_DURATION}|[0-9]+(\\.[0-9]+)? x +interval)$",
        "description": "A duration, or such as `3 x interval`.",
    }
)
_BEFORE = WithJsonSchema(
    {
        "type": "string",
        "pattern": f"^-?{_DURATION}$",
        "description": "A duration; with - before it, the time before.",
    }
)
_TIME = WithJsonSchema(
    {
        "type": "string",
        "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$",
        "description": "A time of day in quotes.",
    }
)
_DAYS = WithJsonSchema(
    {
        "anyOf": [
            {"enum": ["all", "workdays", "restdays"]},
            {"type": "array", "items": {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}},
        ]
    }
)


class Absent(_Written):
    """Silence: no value of any (`any_of`) or of all (`all_of`) of these quantities, or no reading at all."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["any_of", "all_of"]}})

    any_of: tuple[str, ...] | None = Field(None, min_length=1)
    all_of: tuple[str, ...] | None = Field(None, min_length=1)
    silent_for: Annotated[Intervals | Annotated[Duration, Field(gt=0)], BeforeValidator(_of_intervals), _INTERVALS] = (
        Field(Intervals(intervals=3), alias="for", union_mode="left_to_right")
    )


class ActiveBetween(_Written):
    """The span of the day in which the rule may raise, `from` included, `to` excluded, in the town's time zone."""

    start: Annotated[time, BeforeValidator(_clock), _TIME] = Field(alias="from")
    end: Annotated[time, BeforeValidator(_clock), _TIME] = Field(alias="to")
    days: Annotated[Literal["workdays", "restdays"] | tuple[Day, ...], BeforeValidator(_days), _DAYS] = (
        "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    )  # fmt: skip


class Count(_Written):
    """How often `when` must have become true, and within what time."""

    at_least: int = Field(ge=1, le=1000)
    within: Annotated[Span, Field(gt=0)]


class WrittenLevel(_Written):
    """One level: when it holds, when it is over, and how long it must hold."""

    when: str
    clear: str | None = None
    hold_for: Span | None = Field(None, alias="for")


class WrittenStep(_Written):
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
    within: Annotated[int, BeforeValidator(_signed), _BEFORE] | None = None


class Inhibits(_Written):
    """Whose alerts are not told while this one is active, and what they must have in common with it."""

    rules: tuple[str, ...] = Field(min_length=1)
    equal: tuple[LabelName, ...] = Field(min_length=1)


class WrittenResponse(_Written):
    """What to do, and how soon."""

    zh: str
    en: str
    within: Span | None = None


class Why(_Written):
    """The rationale: what usually causes it, and what follows when nobody acts."""

    cause: Label | None = None
    consequence: Label | None = None


class Defaults(_Written):
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

    id: Annotated[
        str, AfterValidator(_identity), WithJsonSchema({"type": "string", "pattern": _ID, "maxLength": 100})
    ] = Field(max_length=100, description="Its identity for ever; small letters and dots.")
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


class WrittenGroup(_Written):
    """Rules that belong together."""

    name: str
    defaults: Defaults = Defaults()
    rules: list[Any] = Field(min_length=1)


class RuleFile(_Written):
    """A file of rules; groups are checked one by one so that all mistakes are found."""

    version: Literal[1]
    include: tuple[
        Annotated[str, AfterValidator(_pack), WithJsonSchema({"type": "string", "pattern": _PACK})], ...
    ] = ()
    """Rule packs that come with the program, such as `pack:environment`."""
    groups: list[Any] = []


@dataclass(frozen=True, slots=True)
class Silence:
    """What `absent` asks for; without quantities any reading of the sensor ends it."""

    quantities: tuple[str, ...]
    every: bool
    """Whether all of them must be silent, or one is enough."""
    limit: Duration | None
    intervals: float


@dataclass(frozen=True, slots=True)
class Level:
    """How bad it is when `when` holds for so long, until `clear`."""

    severity: Severity
    when: Expression
    clear: Expression | None
    hold_for: Duration


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence: what must become true, or must not be so `apart` from the step before it."""

    expression: Expression
    apart: Duration | None = None
    """None: it must become true. Negative: how long before it must not have been; positive: how long after."""

    @property
    def text(self) -> str:
        """As people read it."""
        if self.apart is None:
            return self.expression.text
        where = "before" if self.apart < 0 else "after"
        return f"not {self.expression.text} in the {format_duration(abs(self.apart))} {where}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule: one of `when`, `levels`, `sequence` and `absent` is there."""

    definition: AlertDefinition
    for_each: ForEach
    where: Expression | None = None
    when: Expression | None = None
    clear: Expression | None = None
    count: Count | None = None
    levels: tuple[Level, ...] = ()
    """The worst first."""
    sequence: tuple[Step, ...] = ()
    within: Duration = 0
    absent: Silence | None = None
    hold_for: Duration = 0
    keep_active_for: Duration = 0
    max_gap: Duration | None = None
    max_age: Duration | None = None
    on_missing: OnMissing = "hold"
    missing_after: Duration | None = None
    active_between: Schedule | None = None
    inhibits: Inhibits | None = None
    max_alerts: int = MAX_ALERTS
    shadow: bool = False
    late: Duration | None = None

    @property
    def id(self) -> str:
        """Its identity."""
        return self.definition.rule

    @property
    def version(self) -> str:
        """A hash of everything it says."""
        return self.definition.version

    @property
    def conditions(self) -> list[Expression]:
        """Everything it asks of readings."""
        own = [self.when, self.clear]
        levels = [one for level in self.levels for one in (level.when, level.clear)]
        steps = [step.expression for step in self.sequence]
        return [one for one in (*own, *levels, *steps) if one is not None]
