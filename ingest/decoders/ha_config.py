"""Configuration messages of Home Assistant's discovery (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery).

`<prefix>/<component>/[<node>/]<object>/config` announces one entity, `<prefix>/device/[<node>/]<object>/config` all
those of a device. An announcement can come from anybody who may publish: what it names is checked before it is
believed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ingest.decoded import Rejected
from ingest.decoders.document import MOST_CHANNELS
from ingest.decoders.ha_classes import COMPONENTS, UNITS_LEFT_OUT, WITHOUT_STATE, quantity_of
from ingest.decoders.ha_template import Path, read_template
from ingest.reason import Reason
from town.moment import SECOND, Duration
from town.topics import filter_mistake

_TOPIC = re.compile(r"([a-z_]+)/(?:[a-zA-Z0-9_-]+/)?([a-zA-Z0-9_-]+)/config")
_LONGEST_TEXT = 256
_MOST_AVAILABILITY = 16
_NEEDS_STATE = ("sensor", "binary_sensor")
_MEASURING = ("climate", "humidifier", "water_heater")
_Options = tuple[str, str, dict[str, Any]]
"""Component, channel and options of an entity."""

_ABBREVIATIONS = {
    "stat_t": "state_topic", "avty": "availability", "avty_t": "availability_topic", "avty_mode": "availability_mode",
    "avty_tpl": "availability_template", "pl_avail": "payload_available", "pl_not_avail": "payload_not_available",
    "pl_on": "payload_on", "pl_off": "payload_off", "dev_cla": "device_class", "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template", "uniq_id": "unique_id", "exp_aft": "expire_after", "ent_cat": "entity_category",
    "t": "topic", "dev": "device", "o": "origin", "cmps": "components", "p": "platform",
    "ids": "identifiers", "cns": "connections",
    "curr_temp_t": "current_temperature_topic", "curr_temp_tpl": "current_temperature_template",
    "curr_hum_t": "current_humidity_topic", "curr_hum_tpl": "current_humidity_template",
    "temp_unit": "temperature_unit",
}  # fmt: skip
"""Those of the options that are read; the others are not looked at."""


class Availability(NamedTuple):
    """A topic that tells whether a device is there, and how."""

    topic: str
    path: Path
    online: str
    offline: str


class Entity(NamedTuple):
    """One announced channel of a device. `unit` is as written; `on` and `off` are the payloads of a binary sensor."""

    component: str
    channel: str
    device: str
    state_topic: str
    path: Path
    quantity: str | None
    unit: str | None
    on: str
    off: str
    expire_after: Duration | None
    availability: tuple[Availability, ...]
    mode: str


class Config(NamedTuple):
    """What a configuration topic speaks of."""

    component: str
    object_id: str


class AnnouncementError(ValueError):
    """Why an announcement is not believed."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.rejected = Rejected(reason, detail)


def read_topic(path: str) -> Config | Rejected:
    """What a topic below the discovery prefix announces."""
    found = _TOPIC.fullmatch(path)
    if found is None:
        return Rejected(
            Reason.UNKNOWN_TOPIC, "announcements come on <component>/[<node>/]<object>/config, ids of a-z A-Z 0-9 _ -"
        )
    if found[1] not in COMPONENTS and found[1] != "device":
        return Rejected(Reason.UNSUPPORTED, f"no component {found[1][:40]!r}")
    return Config(found[1], found[2])


def read_entities(config: Config, document: Mapping[str, Any]) -> Iterator[Entity | Rejected]:
    """The entities of an announcement, or why one is not believed."""
    for component, channel, options in _with_measured(_entities(config, _expand(document))):
        try:
            entity = _entity(component, channel, options)
        except AnnouncementError as refused:
            yield refused.rejected
        else:
            if entity is not None:
                yield entity


def _entities(config: Config, options: dict[str, Any]) -> Iterator[_Options]:
    """Each entity; those of a device inherit what stands beside them."""
    if config.component != "device":
        yield config.component, config.object_id, options
        return
    components = options.pop("components", None)
    for key, written in list(components.items() if isinstance(components, dict) else ())[:MOST_CHANNELS]:
        own = _expand(written) if isinstance(written, dict) else {}
        if set(own) <= {"platform"}:
            continue  # removed
        yield str(own.get("platform")), key[:_LONGEST_TEXT], {**options, **own}


def _with_measured(entities: Iterable[_Options]) -> Iterator[_Options]:
    """Every entity, and the temperature and humidity that a thermostat or a humidifier tells on other topics."""
    for component, channel, options in entities:
        yield component, channel, options
        for what, unit in (("temperature", options.get("temperature_unit")), ("humidity", "%")):
            topic = options.get(f"current_{what}_topic")
            if component in _MEASURING and topic is not None:
                own = {key: each for key, each in options.items() if key not in ("entity_category", "payload_on")}
                own |= {"device_class": what, "state_topic": topic, "unit_of_measurement": unit}
                own["value_template"] = options.get(f"current_{what}_template")
                yield "sensor", f"{channel}.current_{what}", own


