"""Sensors: who measures what, where, how often, behind which gateway."""

from pydantic import BaseModel, ConfigDict

from town.facility import Position
from town.language import Label
from town.moment import Duration


class Sensor(BaseModel):
    """One sensor; `external_id` is what its gateway calls it, `interval` how often it reports at the least."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    gateway: str
    external_id: str
    facility: str
    kind: str
    interval: Duration
    position: Position | None = None
    place: Label | None = None
    """Where in the facility: "north rack"."""
