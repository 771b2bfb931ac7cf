"""Every decoder by the name gateways call it."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from ingest.decoded import Decoded, Rejected
from ingest.decoders import (
    chirpstack_v4,
    ecowitt,
    ha_discovery,
    mapped,
    native,
    senml_cbor,
    senml_json,
    shelly_gen2,
    sparkplug_b,
    tasmota,
    tts_v3,
    zigbee2mqtt,
)
from ingest.decoders.told_channels import decode_told, start_told
from town.builtin import builtin_kinds
from town.errors import ConfigError
from town.gateway import Gateway
from town.moment import Moment
from town.quantity import Quantity


class Decoder(msgspec.Struct, frozen=True):
    """One format.

    `start(options)` gives the state that one gateway's decoder keeps between messages; it raises ValueError for
    options it does not know. `decode(topic, payload, received_at, state)` never raises, whatever the bytes. `extras`
    says what a quantity means that the sensor's kind does not have: a mistake of a sender that was told what to send
    (`refuse`), or the normal chattiness of a device (`count`).
    """

    start: Callable[[Mapping[str, Any]], Any]
    decode: Callable[[str, bytes, Moment, Any], Decoded | Rejected]
    extras: Literal["refuse", "count"]
    topic: str = ""
    """A topic of the format, for trying a payload of which nobody says where it came."""
    context: frozenset[Literal["time_zone", "topics", "quantities"]] = frozenset()
    """Options that the town and the gateway give unless the gateway's own options do."""
    large: tuple[str, ...] = ()
    """Ends of topics on which the format sends more than readings: lists of all its devices."""
    learns: bool = False
    """What it reads depends on what the gateway said before: one process has to hear all of it, and the broker's kept
    messages, which shared subscriptions are not sent."""
    quick: Callable[[str], bool] | None = None
    """Topics whose messages are nearly all plain readings, which `read_plain` of the native format reads in bulk."""
    redact: Callable[[bytes], bytes] | None = None
    """A payload without the secrets that the format puts into it; for payloads that are kept or shown."""


DECODERS: dict[str, Decoder] = {
    "native": Decoder(
        native.start, native.decode, extras="refuse", topic="town/town/gateway/telemetry", quick=native.quick
    ),
    "zigbee2mqtt": Decoder(
        start_told(zigbee2mqtt.start),
        decode_told(zigbee2mqtt.decode),
        extras="count",
        topic="zigbee2mqtt/device",
        context=frozenset({"quantities"}),
        large=zigbee2mqtt.LISTS,
        learns=True,
    ),
    "chirpstack_v4": Decoder(
        start_told(chirpstack_v4.start),
        decode_told(chirpstack_v4.decode),
        extras="count",
        topic="application/-/device/-/event/up",
        context=frozenset({"quantities"}),
    ),
    "tts_v3": Decoder(
        start_told(tts_v3.start),
        decode_told(tts_v3.decode),
        extras="count",
        topic="v3/-/devices/-/up",
        context=frozenset({"quantities"}),
    ),
    "ha_discovery": Decoder(
        start_told(ha_discovery.start),
        decode_told(ha_discovery.decode),
        extras="count",
        topic="homeassistant/sensor/device/config",
        context=frozenset({"topics", "quantities"}),
        learns=True,
    ),
    "shelly_gen2": Decoder(
        start_told(shelly_gen2.start),
        decode_told(shelly_gen2.decode),
        extras="count",
        topic="shelly/events/rpc",
        context=frozenset({"quantities"}),
        learns=True,
    ),
    "tasmota": Decoder(
        start_told(tasmota.start),
        decode_told(tasmota.decode),
        extras="count",
        topic="tele/tasmota/SENSOR",
        context=frozenset({"time_zone", "quantities"}),
    ),
    "senml_json": Decoder(
        senml_json.start, senml_json.decode, extras="count", topic="senml", context=frozenset({"quantities"})
    ),
    "senml_cbor": Decoder(
        senml_cbor.start, senml_cbor.decode, extras="count", topic="senml", context=frozenset({"quantities"})
    ),
    "sparkplug_b": Decoder(
        sparkplug_b.start,
        sparkplug_b.decode,
        extras="count",
        topic="spBv1.0/group/NDATA/node",
        context=frozenset({"quantities"}),
        learns=True,
    ),
    "ecowitt": Decoder(ecowitt.start, ecowitt.decode, extras="count", topic="ecowitt/station", redact=ecowitt.redact),
    "mapped": Decoder(
        mapped.start,
        mapped.decode,
        extras="count",
        topic="device",
        context=frozenset({"time_zone", "quantities"}),
    ),
}


def redact(payload: bytes) -> bytes:
    """A payload as it may be kept and shown: without the secrets of any format, whoever sent it where."""
    for decoder in DECODERS.values():
        if decoder.redact is not None:
            payload = decoder.redact(payload)
    return payload


def start_decoder(
    gateway: Gateway, *, time_zone: str | None, quantities: Mapping[str, Quantity] | None = None
) -> tuple[Decoder, Any]:
    """The decoder of a gateway and its fresh state, in a town of that time zone, if any, and of these quantities.

    Without quantities the built-in ones are meant. Raises ConfigError naming the gateway and what is wrong.
    """
    decoder = DECODERS.get(gateway.decoder)
    if decoder is None:
        there_are = ", ".join(sorted(DECODERS))
        raise ConfigError(f"gateways.yaml, gateway {gateway.id}: no decoder {gateway.decoder!r}; there are {there_are}")
    given: dict[str, Any] = {
        "time_zone": time_zone,
        "topics": gateway.topics or None,
        "quantities": builtin_kinds().quantities if quantities is None else quantities,
    }
    context: dict[str, Any] = {name: given[name] for name in decoder.context if given[name] is not None}
    try:
        return decoder, decoder.start({**context, **gateway.options})
    except ValueError as error:
        raise ConfigError(f"gateways.yaml, gateway {gateway.id}, options: {error}") from None