def _expand(document: Mapping[str, Any]) -> dict[str, Any]:
    return {_ABBREVIATIONS.get(key, key): value for key, value in document.items()}


def _entity(component: str, channel: str, options: dict[str, Any]) -> Entity | None:
    """One entity; None for one that has no state."""
    if component not in COMPONENTS:
        raise AnnouncementError(Reason.UNSUPPORTED, f"{channel}: no component {component[:40]!r}")
    base = options.get("~")
    topic = options.get("state_topic")
    if topic is None and component in _NEEDS_STATE:
        raise AnnouncementError(Reason.WRONG_SHAPE, f"{channel}: a {component} needs a `state_topic`")
    availability = tuple(_availability(options, base))
    if topic is None or component in WITHOUT_STATE:
        return None
    quantity = quantity_of(component, _text(options, "device_class"), _text(options, "entity_category"))
    unit = _text(options, "unit_of_measurement") or UNITS_LEFT_OUT.get(quantity or "")
    return Entity(
        component=component,
        channel=channel,
        device=_device(options) or _text(options, "unique_id") or channel,
        state_topic=_topic(topic, base, channel),
        path=_path(options.get("value_template"), channel),
        quantity=quantity,
        unit=unit,
        on=word(options.get("payload_on", "ON")),
        off=word(options.get("payload_off", "OFF")),
        expire_after=_duration(options.get("expire_after")),
        availability=availability,
        mode=_text(options, "availability_mode") or "latest",
    )


def _text(options: Mapping[str, Any], key: str) -> str | None:
    value = options.get(key)
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value else None


def _device(options: Mapping[str, Any]) -> str | None:
    """The first identifier of the device, or the address of its first connection."""
    device = options.get("device")
    told = _expand(device) if isinstance(device, dict) else {}
    identifiers = told.get("identifiers")
    first = identifiers[0] if isinstance(identifiers, list) and identifiers else identifiers
    connections = told.get("connections")
    if not isinstance(first, str) and isinstance(connections, list) and connections:
        pair = connections[0]
        first = pair[1] if isinstance(pair, list) and len(pair) == 2 else None
    return first[:_LONGEST_TEXT] if isinstance(first, str) and first else None


def _topic(written: Any, base: Any, channel: str) -> str:
    """A topic with its base put in; one that no device may name is refused."""
    topic = written if isinstance(written, str) else ""
    if isinstance(base, str) and topic[:1] == "~":
        topic = base + topic[1:]
    elif isinstance(base, str) and topic[-1:] == "~":
        topic = topic[:-1] + base
    if "+" in topic or "#" in topic:
        raise AnnouncementError(Reason.WRONG_SHAPE, f"{channel}: a topic must not hold a wildcard")
    if filter_mistake(topic) or len(topic) > _LONGEST_TEXT:
        raise AnnouncementError(Reason.WRONG_SHAPE, f"{channel}: {topic[:40]!r} is no topic")
    if topic.endswith("/config"):
        raise AnnouncementError(Reason.WRONG_SHAPE, f"{channel}: {topic[:40]!r} is for announcements")
    if topic.startswith("town/"):
        raise AnnouncementError(Reason.WRONG_SHAPE, f"{channel}: {topic[:40]!r} is a topic of the town")
    return topic


def _path(template: Any, channel: str) -> Path:
    if template is None:
        return ()
    path = read_template(template) if isinstance(template, str) else None
    if path is None:
        raise AnnouncementError(
            Reason.UNSUPPORTED, f"{channel}: the template {str(template)[:80]!r} is not a simple path"
        )
    return path


def _availability(options: Mapping[str, Any], base: Any) -> Iterator[Availability]:
    """A list, one object, or a single topic beside the other options."""
    listed = options.get("availability")
    if isinstance(listed, dict):
        listed = [listed]
    if listed is None and "availability_topic" in options:
        names = {"topic": "availability_topic", "value_template": "availability_template"}
        listed = [{name: options[key] for name, key in names.items() if key in options}]
    if listed is not None and not (isinstance(listed, list) and all(isinstance(each, dict) for each in listed)):
        raise AnnouncementError(Reason.WRONG_SHAPE, "`availability` must be a list or an object")
    for each in (listed or [])[:_MOST_AVAILABILITY]:
        told = {
            **{key: options[key] for key in ("payload_available", "payload_not_available") if key in options},
            **_expand(each),
        }
        yield Availability(
            _topic(told.get("topic"), base, "availability"),
            _path(told.get("value_template"), "availability"),
            word(told.get("payload_available", "online")),
            word(told.get("payload_not_available", "offline")),
        )


def _duration(seconds: Any) -> Duration | None:
    return round(seconds * SECOND) if type(seconds) in (int, float) and 0 < seconds < 1e9 else None


def word(value: Any) -> str:
    """A payload or a value as text, the truths of JSON and of templates alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)[:_LONGEST_TEXT]
    return text.lower() if text in ("True", "False") else text
