"""Home Assistant discovery: devices announce their channels, their topics and units, and then send on those topics.

A device is called by the first identifier it announces. Where two of its entities measure the same quantity, each is a
device of its own: `<device>/<object id>`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from ingest.decoded import IGNORED, Announced, Decoded, DeviceReading, DeviceStatus, Fault, Kind, Rejected
from ingest.decoders.document import leaves, read_json, read_object, scalar
from ingest.decoders.ha_config import Entity, read_entities, read_topic, word
from ingest.decoders.ha_home import MOST_ENTITIES, Home
from ingest.decoders.ha_template import follow
from ingest.decoders.values import DeviceValues, fitting
from ingest.reason import Reason
from town.decoder_options import HaDiscoveryOptions
from town.moment import Moment

_UNKNOWN = ("", "None", "none", "unknown", "unavailable", "null", "nan")
"""What stands for no value."""


def start(options: Mapping[str, Any]) -> Home:
    """Nothing is announced yet; raises ValueError for options that are wrong."""
    read = HaDiscoveryOptions.model_validate({name: value for name, value in options.items() if name != "topics"})
    return Home(read.prefix.strip("/"), options.get("topics"))


def decode(topic: str, payload: bytes, received_at: Moment, state: Home) -> Decoded | Rejected:
    """Read an announcement, a state, or whether a device is there."""
    if topic in state.by_topic or topic in state.availability:
        decoded: Decoded | Rejected = _state(topic, payload, received_at, state)
    elif topic == f"{state.prefix}status":
        decoded = IGNORED  # Home Assistant says whether it is there itself
    elif topic.startswith(state.prefix):
        decoded = _announcement(topic, payload, state)
    else:
        decoded = Rejected(Reason.UNKNOWN_TOPIC, "no device has announced it")
    if isinstance(decoded, Decoded) and (gone := state.expired(received_at)):
        return msgspec.structs.replace(decoded, statuses=decoded.statuses + gone)
    return decoded


def _announcement(topic: str, payload: bytes, state: Home) -> Decoded | Rejected:
    config = read_topic(topic[len(state.prefix) :])
    if isinstance(config, Rejected):
        return config
    if not payload.strip():
        state.learn(topic, ())
        return Decoded(Kind.DISCOVERY)
    document = read_object(payload)
    if isinstance(document, Rejected):
        return document
    found = list(read_entities(config, document))
    entities = tuple(each for each in found if isinstance(each, Entity))
    refused = [each for each in found if isinstance(each, Rejected)]
    if not entities and refused:
        state.learn(topic, ())
        return refused[0]
    if not state.learn(topic, entities):
        return Rejected(Reason.TOO_LARGE, f"more than {MOST_ENTITIES} entities are announced")
    faults = [Fault(each.reason, each.detail) for each in refused]
    unheard = dict.fromkeys(each.state_topic for each in entities if not state.is_subscribed(each.state_topic))
    faults += [Fault(Reason.NOT_SUBSCRIBED, f"add {each} to the gateway's topics") for each in unheard]
    announced = tuple(
        Announced(state.name(each), each.channel, *fitting(each.quantity, each.unit), each.state_topic)
        for each in entities
    )
    return Decoded(Kind.DISCOVERY, faults=tuple(faults), announced=announced)


def _state(topic: str, payload: bytes, now: Moment, state: Home) -> Decoded | Rejected:
    try:
        text = payload.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        return Rejected(Reason.NOT_UTF8, f"byte {error.start}")
    read = read_json(payload)
    document = None if isinstance(read, Rejected) else read
    entities = state.by_topic.get(topic, [])
    if (
        document is None
        and text not in _UNKNOWN
        and any(each.path for each in entities)
        and topic not in state.availability
    ):
        return Rejected(Reason.NOT_JSON, "its devices have announced JSON")
    found: dict[str, DeviceValues] = {}
    back: list[DeviceStatus] = []
    for entity in entities:
        raw = text if document is None and not entity.path else follow(entity.path, document)
        device = state.name(entity)
        if _add(found.setdefault(device, DeviceValues(device)), entity, raw) and state.heard(device, entity, now):
            back.append(DeviceStatus(device, True))
    if entities and isinstance(document, dict):
        _add_rest(found.setdefault(entities[0].device, DeviceValues(entities[0].device)), entities, document)
    statuses = state.told(topic, text, document) + tuple(back)
    readings: tuple[DeviceReading, ...] = tuple(values.reading(None) for values in found.values() if values)
    return Decoded(Kind.TELEMETRY if entities else Kind.STATUS, readings, statuses)


def _add_rest(into: DeviceValues, entities: list[Entity], document: dict[str, Any]) -> None:
    """What a state says beyond what was announced."""
    announced = {".".join(map(str, entity.path)) for entity in entities}
    for channel, value in leaves(document):
        if channel not in announced:
            into.add(channel, value)


def _add(into: DeviceValues, entity: Entity, raw: Any) -> bool:
    """Take the value of an entity, if there is one."""
    value = scalar(raw)
    if value is None or value in _UNKNOWN:
        return False
    if entity.component in ("binary_sensor", "switch") and word(value) in (entity.on, entity.off):
        value = word(value) == entity.on
    elif entity.component == "binary_sensor":
        into.add(entity.channel, value)  # neither of its two payloads
        return True
    into.add(entity.channel, value, quantity=entity.quantity, unit=entity.unit)
    return True
