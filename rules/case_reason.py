"""What a case expects of the reason of an alert: values that the rule must have looked at."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from town.alert import Observation, Reason
from town.moment import Moment, format_duration, parse_duration, parse_moment
from town.quantity import Value


def moment_of(written: str, start: Moment) -> Moment:
    """`35s` after the start, or a time; raises ValueError."""
    return parse_moment(written) if ":" in written or "T" in written else start + parse_duration(written)


class ExpectedObservation(BaseModel):
    """One value that the newest reason must name; what is not given is not compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sensor: str | None = None
    quantity: str | None = None
    value: Value | None = None
    measured: str | None = None
    unit: str | None = None
    expression: str | None = None
    limit: str | None = None
    holds: bool | None = None


def missing_observations(
    expected: Sequence[ExpectedObservation], reason: Reason | None, *, start: Moment
) -> Iterator[str]:
    """A line for everything that was not looked at."""
    seen = reason.observations if reason else ()
    for one in expected:
        if not any(_fits(one, each, start) for each in seen):
            asked = ", ".join(f"{name} {value}" for name, value in one.model_dump(exclude_none=True).items())
            found = "; ".join(_told(each, start) for each in seen) or "nothing"
            yield f"expected it because of {asked}, found {found}"


def _fits(expected: ExpectedObservation, seen: Observation, start: Moment) -> bool:
    asked = expected.model_dump(exclude_none=True)
    if "measured" in asked and seen.measured_at != moment_of(asked.pop("measured"), start):
        return False
    return all(getattr(seen, name) == value for name, value in asked.items())


def _told(seen: Observation, start: Moment) -> str:
    at = "" if seen.measured_at is None else f" at {format_duration(max(0, seen.measured_at - start))}"
    return f"{seen.sensor} {seen.expression or seen.quantity} {seen.value}{at}, {seen.limit}: {seen.holds}"
