"""ChirpStack 4 (https://www.chirpstack.io/docs/chirpstack/integrations/events.html): `…/device/<EUI>/event/<event>`.

A device is its EUI in small letters. Its values are the output of the codec of its device profile.
"""

from collections.abc import Mapping
from typing import Any

from ingest.decoded import IGNORED, Decoded, Kind, Rejected
from ingest.decoders.document import read_object, scalar
from ingest.decoders.lorawan import MOST_GATEWAYS, add_each, add_radio, objects, read_time, readings
from ingest.decoders.values import DeviceValues
from ingest.reason import Reason
from town.channel_options import ChannelsOptions
from town.moment import Moment

_MOST_UPLINKS = 20_000
_READ = ("up", "status", "location")
_NOT_READ = ("join", "ack", "txack", "log", "integration")
_UP = (("fCnt", None), ("fPort", None), ("dr", None), ("adr", None), ("confirmed", None), ("data", None))
_GATEWAY = (("rssi", "dBm"), ("snr", "dB"), ("channel", None))
ANY_DEVICE = "-"
"""In a topic, a device that the topic does not tell."""


class Uplinks:
    """The uplinks seen lately, at least the last `_MOST_UPLINKS`, to tell when one is sent twice."""

    def __init__(self) -> None:
        self._young: set[int] = set()
        self._old: set[int] = set()

    def before(self, key: int) -> bool:
        """Whether it was seen before; it is remembered."""
        if key in self._young or key in self._old:
            return True
        self._young.add(key)
        if len(self._young) >= _MOST_UPLINKS:
            self._old, self._young = self._young, set()
        return False


def start(options: Mapping[str, Any]) -> Uplinks:
    """Nothing is seen yet; raises ValueError for any option."""
    ChannelsOptions.model_validate(options)
    return Uplinks()


def decode(topic: str, payload: bytes, received_at: Moment, state: Uplinks) -> Decoded | Rejected:
    """Read one event."""
    levels = topic.split("/")
    if len(levels) < 4 or levels[-4] != "device" or levels[-2] != "event":
        return Rejected(Reason.UNKNOWN_TOPIC, "events come on …/device/<EUI>/event/<event>; commands are not read")
    eui, event = levels[-3].lower(), levels[-1]
    if event in _NOT_READ:
        return IGNORED
    if event not in _READ:
        return Rejected(Reason.UNKNOWN_TOPIC, "no event of ChirpStack 4")
    document = read_object(payload)
    return document if isinstance(document, Rejected) else _read(event, eui, document, state)


def _read(event: str, eui: str, document: dict[str, Any], state: Uplinks) -> Decoded | Rejected:
    device = _device(document, eui)
    if isinstance(device, Rejected):
        return device
    if _is_repeated(event, document, state):
        return Rejected(Reason.DUPLICATE, "this uplink came before")
    return _event(event, DeviceValues(device), document)


def _device(document: Mapping[str, Any], eui: str) -> str | Rejected:
    """The EUI of the device: of the body, which must not be another one than the topic's."""
    info = document.get("deviceInfo")
    told = info.get("devEui") if isinstance(info, dict) else None
    if "devEUI" in document or "applicationID" in document:
        return Rejected(Reason.UNSUPPORTED, "an event of ChirpStack 3: version 4 is read")
    if not isinstance(told, str) or not told:
        return Rejected(Reason.WRONG_SHAPE, "`deviceInfo.devEui` must be the EUI of the device")
    if eui not in (told.lower(), ANY_DEVICE):
        return Rejected(Reason.WRONG_SHAPE, "the topic names another device than the event")
    return told.lower()


def _is_repeated(event: str, document: Mapping[str, Any], state: Uplinks) -> bool:
    """Whether the same event of the same uplink came before."""
    uplink = document.get("deduplicationId")
    if not isinstance(uplink, str):
        return False
    return state.before(hash((event, uplink, str(document.get("data")), str(document.get("object")))))


def _event(event: str, values: DeviceValues, document: Mapping[str, Any]) -> Decoded:
    at = read_time(document.get("time"))
    if event == "up":
        _add_uplink(values, document)
        decoded = document.get("object")
        return Decoded(Kind.TELEMETRY, tuple(readings(values, decoded if isinstance(decoded, dict) else {}, at)))
    if event == "status":
        _add_status(values, document)
    else:
        place = document.get("location")
        units = {"latitude": "lat", "longitude": "lon", "altitude": "m", "accuracy": "m"}
        add_each(
            values, ((name, place.get(name), unit) for name, unit in units.items()) if isinstance(place, dict) else ()
        )
    return Decoded(Kind.TELEMETRY, (values.reading(at),) if values else ())


def _add_uplink(values: DeviceValues, document: Mapping[str, Any]) -> None:
    """What the network server says of an uplink, heard by one gateway or by several."""
    gateways = objects(document.get("rxInfo"))
    add_radio(values, gateways)
    add_each(values, ((name, document.get(name), unit) for name, unit in _UP))
    for number, gateway in enumerate(gateways[:MOST_GATEWAYS]):
        add_each(values, [(f"rxInfo.{number}.gatewayId", gateway.get("gatewayId"), None)])
        add_each(values, ((f"rxInfo.{number}.{name}", gateway.get(name, 0), unit) for name, unit in _GATEWAY))
    sent = document.get("txInfo")
    if isinstance(sent, dict):
        add_each(values, [("txInfo.frequency", sent.get("frequency"), "Hz")])


def _add_status(values: DeviceValues, document: Mapping[str, Any]) -> None:
    """What a device says of itself. On external power, or when it cannot tell, its battery level means nothing."""
    meaningless = document.get("externalPowerSource") is True or document.get("batteryLevelUnavailable") is True
    level = scalar(document.get("batteryLevel"))
    if level is not None:
        values.add("batteryLevel", level, quantity=None if meaningless else "battery", unit="%")
    add_each(values, [("margin", document.get("margin"), "dB")])
    add_each(values, [(name, document.get(name), None) for name in ("externalPowerSource", "batteryLevelUnavailable")])
