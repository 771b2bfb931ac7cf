"""The option `channels` of formats that know most of their channels themselves: what the others are on one gateway.

`channels: {Switch1: open, soil_ec: {quantity: conductivity, unit: uS/cm, device: soil}}` gives a channel, by the
format's own name, a quantity; its unit where the format does not tell it; and the part of the device that it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from ingest.decoded import Channel, Decoded, DeviceReading, Rejected
from ingest.decoders.values import DeviceValues, fit_to
from town.builtin import builtin_kinds
from town.channel_options import ChannelOption, ChannelsOptions
from town.moment import Moment
from town.quantity import Quantity

Start = Callable[[Mapping[str, Any]], Any]
Decode = Callable[[str, bytes, Moment, Any], Decoded | Rejected]


class Told(NamedTuple):
    """What the options of a gateway say of its channels, the town's quantities, and the state of its decoder."""

    channels: Mapping[str, ChannelOption]
    quantities: Mapping[str, Quantity]
    state: Any


def start_told(start: Start) -> Start:
    """A decoder's `start`, with the option `channels`."""

    def started(options: Mapping[str, Any]) -> Told:
        rest = {name: value for name, value in options.items() if name not in ("channels", "quantities")}
        quantities = options.get("quantities") or builtin_kinds().quantities
        read = ChannelsOptions.model_validate({"channels": options.get("channels", {})})
        channels = {
            name: ChannelOption(quantity=told) if isinstance(told, str) else told
            for name, told in read.channels.items()
        }
        for name, told in channels.items():
            if told.quantity not in quantities:
                raise ValueError(f"channels, {name}: there is no quantity {told.quantity!r}")
        return Told(channels, quantities, start(rest))

    return started


def decode_told(decode: Decode) -> Decode:
    """A decoder's `decode`, with the option `channels`."""

    def decoding(topic: str, payload: bytes, received_at: Moment, told: Told) -> Decoded | Rejected:
        decoded = decode(topic, payload, received_at, told.state)
        if not told.channels or isinstance(decoded, Rejected) or not decoded.readings:
            return decoded
        readings = tuple(each for reading in decoded.readings for each in _apply(reading, told))
        return msgspec.structs.replace(decoded, readings=readings)

    return decoding


def _apply(reading: DeviceReading, told: Told) -> list[DeviceReading]:
    """A reading with its channels as the options say, and those of its parts as devices of their own."""
    found = {"": DeviceValues(reading.device)}
    # Those that are told come first: what the options say of a quantity counts more than what the format does.
    for quantity, each in sorted(_channels(reading, told), key=lambda one: one[1].channel not in told.channels):
        option = told.channels.get(each.channel)
        unit = None if option is None else option.unit or each.unit
        value = None if option is None else fit_to(told.quantities[option.quantity], each.value, unit)
        if option is None or value is None:
            found[""].put(each.channel, each.value, quantity=quantity, unit=each.unit)
            continue
        part = option.device or ""
        into = found.setdefault(part, DeviceValues(f"{reading.device}/{part}"))
        into.put(each.channel, value, quantity=option.quantity, unit=told.quantities[option.quantity].unit)
    for values in found.values():
        values.flags += reading.flags
    return [values.reading(reading.at) for part, values in found.items() if values or not part]


def _channels(reading: DeviceReading, told: Told) -> list[tuple[str | None, Channel]]:
    """Every channel of a reading, and its quantity if the format knows one: then in that quantity's unit."""
    known: list[tuple[str | None, Channel]] = []
    for quantity, value in reading.values.items():
        unit = told.quantities[quantity].unit if quantity in told.quantities else None
        known.append((quantity, Channel(reading.channels.get(quantity, quantity), value, unit)))
    return known + [(None, each) for each in reading.others]
