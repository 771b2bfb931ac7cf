"""What can happen in a scenario, as it is written."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from town.moment import Duration, parse_duration


def _duration(written: Any) -> Any:
    if isinstance(written, int) and not isinstance(written, bool) and written != 0:
        raise ValueError(f"{written} is not a duration: write a number and a unit, such as {written}s")
    return parse_duration(written) if isinstance(written, str) else written


def _local_time(written: str) -> int:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f'{written!r} is not a time of day: write it in quotes as "02:10"')
    return int(found[1]) * 60 + int(found[2])


WrittenDuration = Annotated[Duration, BeforeValidator(_duration)]
LocalTimeOfDay = Annotated[int, BeforeValidator(_local_time)]
"""Minutes since midnight on the town's clocks."""
Intensity = Annotated[float, Field(gt=0, le=3)]


class Event(BaseModel):
    """Something that happens `at` so long after the start, for so long; without `for`, until the end of the play."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: WrittenDuration
    lasts: WrittenDuration | None = Field(None, alias="for", gt=0)


class FacilityEvent(Event):
    """Something that happens in a facility."""

    facility: str


class SensorEvent(Event):
    """Something that happens at a sensor."""

    sensor: str


class FireEvent(FacilityEvent):
    """A fire breaks out beside one smoke detector, the facility's first unless `near` names another."""

    do: Literal["fire"]
    near: str | None = None
    intensity: Intensity = 1.0


class EvacuateEvent(FacilityEvent):
    """Everybody leaves the facility."""

    do: Literal["evacuate"]


class OpenDoorEvent(SensorEvent):
    """A door contact sees its door open, and nobody has shown a badge."""

    do: Literal["open_door"]


class IntrudeEvent(FacilityEvent):
    """Somebody moves about in the facility."""

    do: Literal["intrude"]


class PressEvent(SensorEvent):
    """A panic button or a call point is pressed."""

    do: Literal["press"]


class VentilationEvent(FacilityEvent):
    """The ventilation stands still, and carbon dioxide gathers."""

    do: Literal["ventilation_failure"]
    intensity: Intensity = 1.0


class DownpourEvent(Event):
    """It rains as hard as it does a few times in a year."""

    do: Literal["downpour"]
    intensity: Intensity = 1.0


class SilenceEvent(SensorEvent):
    """A sensor says nothing."""

    do: Literal["silence"]


class CutEvent(Event):
    """A gateway's connection is cut: no goodbye, and what it has to tell waits until it is back."""

    do: Literal["cut"]
    gateway: str


EVENTS: dict[str, type[Event]] = {
    "fire": FireEvent,
    "evacuate": EvacuateEvent,
    "open_door": OpenDoorEvent,
    "intrude": IntrudeEvent,
    "press": PressEvent,
    "ventilation_failure": VentilationEvent,
    "downpour": DownpourEvent,
    "silence": SilenceEvent,
    "cut": CutEvent,
}
"""What can happen, by the word after `do`."""
