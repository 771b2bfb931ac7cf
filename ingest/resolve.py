"""From what a device said to a reading of a sensor of this town: who it is, when it was, what can be believed."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf, isfinite
from typing import Any, Literal, NamedTuple

from ingest.connection import Message
from ingest.decoded import DeviceReading
from ingest.decoders.native import Plain
from ingest.ledger import Account
from ingest.reason import Reason, Scope
from ingest.steady import Steady
from town.moment import DAY, SECOND, Moment
from town.quantity import Quantity, Value, ValueType
from town.reading import Flag, Reading
from town.town import Town

GATEWAY_DEVICE = "gateway"
"""The external id of the sensor, of kind `gateway`, that stands for a gateway itself."""
ONLINE = "online"

LATEST_AHEAD = 60 * SECOND
"""How far ahead of us a device's clock may be."""
_BEHIND = 400 * DAY
FIRST_MOMENT: Moment = 1_577_836_800_000
"""2020-01-01T00:00:00Z: before it, a clock was never set."""
_LONGEST_TEXT = 255
_LARGEST = 1.7976931348623157e308


class Refused(NamedTuple):
    """One thing the resolver does not believe."""

    scope: Scope
    reason: Reason
    detail: str


class _Check(NamedTuple):
    """What a value must be to pass at once: of exactly that type and within the bounds."""

    type: type
    low: Any
    high: Any
    quantity: ValueType


_Bound = tuple[type, Any, Any]
"""A check without its type of quantity, as a plain tuple, which costs half as much to look into."""


class _Never:
    """No value is of this type: it sends every text down the careful way."""


_NOTHING: dict[str, Value] = {}
_NEVER_STUCK = Steady({})
"""Of every sensor whose quantities may stay the same for ever."""


class _Known:
    """A sensor as the hot path needs it, with what it said last."""

    __slots__ = (
        "bounds", "checks", "heard", "last_at", "quantity", "sensor", "stamped_at", "steady", "value", "values",
    )  # fmt: skip

    def __init__(self, sensor: str, checks: Mapping[str, _Check], bounds: Mapping[str, _Bound]) -> None:
        """Checks and bounds are those of its kind, which all its sensors share: what is asked of many stays at hand."""
        self.sensor, self.checks, self.bounds = sensor, checks, bounds
        self.last_at: Moment | None = None
        self.quantity = ""
        """What it told last when that was one value, and in `value` which: a dict for each of many sensors would have
        been out of every cache when the next message takes its place."""
        self.value: Value = False
        self.values = _NOTHING
        """What it told last when that was not one value."""
        self.stamped_at: Moment = 0
        self.heard: dict[str, Value] | None = None
        """The newest values that came without a time."""
        self.steady = _NEVER_STUCK

    @property
    def last_values(self) -> dict[str, Value]:
        """What it told last."""
        return {self.quantity: self.value} if self.quantity else self.values

    def told(self, at: Moment, values: dict[str, Value]) -> None:
        """Remember what it tells now."""
        self.last_at, self.quantity, self.values = at, "", values

    def doubt(self, quantity: str) -> None:
        """Send readings of this quantity down the careful way."""
        self.bounds = {**self.bounds, quantity: (_Never, "", "")}

    def trust(self, quantity: str) -> None:
        """Let them pass at once again."""
        self.bounds = {**self.bounds, quantity: _bound(self.checks[quantity])}


