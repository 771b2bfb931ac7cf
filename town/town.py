"""A town as a whole: everything its folder says, checked and ready to be looked up."""

from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from town.alert import Severity, Subject
from town.calendar import SpecialDay, works
from town.facility import Facility, Position, Zone
from town.gateway import Gateway
from town.kind import FacilityKind, SensorKind
from town.language import Label, Language
from town.limits import reached
from town.quantity import Limits, Quantity
from town.sensor import Sensor
from town.unsure import Unsure


class Town(BaseModel):
    """One town. All mappings are by id; every id a sensor, facility or gateway refers to exists."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    id: str
    name: Label
    time_zone: str
    position: Position
    language: Language = "zh"
    country: str = "CN"
    quantities: dict[str, Quantity]
    kinds: dict[str, SensorKind]
    facility_kinds: dict[str, FacilityKind]
    zones: dict[str, Zone]
    facilities: dict[str, Facility]
    gateways: dict[str, Gateway]
    sensors: dict[str, Sensor]
    special_days: dict[date, SpecialDay] = {}
    """What the town says beside its country's calendar (`holidays.csv`)."""
    unsure: Unsure = Unsure()
    """What is left open where only the sound part of a folder could be read."""

    def is_workday(self, day: date) -> bool:
        """Whether people work on that day."""
        return works(day, self.country, self.special_days)

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The town's time zone."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def sensors_of_facility(self) -> dict[str, tuple[Sensor, ...]]:
        """The sensors of every facility, those without any included, in the order of the sensor list."""
        found: dict[str, list[Sensor]] = {facility: [] for facility in self.facilities}
        for sensor in self.sensors.values():
            found[sensor.facility].append(sensor)
        return {facility: tuple(sensors) for facility, sensors in found.items()}

    @cached_property
    def sensor_of_device(self) -> dict[tuple[str, str], Sensor]:
        """Sensors by gateway and by what that gateway calls them."""
        return {(sensor.gateway, sensor.external_id): sensor for sensor in self.sensors.values()}

    def plausible_range(self, kind: str, quantity: str) -> tuple[float | None, float | None]:
        """What a value of that quantity may be for a sensor of that kind, inclusive."""
        measured = self.quantities[quantity]
        return self.kinds[kind].ranges.get(quantity, (measured.low, measured.high))

    def limits_of(self, kind: str, quantity: str) -> Limits | None:
        """From where on a value of that quantity wants attention, for a sensor of that kind."""
        return self.kinds[kind].limits.get(quantity, self.quantities[quantity].limits)

    def reached(self, kind: str, quantity: str, value: float) -> Severity | None:
        """The worst severity whose limit such a value is beyond."""
        return reached(self.limits_of(kind, quantity), value)

    def facility_of(self, subject: Subject) -> Facility | None:
        """The facility a subject is or stands in, if it is in one."""
        if subject.kind == "facility":
            return self.facilities.get(subject.id)
        sensor = self.sensors.get(subject.id) if subject.kind == "sensor" else None
        return self.facilities.get(sensor.facility) if sensor else None

    def subject_name(self, subject: Subject) -> Label:
        """What people call a subject; its id when it is no longer in the town."""
        plain = Label(zh=subject.id, en=subject.id)
        match subject.kind:
            case "town":
                return self.name
            case "zone":
                return self.zones[subject.id].name if subject.id in self.zones else plain
            case "facility":
                return self.facilities[subject.id].name if subject.id in self.facilities else plain
            case "sensor" | "sender":
                return plain
