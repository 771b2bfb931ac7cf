"""What a subject can be compared by: its sensor, gateway, facility, zone and town."""

from typing import Literal, get_args

from town.alert import Subject
from town.town import Town

LabelName = Literal["sensor", "gateway", "facility", "zone", "town"]
LABELS: tuple[LabelName, ...] = get_args(LabelName)


def labels_of(subject: Subject, names: tuple[LabelName, ...], town: Town) -> tuple[str, ...] | None:
    """The labels of those names, or None when the subject lacks one: what is missing equals nothing."""
    known = _known(subject, town)
    found = [known.get(name) for name in names]
    return tuple(one for one in found if one is not None) if None not in found else None


def _known(subject: Subject, town: Town) -> dict[str, str]:
    found: dict[str, str] = {"town": town.id}
    if subject.kind == "zone":
        found["zone"] = subject.id
    if subject.kind == "sensor" and (sensor := town.sensors.get(subject.id)):
        found |= {"sensor": sensor.id, "gateway": sensor.gateway}
    if facility := town.facility_of(subject):
        found |= {"facility": facility.id, "zone": facility.zone}
    return found
