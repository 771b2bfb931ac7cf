"""From what is written in a scenario to what it does to the simulated town, at which moments."""

from simulators.events import (
    DownpourEvent,
    EvacuateEvent,
    Event,
    FacilityEvent,
    FireEvent,
    IntrudeEvent,
    OpenDoorEvent,
    PressEvent,
    SensorEvent,
    SilenceEvent,
    VentilationEvent,
)
from simulators.physics.effects import (
    Downpour,
    Effect,
    Effects,
    Evacuation,
    Fire,
    Intruder,
    OpenDoor,
    Press,
    Silence,
    StaleAir,
)
from simulators.scenario import Scenario
from town.moment import Moment
from town.town import Town

_FOREVER: Moment = 1 << 62


def effects(scenario: Scenario, town: Town, *, start: Moment) -> Effects:
    """What the scenario does, at which moments, when it starts at `start`."""
    return Effects(effect for event in scenario.events if (effect := _effect(event, town, start)) is not None)


def _effect(event: Event, town: Town, start: Moment) -> Effect | None:
    began = start + event.at
    end = _FOREVER if event.lasts is None else began + event.lasts
    if isinstance(event, FacilityEvent):
        return _in_facility(event, town, began, end)
    if isinstance(event, SensorEvent):
        kind = _AT_SENSOR[type(event)]
        return kind(start=began, end=end, facility=town.sensors[event.sensor].facility, sensor=event.sensor)
    if isinstance(event, DownpourEvent):
        return Downpour(start=began, end=end, intensity=event.intensity)
    return None  # a cut connection is no matter of the town


_AT_SENSOR: dict[type[SensorEvent], type[OpenDoor] | type[Press] | type[Silence]] = {
    OpenDoorEvent: OpenDoor,
    PressEvent: Press,
    SilenceEvent: Silence,
}


def _in_facility(event: FacilityEvent, town: Town, began: Moment, end: Moment) -> Effect | None:
    place = event.facility
    match event:
        case FireEvent(intensity=intensity):
            origin = event.near or _first(town, place, "smoke_detector")
            return Fire(start=began, end=end, facility=place, origin=origin, intensity=intensity)
        case EvacuateEvent():
            return Evacuation(start=began, end=end, facility=place)
        case IntrudeEvent():
            return Intruder(start=began, end=end, facility=place)
        case VentilationEvent(intensity=intensity):
            return StaleAir(start=began, end=end, facility=place, intensity=intensity)
    return None


def _first(town: Town, facility: str, kind: str) -> str:
    return next(sensor.id for sensor in town.sensors_of_facility[facility] if sensor.kind == kind)
