"""Values that come one by one, gathered into readings: one a device and moment, in the order they came."""

from ingest.decoded import Channel, DeviceReading
from ingest.decoders.free_names import Named
from town.moment import Moment
from town.quantity import Value


class Gathered:
    """Readings in the making. A second value of the same quantity stays a channel, so that both are kept."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, Moment | None], tuple[dict[str, Value], list[Channel], dict[str, str]]] = {}

    def add(self, device: str, at: Moment | None, channel: str, value: Named | Channel) -> None:
        """Take one value that the format calls `channel`, of the part of the device that it names."""
        if isinstance(value, Named) and value.part:
            device = f"{device}/{value.part}"
        values, others, channels = self._parts.setdefault((device, at), ({}, [], {}))
        if isinstance(value, Channel):
            others.append(value)
        elif value.quantity in values:
            others.append(Channel(channel, value.value, value.unit))
        else:
            values[value.quantity] = value.value
            if channel != value.quantity:
                channels[value.quantity] = channel

    def readings(self) -> tuple[DeviceReading, ...]:
        """What was gathered."""
        return tuple(
            DeviceReading(device, at, values, tuple(others), channels)
            for (device, at), (values, others, channels) in self._parts.items()
        )
