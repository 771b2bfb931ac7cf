"""A gateway that speaks the town's own format: one object or an array of them on `town/<town>/<gateway>/telemetry`."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from simulators.gateways.message import Outgoing
from simulators.physics.chance import fraction, key
from simulators.schedule import Observation
from town.gateway import Gateway
from town.moment import Moment, format_moment
from town.sensor import Sensor
from town.town import Town

LARGEST_ARRAY = 50
_encode = msgspec.json.Encoder().encode


class Native:
    """One such gateway; by the chance of its name it writes times as RFC 3339 or as milliseconds."""

    def __init__(self, town: Town, gateway: Gateway, sensors: Sequence[Sensor], *, seed: int) -> None:
        topic = f"town/{town.id}/{gateway.id}"
        self._telemetry_topic = f"{topic}/telemetry"
        self._status_topic = f"{topic}/status"
        self._writes_text = fraction(key(seed, "time format", gateway.id), 0) < 0.5
        self.will = Outgoing(self._status_topic, b"offline", retain=True)

    def hello(self, now: Moment) -> list[Outgoing]:
        """That it is there."""
        return [Outgoing(self._status_topic, b"online", retain=True)]

    def farewell(self) -> Outgoing:
        """That it goes."""
        return self.will

    def telemetry(self, told: Sequence[Observation]) -> Iterator[Outgoing]:
        """One message for all that was told together, in arrays of no more than `LARGEST_ARRAY`."""
        for first in range(0, len(told), LARGEST_ARRAY):
            items = [self._item(one) for one in told[first : first + LARGEST_ARRAY]]
            payload = _encode(items if len(items) > 1 else items[0])
            yield Outgoing(self._telemetry_topic, payload, readings=len(items))

    def _item(self, one: Observation) -> dict[str, Any]:
        at = format_moment(one.at) if self._writes_text else one.at
        return {"sensor": one.sensor.external_id, "at": at, "values": one.values}
