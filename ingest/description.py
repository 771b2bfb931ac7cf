"""What a message becomes, said so that a person or a program can read it: what `town decode` prints."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from ingest.decoded import Decoded, DeviceReading, DeviceStatus, Fault, Rejected, Reply
from ingest.decoders.registry import Decoder
from ingest.intake import LARGEST_PAYLOAD
from ingest.ledger import Account
from ingest.reason import Reason
from ingest.resolve import FIRST_MOMENT, GATEWAY_DEVICE, LATEST_AHEAD, ONLINE, Resolver
from town.moment import Moment, format_moment
from town.quantity import Quantity, ValueType
from town.reading import Flag, Reading
from town.town import Town

_TYPES: dict[ValueType, type] = {ValueType.FLOAT: float, ValueType.BOOL: bool, ValueType.TEXT: str}
_LAST_MOMENT: Moment = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
Description = dict[str, Any]
"""A message: `ok`, `reason`, `detail`, `kind`, `readings`, `faults`, `replies`, `announced`; all of it JSON."""


class Describer:
    """Describes the messages of one conversation: the decoder's state is kept between them."""

    def __init__(self, decoder: Decoder, state: Any, *, quantities: Mapping[str, Quantity]) -> None:
        self._decoder, self._state, self._quantities = decoder, state, quantities
        self._resolver: Resolver | None = None
        self._sensors: dict[str, str] = {}

    def resolve_to(self, town: Town, gateway: str) -> None:
        """From now on also say which sensor of a town each reading is of, and which values its kind takes."""
        self._resolver = Resolver(town, gateway, extras=self._decoder.extras, account=Account())
        self._sensors = {each.external_id: each.id for each in town.sensors.values() if each.gateway == gateway}

    def describe(self, topic: str, payload: bytes, *, now: Moment) -> Description:
        """Decode one message that came at `now`."""
        if len(payload) > LARGEST_PAYLOAD and not topic.endswith(self._decoder.large):
            return _rejected(Rejected(Reason.TOO_LARGE, f"{len(payload)} bytes"))
        decoded = self._decoder.decode(topic, payload, now, self._state)
        return _rejected(decoded) if isinstance(decoded, Rejected) else self._decoded(decoded, now)

    def _decoded(self, decoded: Decoded, now: Moment) -> Description:
        faults = list(decoded.faults)
        readings = [self._reading(each, now, faults) for each in decoded.readings]
        readings += [self._reading(_as_reading(each), now, faults) for each in decoded.statuses]
        taken = any(value["taken"] for reading in readings for value in reading["values"])
        if self._resolver is None:
            for value in (value for reading in readings for value in reading["values"]):
                del value["taken"]
        first = faults[0] if faults else None
        return {
            "ok": taken or first is None,
            "reason": first and first.reason.value,
            "detail": first and first.detail,
            "kind": decoded.kind.value,
            "readings": readings,
            "faults": [{"reason": each.reason.value, "detail": each.detail} for each in faults],
            "replies": _replies(decoded.replies),
            "announced": [
                {"device": each.device, "channel": each.channel, "quantity": each.quantity, "unit": each.unit}
                | {"topic": each.topic}
                for each in decoded.announced
            ],
        }

    def _reading(self, reading: DeviceReading, now: Moment, faults: list[Fault]) -> Description:
        values = [self._value(reading, quantity, faults) for quantity in reading.values]
        values += [
            {"channel": each.channel, "quantity": None, "value": plain(each.value), "unit": each.unit, "taken": True}
            for each in reading.others
        ]
        described: Description = {"device": reading.device, "at": _moment(reading.at), "values": values}
        if self._resolver is None:
            return {**described, "flags": sorted({each.value for each in self._flags(reading, now)})}
        resolved = self._resolve(reading, now, faults)
        taken = {} if resolved is None else resolved.values
        for value in values:
            value["taken"] = value["quantity"] in taken
        flags: Iterable[Flag] = (
            self._flags(reading, now) if resolved is None else (*resolved.flags, *resolved.refused.values())
        )
        measured_at = None if resolved is None else format_moment(resolved.measured_at)
        described["flags"] = sorted({each.value for each in flags})
        return {"sensor": self._sensors.get(reading.device), **described, "measured_at": measured_at}

    def _value(self, reading: DeviceReading, quantity: str, faults: list[Fault]) -> Description:
        """One value with a quantity; one that is not of the quantity's type is no value of it."""
        value: Any = reading.values[quantity]
        known = self._quantities.get(quantity)
        right = known is not None and type(value) is _TYPES[known.type]
        if known is not None and not right and self._resolver is None:
            faults.append(Fault(Reason.WRONG_TYPE, f"{reading.device[:80]}: {quantity} = {value!r}"[:200]))
        return {
            "channel": reading.channels.get(quantity, quantity),
            "quantity": quantity if right else None,
            "value": plain(value),
            "unit": known.unit if right and known is not None else None,
            "taken": right or known is None,
        }

    def _flags(self, reading: DeviceReading, now: Moment) -> Iterable[Flag]:
        """What can be doubted without knowing the sensor."""
        yield from reading.flags
        if reading.at is None:
            yield Flag.NO_CLOCK
        elif reading.at > now + LATEST_AHEAD:
            yield Flag.CLOCK_FUTURE
        elif reading.at < FIRST_MOMENT:
            yield Flag.CLOCK_PAST
        for quantity, value in reading.values.items():
            known = self._quantities.get(quantity)
            if known is not None and isinstance(value, float) and not _plausible(known, value):
                yield Flag.OUT_OF_RANGE

    def _resolve(self, reading: DeviceReading, now: Moment, faults: list[Fault]) -> Reading | None:
        assert self._resolver is not None
        found: list[Reading] = []
        self._resolver.resolve((reading,), found, received_at=now, retained=False)
        faults += [Fault(each.reason, each.detail) for each in self._resolver.refused]
        self._resolver.refused.clear()
        return found[0] if found else None


def plain(value: Any) -> float | bool | str | None:
    """A value as JSON can hold it: a number that is not finite as text, whatever is no value as it is written."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, float | bool | str) else repr(value)[:200]


def _plausible(quantity: Quantity, value: float) -> bool:
    above = quantity.low is None or value >= quantity.low
    return above and isfinite(value) and (quantity.high is None or value <= quantity.high)


def _moment(at: Moment | None) -> str | None:
    """RFC 3339; a moment beyond the years it can write as the nearest it can."""
    return None if at is None else format_moment(min(max(at, 0), _LAST_MOMENT))


def _as_reading(status: DeviceStatus) -> DeviceReading:
    """Whether a device can be reached is a value too."""
    return DeviceReading(GATEWAY_DEVICE if status.device is None else status.device, None, {ONLINE: status.online})


def _rejected(rejected: Rejected) -> Description:
    said = {"ok": False, "reason": rejected.reason.value, "detail": rejected.detail, "kind": None}
    return {**said, "readings": [], "faults": [], "replies": _replies(rejected.replies), "announced": []}


def _replies(replies: Iterable[Reply]) -> list[Description]:
    return [{"topic": each.topic, "hex": each.payload.hex()} for each in replies]
