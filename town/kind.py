"""Kinds of sensors: which quantities they measure, and the family they are stored in."""

from pydantic import BaseModel, ConfigDict

from town.language import Label

COMMON_QUANTITIES = ("battery", "rssi", "snr", "tamper")
"""What any sensor may report about itself, whatever its kind."""


class SensorKind(BaseModel):
    """A kind of sensor. `family` is the measurement its readings are stored in; `quantities` hold the common ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label
    family: str
    quantities: tuple[str, ...]
    ranges: dict[str, tuple[float, float]] = {}
    """Narrower plausible ranges than the quantity's own, by quantity."""


class FacilityKind(BaseModel):
    """A kind of place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label
