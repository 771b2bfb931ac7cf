"""Kinds of sensors: which quantities they measure, and the family they are stored in."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from town.language import Label
from town.moment import Duration, parse_duration
from town.quantity import Limits

COMMON_QUANTITIES = ("battery", "rssi", "snr", "tamper")
"""What any sensor may report about itself, whatever its kind."""


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


class SensorKind(BaseModel):
    """A kind of sensor. `family` is the measurement its readings are stored in; `quantities` hold the common ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label
    family: str
    quantities: tuple[str, ...]
    ranges: dict[str, tuple[float, float]] = {}
    """Narrower plausible ranges than the quantity's own, by quantity."""
    limits: dict[str, Limits] = {}
    """Other limits than the quantity's own, by quantity."""
    stuck_after: dict[str, Annotated[Duration, BeforeValidator(_duration)]] = {}
    """Quantities that vary as long as the sensor is sound, and after how long without a change they count as stuck."""


class FacilityKind(BaseModel):
    """A kind of place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label