class Resolver:
    """Resolves the readings of one gateway. What it does not believe is left in `refused` for the caller to take."""

    def __init__(self, town: Town, gateway: str, *, extras: Literal["refuse", "count"], account: Account) -> None:
        self.refused: list[Refused] = []
        self._account, self._extras = account, extras
        self._received_at = self._earliest = self._latest = 0
        sensors = [sensor for sensor in town.sensors.values() if sensor.gateway == gateway]
        checks = {kind: _checks(town, kind) for kind in {sensor.kind for sensor in sensors}}
        bounds = {kind: {quantity: _bound(one) for quantity, one in of.items()} for kind, of in checks.items()}
        self._known = {
            sensor.external_id: _Known(sensor.id, checks[sensor.kind], bounds[sensor.kind]) for sensor in sensors
        }
        self.who = self._known.get
        """Who a device is, for `resolve_plain`: asked of all devices at once, memory answers several together."""
        for sensor in sensors:
            if limits := town.kinds[sensor.kind].stuck_after:
                self._known[sensor.external_id].steady = Steady(limits)

    def look_for_stuck(self) -> int:
        """Compare what sensors said last with the look before; how many quantities have not changed for too long."""
        found = 0
        for known in self._known.values():
            if known.steady.limits:
                at, values = max(known.last_at or 0, known.stamped_at), {**known.last_values, **(known.heard or {})}
                for quantity in known.steady.look(values, at):
                    known.doubt(quantity)
                found += len(known.steady.stuck)
        return found

    def resolve_plain(
        self, items: Iterator[tuple[Message, Plain, "_Known | None"]], into: list[Reading], *, received_at: Moment
    ) -> tuple[Message, Plain] | None:
        """Append readings until something is odd about one: that one, for `resolve`, or None at the end.

        An item is a message, what it says, and `who` its device is.
        """
        if received_at != self._received_at:
            self._look_at_the_clock(received_at)
        earliest, latest, begun = self._earliest, self._latest, len(into)
        odd = None
        for message, reading, known in items:
            at, values = reading.at, reading.values
            if known is None or at == known.last_at or not earliest <= at <= latest or not values:
                odd = message, reading
                break
            bounds = known.bounds
            for quantity, value in values.items():
                bound = bounds.get(quantity)
                if bound is None or type(value) is not bound[0] or not bound[1] <= value <= bound[2]:
                    odd = message, reading
                    break
            else:
                known.last_at = at
                if len(values) == 1:
                    known.quantity, known.value = quantity, value
                else:
                    known.quantity, known.values = "", values
                into.append(Reading(known.sensor, at, received_at, values))
                continue
            break
        self._account.readings += len(into) - begun
        return odd

    def resolve(  # noqa: PLR0912 - a branch for each thing that can be wrong; calls would cost as much as all the rest
        self, readings: Sequence[DeviceReading], into: list[Reading], *, received_at: Moment, retained: bool
    ) -> None:
        """Append the readings that can be believed, wholly or in part, to `into`."""
        if received_at != self._received_at:
            self._look_at_the_clock(received_at)
        for reading in readings:
            known = self._known.get(reading.device)
            if known is None:
                self.refuse(Reason.UNKNOWN_SENSOR, f"no sensor {reading.device[:80]!r} on this gateway")
                continue
            values, at = reading.values, reading.at
            flags = reading.flags
            if at is None:
                if retained:
                    self.refuse(Reason.STALE, known.sensor)
                    continue
                at, flags = _stamp(known, received_at), _NO_CLOCK
                known.heard = values
            else:
                if at == known.last_at and values == known.last_values:
                    self.refuse(Reason.DUPLICATE, f"{known.sensor} at {at}")
                    continue
                known.told(at, values)
                if not self._earliest <= at <= self._latest:
                    at, flags = self._replace(known, at, received_at, self._latest)
            bounds = known.bounds
            for quantity, value in values.items():
                bound = bounds.get(quantity)
                if bound is None or type(value) is not bound[0] or not bound[1] <= value <= bound[2]:
                    self._sift(known, reading, into, at=at, received_at=received_at, flags=flags)
                    break
            else:
                if values:
                    self._account.readings += 1
                    into.append(Reading(known.sensor, at, received_at, values, flags))
                else:
                    self._nothing_left(known, {})

    def _look_at_the_clock(self, received_at: Moment) -> None:
        self._received_at, self._latest = received_at, received_at + LATEST_AHEAD
        self._earliest = max(received_at - _BEHIND, FIRST_MOMENT)

    def resolve_online(self, device: str, online: bool, into: list[Reading], *, received_at: Moment) -> None:
        """Append whether a device can be reached, if its sensor measures that."""
        known = self._known.get(device)
        if known is not None and ONLINE in known.checks:
            self._account.readings += 1
            at = _stamp(known, received_at)
            into.append(Reading(known.sensor, at, received_at, {ONLINE: online}, _NO_CLOCK))

    def _replace(
        self, known: _Known, at: Moment, received_at: Moment, latest: Moment
    ) -> tuple[Moment, tuple[Flag, ...]]:
        """The moment of receipt in place of a clock that cannot be right."""
        reason, flag = (Reason.CLOCK_FUTURE, Flag.CLOCK_FUTURE) if at > latest else (Reason.CLOCK_PAST, Flag.CLOCK_PAST)
        self.refused.append(Refused(Scope.CLOCK, reason, f"{known.sensor}: {(at - received_at) // SECOND} s from now"))
        return _stamp(known, received_at), (flag,)

    def _sift(
        self,
        known: _Known,
        reading: DeviceReading,
        into: list[Reading],
        *,
        at: Moment,
        received_at: Moment,
        flags: tuple[Flag, ...],
    ) -> None:
        """The careful way: keep the values that can be believed, name the others."""
        believed: dict[str, Value] = {}
        doubted: dict[str, tuple[Reason, str]] = {}
        for quantity, value in reading.values.items():
            check = known.checks.get(quantity)
            reason = Reason.UNKNOWN_QUANTITY if check is None else _doubt(check, value)
            if reason is None:
                believed[quantity] = value
            elif check is None and self._extras == "count":
                self._account.extras += 1
            else:
                doubted[quantity] = (reason, f"{known.sensor}: {quantity[:80]!r} = {_quote(value)}")
        if not believed:
            self._nothing_left(known, doubted)
            return
        self.refused += [Refused(Scope.VALUE, *doubt) for doubt in doubted.values()]
        self._account.readings += 1
        refused = {each: Flag.OUT_OF_RANGE for each in doubted if each in known.checks}
        for quantity in known.steady.moved(believed):
            known.trust(quantity)
        if not known.steady.stuck.keys().isdisjoint(believed):
            flags = (*flags, Flag.STUCK)
        into.append(Reading(known.sensor, at, received_at, believed, flags, refused))

    def _nothing_left(self, known: _Known, doubted: dict[str, tuple[Reason, str]]) -> None:
        """A reading without any value: refused, unless the format is chatty and it only spoke of other things."""
        if doubted:
            reason, detail = next(iter(doubted.values()))
            self.refuse(reason, detail)
        elif self._extras == "refuse":
            self.refuse(Reason.NO_VALUES, known.sensor)

    def refuse(self, reason: Reason, detail: str) -> None:
        """Count a reading of which nothing can be believed, and leave why in `refused`."""
        self._account.readings += 1
        self.refused.append(Refused(Scope.READING, reason, detail))


