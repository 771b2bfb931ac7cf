"""Whether what is to happen can happen in this town: the place exists, and something there would notice."""

from collections.abc import Iterator

from simulators.events import CutEvent, Event, FacilityEvent, SensorEvent
from town.findings import suggest
from town.town import Town


def misplaced(event: Event, town: Town) -> Iterator[tuple[str, str, str]]:
    """What an event asks of the town that the town does not have: key, message, suggestion."""
    if isinstance(event, FacilityEvent):
        if event.facility not in town.facilities:
            hint = suggest(event.facility, town.facilities)
            if not town.unsure.may_be("facility", event.facility):
                yield "facility", f"there is no facility `{event.facility}`", hint
            return
        yield from _unseen(event, town)
    if isinstance(event, SensorEvent):
        yield from _wrong_sensor(event, town)
    if isinstance(event, CutEvent) and event.gateway not in town.gateways:
        if town.unsure.may_be("gateway", event.gateway):
            return
        yield "gateway", f"there is no gateway `{event.gateway}`", suggest(event.gateway, town.gateways)


_SEEN_BY: dict[str, str] = {
    "fire": "smoke_detector",
    "evacuate": "people_counter",
    "intrude": "motion_detector",
    "ventilation_failure": "room_climate",
}
_HAPPENS_TO: dict[str, tuple[str, ...]] = {"open_door": ("door_contact",), "press": ("panic_button", "call_point")}


def _unseen(event: FacilityEvent, town: Town) -> Iterator[tuple[str, str, str]]:
    """A fire where no smoke detector hangs would play without anybody noticing."""
    word = str(getattr(event, "do", ""))
    kind = _SEEN_BY[word]
    there = {sensor.id: sensor.kind for sensor in town.sensors_of_facility[event.facility]}
    needed = {"people_counter", "camera", "motion_detector", "door_contact"} if word == "evacuate" else {kind}
    if not needed & set(there.values()) and not town.unsure.about("sensor"):
        yield "facility", f"`{event.facility}` has no {kind} that would notice", "choose another facility"
    near = getattr(event, "near", None)
    if near is not None and there.get(near) != kind and not town.unsure.may_be("sensor", near):
        heads = [sensor for sensor, what in there.items() if what == kind]
        yield "near", f"`{near}` is no {kind} of `{event.facility}`", suggest(near, heads) or ", ".join(heads)


def _wrong_sensor(event: SensorEvent, town: Town) -> Iterator[tuple[str, str, str]]:
    sensor = town.sensors.get(event.sensor)
    kinds = _HAPPENS_TO.get(str(getattr(event, "do", "")))
    if sensor is None and town.unsure.may_be("sensor", event.sensor):
        return
    if sensor is None:
        yield "sensor", f"there is no sensor `{event.sensor}`", suggest(event.sensor, town.sensors)
    elif kinds and sensor.kind not in kinds:
        yield "sensor", f"`{sensor.id}` is a {sensor.kind}", f"name a {' or '.join(kinds)}"
