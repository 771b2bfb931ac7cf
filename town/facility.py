"""Places: facilities that are looked after, and the zones they stand in."""

from pydantic import BaseModel, ConfigDict, Field

from town.language import Label


class Position(BaseModel):
    """WGS 84 degrees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Zone(BaseModel):
    """A part of the town."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label


class Facility(BaseModel):
    """A place that is looked after: a warehouse, a school, a pumping station."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label
    kind: str
    zone: str
    position: Position
    address: Label | None = None
