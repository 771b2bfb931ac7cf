"""Shelly, generation 2 and later (https://shelly-api-docs.shelly.cloud/gen2/General/Notifications/).

Notifications come on `<prefix>/events/rpc`, whole components on `<prefix>/status/<component>`, and `<prefix>/online` is
the will. A device is known by its own name (`src`), whatever its topics are called. A notification tells what changed;
what it leaves out is as it was.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.decoded import IGNORED, Decoded, DeviceReading, DeviceStatus, Kind, Rejected
from ingest.decoders.document import MOST_CHANNELS, leaves, read_object, scalar
from ingest.decoders.shelly_components import COMPONENTS, EVENTS, METERS_OF, NOTHING
from ingest.decoders.values import DeviceValues
from ingest.reason import Reason
from town.channel_options import ChannelsOptions
from town.moment import SECOND, Moment

_MOST_DEVICES = 10_000
_CLOCK_SET = 1_000_000_000
"""Seconds since 1970: a clock that says less counts from its start."""
_ONLINE = {b"true": True, b"false": False}
_READ = ("NotifyStatus", "NotifyFullStatus")
_OF_EVENTS = ("component", "id", "event", "ts")


class Devices:
    """What the devices of one gateway have told: the name behind each topic prefix, and which run on external power."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.powered: set[str] = set()

    def heard(self, prefix: str, name: str) -> None:
        """Remember whose topics these are."""
        if len(self.names) < _MOST_DEVICES or prefix in self.names:
            self.names[prefix] = name

    def on_external_power(self, component: str, present: bool) -> None:
        """Remember whether a power component has external power."""
        if not present:
            self.powered.discard(component)
        elif len(self.powered) < _MOST_DEVICES:
            self.powered.add(component)


def start(options: Mapping[str, Any]) -> Devices:
    """Nothing is known yet; raises ValueError for any option."""
    ChannelsOptions.model_validate(options)
    return Devices()


def decode(topic: str, payload: bytes, received_at: Moment, state: Devices) -> Decoded | Rejected:
    """Read one message of a device."""
    if topic.endswith("/events/rpc"):
        return _notification(topic[: -len("/events/rpc")], payload, state)
    prefix, _, last = topic.rpartition("/")
    if last == "rpc":
        return _commands(payload, state)
    if last == "online" and prefix:
        return _online(state.names.get(prefix, prefix), payload)
    above, _, word = prefix.rpartition("/")
    if word == "status" and above:
        return _component(state.names.get(above, above), last, payload, state)
    if last in ("command", "announce", "info", "log", "status") or word in ("command", "debug"):
        return IGNORED
    return Rejected(Reason.UNKNOWN_TOPIC, "events/rpc, status/<component> and online are read")


def _online(device: str, payload: bytes) -> Decoded | Rejected:
    if not payload:
        return IGNORED
    online = _ONLINE.get(payload.strip().lower())
    if online is None:
        return Rejected(Reason.WRONG_SHAPE, "online is true or false")
    return Decoded(Kind.STATUS, statuses=(DeviceStatus(device, online),))


def _notification(prefix: str, payload: bytes, state: Devices) -> Decoded | Rejected:
    document = read_object(payload)
    if isinstance(document, Rejected):
        return document
    source, method, params = document.get("src"), document.get("method"), document.get("params")
    if not isinstance(source, str) or not source:
        return Rejected(Reason.WRONG_SHAPE, "`src` must be the name of the device")
    if "result" in document or "error" in document:
        return _answer(source, document.get("result"), state)
    if not isinstance(method, str) or not isinstance(params, dict):
        return Rejected(Reason.WRONG_SHAPE, "a notification has `method` and `params`")
    state.heard(prefix, source)
    at = _moment(params.get("ts"))
    if method == "NotifyEvent":
        return Decoded(Kind.TELEMETRY, tuple(_events(source, params.get("events"), at)))
    return Decoded(Kind.TELEMETRY, _readings(source, _parts(params), at, state)) if method in _READ else IGNORED