_NO_CLOCK = (Flag.NO_CLOCK,)


def _stamp(known: _Known, received_at: Moment) -> Moment:
    """The moment of receipt, a millisecond later than the last one given to this sensor so that none hides another."""
    known.stamped_at = received_at if received_at > known.stamped_at else known.stamped_at + 1
    return known.stamped_at


def _bound(check: _Check) -> _Bound:
    return check.type, check.low, check.high


def _checks(town: Town, kind: str) -> dict[str, _Check]:
    """A check for every quantity that a sensor of the kind may report."""
    return {
        quantity: _check(town.quantities[quantity], *town.plausible_range(kind, quantity))
        for quantity in town.kinds[kind].quantities
    }


def _check(quantity: Quantity, low: float | None, high: float | None) -> _Check:
    match quantity.type:
        case ValueType.FLOAT:
            bounds = (max(-_LARGEST, -inf if low is None else low), min(_LARGEST, inf if high is None else high))
            return _Check(float, *bounds, quantity.type)
        case ValueType.BOOL:
            return _Check(bool, False, True, quantity.type)
        case ValueType.TEXT:
            return _Check(_Never, "", "", quantity.type)


def _doubt(check: _Check, value: Any) -> Reason | None:
    """Why a value is not believed; None when it is."""
    match check.quantity:
        case ValueType.FLOAT if type(value) is float:
            if not isfinite(value):
                return Reason.NOT_A_NUMBER
            return None if check.low <= value <= check.high else Reason.OUT_OF_RANGE
        case ValueType.TEXT if type(value) is str:
            return None if len(value) <= _LONGEST_TEXT and value.isprintable() else Reason.OUT_OF_RANGE
        case _:
            return None if type(value) is check.type else Reason.WRONG_TYPE


def _quote(value: Any) -> str:
    return repr(value[:80] if isinstance(value, str) else value)[:120]
