"""Zigbee2MQTT (https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html), versions 1 and 2.

The state of a device is a JSON object on `<base>/<friendly name>`, where the name may hold spaces and slashes; with
`output: attribute` each key has a topic of its own with a bare value. `bridge/devices` tells the units of each device.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from ingest.decoded import IGNORED, Channel, Decoded, DeviceStatus, Kind, Rejected
from ingest.decoders import zigbee_channels
from ingest.decoders.document import leaves, read_json
from ingest.decoders.values import DeviceValues
from ingest.reason import Reason
from town.moment import SECOND, Moment, parse_moment
from town.quantity import Value

LISTS = ("/bridge/devices", "/bridge/groups")
"""Topics that grow with the network: several kilobytes a device."""
_LARGEST_BRIDGE_LIST = 10_000
"""Devices or groups that are remembered of one bridge."""
_NO_VALUE = (None, "", "null")
_METADATA = ("update", "device")
"""Objects that speak of the firmware and of the model: no values of anything."""


class Bridge:
    """What one bridge has told about its devices: `units` by device and key, and which names are `groups`."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.prefix = f"{base}/"
        self.units: dict[str, dict[str, str]] = {}
        self.groups: frozenset[str] = frozenset()


def start(options: Mapping[str, Any]) -> Bridge:
    """State for one bridge; the option `base` is its base topic, `zigbee2mqtt` unless said otherwise."""
    for name in options:
        if name != "base":
            raise ValueError(f"zigbee2mqtt has no option {name!r}; there is `base`")
    base = options.get("base", "zigbee2mqtt")
    if not isinstance(base, str) or not base.strip("/") or set(base) & set("+#"):
        raise ValueError("`base` must be a topic without wildcards, such as zigbee2mqtt")
    return Bridge(base.strip("/"))


def decode(topic: str, payload: bytes, received_at: Moment, state: Bridge) -> Decoded | Rejected:
    """Read one message of a bridge."""
    if not topic.startswith(state.prefix):
        return Rejected(Reason.UNKNOWN_TOPIC, f"not under {state.base}/")
    path = topic[len(state.prefix) :]
    if path.startswith("bridge/"):
        return _bridge(path[7:], payload, state)
    name, _, last = path.rpartition("/")
    if name and last == "availability":
        return _availability(name, payload)
    if _is_command(path) or not payload:
        return IGNORED  # an empty retained payload removes a device
    return _device(path, payload, state)


def _is_command(path: str) -> bool:
    """`<name>/set`, `<name>/get` and, with a key behind it, `<name>/set/<key>` go to the device."""
    return any(word in ("set", "get") for word in path.split("/")[1:][-2:])


def _device(path: str, payload: bytes, state: Bridge) -> Decoded | Rejected:
    document = read_json(payload)
    name, _, key = path.rpartition("/")
    if isinstance(document, dict) and (path in state.units or name not in state.units):
        return IGNORED if path in state.groups else _state(path, document, state.units.get(path, {}))
    if name in state.groups:
        return IGNORED
    if name and (name in state.units or key in zigbee_channels.CHANNELS):
        return _attribute(name, key, document, payload, state.units.get(name, {}))
    if isinstance(document, Rejected):
        return document
    return Rejected(Reason.WRONG_SHAPE, f"the state of a device is an object, not {type(document).__name__}")


def _state(device: str, document: dict[str, Any], units: Mapping[str, str]) -> Decoded:
    """A whole state: nulls are not known yet and so no values, what objects and lists hold are channels too."""
    values = DeviceValues(device)
    for key, raw in document.items():
        if raw is None or key == "last_seen" or key in _METADATA:
            continue
        if isinstance(raw, dict | list):
            for path, value in leaves(raw, key):
                values.put(path, value)
            continue
        value = _value(raw)
        mapped = zigbee_channels.convert(key, value, units.get(key), document)
        if isinstance(mapped, Channel):
            values.put(key, mapped.value, unit=mapped.unit)
        else:
            values.put(key, mapped[1], quantity=mapped[0])
    return Decoded(Kind.TELEMETRY, (values.reading(_last_seen(document.get("last_seen"))),))


def _attribute(device: str, key: str, document: Any, payload: bytes, units: Mapping[str, str]) -> Decoded | Rejected:
    """One key on a topic of its own; texts come without quotes."""
    if isinstance(document, Rejected):
        if document.reason is Reason.NOT_UTF8:
            return document
        document = payload.decode("utf-8")
    if key == "last_seen" or key in _METADATA or document in _NO_VALUE:
        return IGNORED
    return _state(device, {key: document}, units)


def _value(raw: Any) -> Value:
    if type(raw) is int:
        try:
            return float(raw)
        except OverflowError:
            return float("inf")
    value: Value = raw
    return value


def _last_seen(raw: Any) -> Moment | None:
    """ISO 8601 with an offset or milliseconds since 1970; anything else counts as no clock."""
    if type(raw) in (int, float):
        return int(raw) if abs(raw) < 1e15 and raw >= SECOND else None
    try:
        return parse_moment(raw) if isinstance(raw, str) else None
    except (ValueError, OverflowError):
        return None


def _online(payload: bytes) -> bool | None:
    """`online` as version 1 says it, or `{"state": "online"}` as version 2 does; None for anything else."""
    try:
        document = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = payload.strip()
    if isinstance(document, dict):
        document = document.get("state")
    if document in ("online", b"online"):
        return True
    return False if document in ("offline", b"offline") else None


def _availability(device: str | None, payload: bytes) -> Decoded | Rejected:
    if not payload:
        return IGNORED
    online = _online(payload)
    if online is None:
        return Rejected(Reason.WRONG_SHAPE, "availability is online or offline")
    return Decoded(Kind.STATUS, statuses=(DeviceStatus(device, online),))


def _bridge(path: str, payload: bytes, state: Bridge) -> Decoded | Rejected:
    if path == "state":
        return _availability(None, payload)
    if path not in ("devices", "groups") or not payload:
        return IGNORED
    document = read_json(payload)
    if isinstance(document, Rejected):
        return document
    if not isinstance(document, list):
        return Rejected(Reason.WRONG_SHAPE, f"bridge/{path} is a list")
    named = [each for each in document if isinstance(each, dict) and isinstance(each.get("friendly_name"), str)]
    named = named[:_LARGEST_BRIDGE_LIST]
    if path == "groups":
        state.groups = frozenset(each["friendly_name"] for each in named)
    else:
        state.units = {each["friendly_name"]: zigbee_channels.units(each.get("definition")) for each in named}
    return Decoded(Kind.DISCOVERY)
