"""What a decoder makes of a message: readings of devices in canonical units, or the reason why not."""

from enum import StrEnum

import msgspec

from ingest.reason import Reason
from town.moment import Moment
from town.quantity import Value
from town.reading import Flag


class Kind(StrEnum):
    """What a message was about."""

    TELEMETRY = "telemetry"
    STATUS = "status"
    DISCOVERY = "discovery"
    """It taught the decoder about devices."""
    IGNORED = "ignored"
    """It is part of the format but says nothing about sensors: commands, logs, groups."""


class Channel(msgspec.Struct, frozen=True, gc=False):
    """A value the payload carries that maps to no quantity, under the format's own name, its unit if it is known."""

    channel: str
    value: Value
    unit: str | None = None


class DeviceReading(msgspec.Struct, frozen=True, gc=False):
    """What one device said at one moment, in canonical units; `device` is what its gateway calls it.

    `at` is None when the payload gives no time. `others` are channels without a quantity, `channels` the format's own
    name of each quantity that it calls differently, `flags` what the decoder itself doubts of the time. Values are as
    decoded: types and ranges are judged by the resolver.
    """

    device: str
    at: Moment | None
    values: dict[str, Value]
    others: tuple[Channel, ...] = ()
    channels: dict[str, str] = {}
    flags: tuple[Flag, ...] = ()


class DeviceStatus(msgspec.Struct, frozen=True, gc=False):
    """Whether a device can be reached; `device` None speaks of the gateway itself."""

    device: str | None
    online: bool


class Fault(msgspec.Struct, frozen=True, gc=False):
    """One reading of a message that cannot be read, while others of the same message can."""

    reason: Reason
    detail: str


class Announced(msgspec.Struct, frozen=True, gc=False):
    """A channel that a device was announced to have: `topic` is where its values will come."""

    device: str
    channel: str
    quantity: str | None
    unit: str | None
    topic: str


class Reply(msgspec.Struct, frozen=True, gc=False):
    """A message the format asks us to publish in answer."""

    topic: str
    payload: bytes


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """A message that could be read."""

    kind: Kind
    readings: tuple[DeviceReading, ...] = ()
    statuses: tuple[DeviceStatus, ...] = ()
    faults: tuple[Fault, ...] = ()
    replies: tuple[Reply, ...] = ()
    announced: tuple[Announced, ...] = ()
    gaps: int = 0
    """How many messages are missing before this one, as the format's own numbering says."""


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A message that could not be read, and why; `detail` quotes no more than a few words of it."""

    reason: Reason
    detail: str = ""
    replies: tuple[Reply, ...] = ()


IGNORED = Decoded(Kind.IGNORED)