def _commands(payload: bytes, state: Devices) -> Decoded:
    """What passes between a device and somebody who commands it; only answers are looked at."""
    document = read_object(payload)
    if isinstance(document, Rejected) or not isinstance(document.get("src"), str):
        return IGNORED
    return _answer(document["src"], document.get("result"), state)


def _answer(source: str, result: Any, state: Devices) -> Decoded:
    """An answer to somebody's command: that to `Shelly.GetStatus` tells every component, others are between the two."""
    system = result.get("sys") if isinstance(result, dict) else None
    if not isinstance(system, dict) or "uptime" not in system:
        return IGNORED
    return Decoded(Kind.TELEMETRY, _readings(source, _parts(result), _moment(system.get("unixtime")), state))


def _parts(components: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    parts = [(name, part) for name, part in components.items() if isinstance(part, dict)]
    return parts[:MOST_CHANNELS]


def _component(device: str, name: str, payload: bytes, state: Devices) -> Decoded | Rejected:
    document = read_object(payload)
    if isinstance(document, Rejected):
        return document
    return Decoded(Kind.TELEMETRY, _readings(device, [(name, document)], None, state))


def _moment(ts: Any) -> Moment | None:
    """Unix seconds; None when the clock of the device was not set yet."""
    seconds = scalar(ts)
    if not isinstance(seconds, float) or not _CLOCK_SET <= seconds < 1 << 40:
        return None
    return round(seconds * SECOND)


def _readings(
    device: str, parts: list[tuple[str, dict[str, Any]]], at: Moment | None, state: Devices
) -> tuple[DeviceReading, ...]:
    found: dict[str, DeviceValues] = {}
    faulty: dict[str, list[str]] = {}
    for name, part in parts:
        if isinstance(part.get("errors"), list):
            faulty.setdefault(_owner(device, name), []).extend([name] if part["errors"] else [])
    for owner, names in faulty.items():
        found[owner] = DeviceValues(owner)
        found[owner].add(f"{names[0]}.errors" if names else "errors", bool(names), quantity="fault")
    for name, part in parts:
        owner = _owner(device, name)
        _take(found.setdefault(owner, DeviceValues(owner)), device, name, part, state)
    return tuple(values.reading(at) for values in found.values() if values)


def _owner(device: str, component: str) -> str:
    """The first component of each kind is the device itself, `switch:1` and the like are devices of their own."""
    kind, _, number = component.partition(":")
    return device if number in ("", "0") else f"{device}/{METERS_OF.get(kind, kind)}:{number}"


def _take(into: DeviceValues, device: str, name: str, part: Mapping[str, Any], state: Devices) -> None:
    """Every attribute of a component; its number is in its name already."""
    kind = name.partition(":")[0]
    known = COMPONENTS.get(kind, {})
    if kind == "devicepower":
        external = part.get("external")
        if isinstance(external, dict):
            state.on_external_power(f"{device}/{name}", external.get("present") is True)
    battery_counts = f"{device}/{name}" not in state.powered
    for path, value in leaves({key: each for key, each in part.items() if key != "id"}):
        meaning = known.get(path, NOTHING)
        quantity = meaning.quantity if battery_counts or not path.startswith("battery.") else None
        into.add(f"{name}.{path}", value, quantity=quantity, unit=meaning.unit)


def _events(device: str, events: Any, at: Moment | None) -> Iterator[DeviceReading]:
    """What happened to components: push-buttons that were pressed, detectors that went off, and whatever else."""
    for event in (events if isinstance(events, list) else [])[:MOST_CHANNELS]:
        component, what = (event.get("component"), event.get("event")) if isinstance(event, dict) else (None, None)
        if not isinstance(component, str) or not isinstance(what, str):
            continue
        values = DeviceValues(_owner(device, component))
        quantity, said = EVENTS.get(component.partition(":")[0], {}).get(what, (None, None))
        if quantity is not None and said is not None:
            values.add(f"{component}.{what}", said, quantity=quantity)
        else:
            values.add(f"{component}.event", what)
        for path, value in leaves({key: each for key, each in event.items() if key not in _OF_EVENTS}):
            values.add(f"{component}.{path}", value)
        own = _moment(event.get("ts"))
        yield values.reading(at if own is None else own)
