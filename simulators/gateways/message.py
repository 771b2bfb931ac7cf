"""What a simulated gateway puts on the wire, and what every make of gateway can do."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from simulators.schedule import Observation
from town.moment import Moment


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """One MQTT message to be sent at QoS 1, and how many readings are in it."""

    topic: str
    payload: bytes
    retain: bool = False
    readings: int = 0


class Make(Protocol):
    """How one make of gateway speaks."""

    will: Outgoing
    """What the broker says when the gateway is gone without a goodbye."""

    def hello(self, now: Moment) -> list[Outgoing]:
        """What it says whenever it has connected."""

    def farewell(self) -> Outgoing:
        """What it says before it disconnects by itself."""

    def telemetry(self, told: Sequence[Observation]) -> Iterator[Outgoing]:
        """What its sensors told, in messages."""
