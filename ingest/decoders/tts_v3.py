"""The Things Stack 3 (https://www.thethingsindustries.com/docs/integrations/other-integrations/mqtt/).

Topics are `v3/<application>@<tenant>/devices/<device>/<what>`, without the tenant in the open-source edition. A device
is called by its device id. Fields that are empty, 0 or false are left out.
"""

from collections.abc import Mapping
from typing import Any

from ingest.decoded import IGNORED, Decoded, Fault, Kind, Rejected
from ingest.decoders.document import MOST_CHANNELS, leaves, read_json, scalar
from ingest.decoders.lorawan import MOST_GATEWAYS, add_each, add_radio, objects, read_time, readings
from ingest.decoders.tts_normalized import take_normalized
from ingest.decoders.values import DeviceValues
from ingest.reason import Reason
from town.channel_options import ChannelsOptions
from town.moment import Moment

_UPLINKS = ("up", "up/normalized")
_COMMANDS = ("down/push", "down/replace")
_GATEWAY = (("rssi", "dBm"), ("channel_rssi", "dBm"), ("snr", "dB"))
_WARNINGS = ("decoded_payload_warnings", "normalized_payload_warnings")
ANY_DEVICE = "-"
"""In a topic, a device that the topic does not tell."""


def start(options: Mapping[str, Any]) -> None:
    """No options, nothing to remember; raises ValueError for any option."""
    ChannelsOptions.model_validate(options)


def decode(topic: str, payload: bytes, received_at: Moment, state: None) -> Decoded | Rejected:
    """Read one message of an application."""
    levels = topic.split("/")
    if len(levels) < 5 or levels[0] != "v3" or levels[2] != "devices":
        return Rejected(Reason.UNKNOWN_TOPIC, "messages come on v3/<application>/devices/<device>/…")
    device, what = levels[3], "/".join(levels[4:])
    if what in _COMMANDS:
        return Rejected(Reason.UNKNOWN_TOPIC, "a command, not a message of a device")
    if what not in _UPLINKS and what != "location/solved":
        return IGNORED  # joins, what became of downlinks, the network server's own data
    return _read(what, device, read_json(payload))


def _read(what: str, device: str, document: Any) -> Decoded | Rejected:
    if isinstance(document, list) and device == ANY_DEVICE:
        return _bare(document)  # a normalized payload alone, as a payload formatter gives it
    if not isinstance(document, dict):
        return document if isinstance(document, Rejected) else Rejected(Reason.WRONG_SHAPE, "an object is expected")
    told = _device(document, device)
    if isinstance(told, Rejected):
        return told
    if document.get("simulated") is True:
        return IGNORED  # a test from the console, not a measurement
    return _solved(told, document) if what == "location/solved" else _uplink(told, document)


def _bare(document: list[Any]) -> Decoded:
    faults: list[Fault] = []
    values = DeviceValues(ANY_DEVICE)
    timed = tuple(take_normalized(values, objects(document)[:MOST_CHANNELS], faults))
    untimed = (values.reading(None),) if values else ()
    return Decoded(Kind.TELEMETRY, timed + untimed, faults=tuple(faults))


def _device(document: Mapping[str, Any], device: str) -> str | Rejected:
    """The id of the device: of the body, which must not be another one than the topic's."""
    ids = document.get("end_device_ids")
    told = ids.get("device_id") if isinstance(ids, dict) else None
    if not isinstance(told, str) or not told:
        return Rejected(Reason.WRONG_SHAPE, "`end_device_ids.device_id` must be the id of the device")
    if device not in (told, ANY_DEVICE):
        return Rejected(Reason.WRONG_SHAPE, "the topic names another device than the message")
    return told


def _uplink(device: str, document: Mapping[str, Any]) -> Decoded | Rejected:
    uplink = document.get("uplink_message", document.get("uplink_normalized"))
    if not isinstance(uplink, dict):
        return Rejected(Reason.WRONG_SHAPE, "`uplink_message` must be an object")
    at = _time(document, uplink)
    values, faults = DeviceValues(device), list[Fault]()
    normalized = uplink.get("normalized_payload")
    entries = objects([normalized] if isinstance(normalized, dict) else normalized)[:MOST_CHANNELS]
    found = list(take_normalized(values, entries, faults))
    _add_radio_link(values, uplink)
    decoded = uplink.get("decoded_payload")
    for name in _WARNINGS:
        add_each(values, [(path, text, None) for path, text in leaves(uplink.get(name), name)])
    if entries:
        for channel, value in leaves(decoded):
            values.add(channel, value)
        found.append(values.reading(at))
    else:
        found += readings(values, decoded if isinstance(decoded, dict) else {}, at)
    return Decoded(Kind.TELEMETRY, tuple(found), faults=tuple(faults))


def _time(document: Mapping[str, Any], uplink: Mapping[str, Any]) -> Moment | None:
    """When the network server received it, else a gateway, else the application server."""
    gateways = [gateway.get("time") for gateway in objects(uplink.get("rx_metadata"))]
    told = [uplink.get("received_at"), *gateways, document.get("received_at")]
    return next((at for at in map(read_time, told) if at is not None), None)


def _add_radio_link(values: DeviceValues, uplink: Mapping[str, Any]) -> None:
    """What the network server says of an uplink, heard by one gateway or by several."""
    gateways = objects(uplink.get("rx_metadata"))
    add_radio(values, gateways)
    add_each(values, [("f_cnt", uplink.get("f_cnt", 0), None), ("f_port", uplink.get("f_port", 0), None)])
    add_each(values, [("frm_payload", uplink.get("frm_payload"), None)])
    for number, gateway in enumerate(gateways[:MOST_GATEWAYS]):
        add_each(values, ((f"rx_metadata.{number}.{name}", gateway.get(name), unit) for name, unit in _GATEWAY))
    _add_settings(values, uplink)


def _add_settings(values: DeviceValues, uplink: Mapping[str, Any]) -> None:
    settings, battery = uplink.get("settings"), uplink.get("last_battery_percentage")
    if isinstance(settings, dict):
        add_each(values, [("settings.frequency", settings.get("frequency"), "Hz")])
    level = scalar(battery.get("value")) if isinstance(battery, dict) else None
    if level is not None:
        values.add("last_battery_percentage.value", level, quantity="battery", unit="%")


def _solved(device: str, document: Mapping[str, Any]) -> Decoded:
    solved = document.get("location_solved")
    place = solved.get("location") if isinstance(solved, dict) else None
    values = DeviceValues(device)
    units = {"latitude": "lat", "longitude": "lon", "altitude": "m", "accuracy": "m"}
    add_each(values, ((name, place.get(name), unit) for name, unit in units.items()) if isinstance(place, dict) else ())
    return Decoded(Kind.TELEMETRY, (values.reading(read_time(document.get("received_at"))),) if values else ())
