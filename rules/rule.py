"""A rule as it is judged: checked, with its expressions read."""

from dataclasses import dataclass

from rules.expression import Expression
from rules.fields import OnMissing
from rules.schedule import Schedule
from rules.written import Count, ForEach, Inhibits
from town.alert import AlertDefinition, Severity
from town.moment import Duration, format_duration

MAX_ALERTS = 200
"""So many alerts of one rule are told when it says nothing itself."""


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
