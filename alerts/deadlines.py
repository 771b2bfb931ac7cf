"""How long people may take: to acknowledge and to resolve, by severity, and to verify, by category."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from town.alert import AlertDefinition, Category, Severity
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, parse_duration


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


Length = Annotated[Duration, BeforeValidator(_duration), Field(ge=10 * SECOND, le=90 * DAY)]


class Times(BaseModel):
    """How long until somebody should have it, and until it should be over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    acknowledge: Length
    resolve: Length


class Deadlines(BaseModel):
    """The deadlines of a town. Categories that `verify` does not name are not verified."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    critical: Times = Times(acknowledge=3 * MINUTE, resolve=4 * HOUR)
    major: Times = Times(acknowledge=10 * MINUTE, resolve=12 * HOUR)
    minor: Times = Times(acknowledge=4 * HOUR, resolve=3 * DAY)
    advisory: Times = Times(acknowledge=DAY, resolve=14 * DAY)
    verify: Mapping[Category, Length] = {Category.FIRE: 3 * MINUTE, Category.SECURITY: 10 * MINUTE}

    def to_acknowledge(self, definition: AlertDefinition, severity: Severity) -> Duration:
        """How long until somebody should have it: what the rule itself says goes before its severity's."""
        within = definition.response.within if definition.response else None
        return within or self._times(severity).acknowledge

    def to_resolve(self, severity: Severity) -> Duration:
        """How long until it should be over."""
        return self._times(severity).resolve

    def _times(self, severity: Severity) -> Times:
        times: Times = getattr(self, severity.value)
        return times
