"""The option `channels`: what a gateway's channels are when its format cannot know."""

import json
from typing import Any

import pytest

from ingest.decoded import Channel, Decoded, DeviceReading, Rejected
from ingest.decoders.registry import DECODERS, start_decoder
from town.errors import ConfigError
from town.gateway import Gateway
from town.language import Label
from town.moment import parse_moment

AT = parse_moment("2026-06-01T08:00:00Z")


def tasmota(sent: dict[str, Any], **channels: Any) -> tuple[DeviceReading, ...]:
    name = Label(zh="名", en="name")
    gateway = Gateway(id="g", name=name, decoder="tasmota", topics=("tele/#",), options={"channels": channels})
    decoder, state = start_decoder(gateway, time_zone="UTC")
    payload = json.dumps({"Time": "2026-06-01T08:00:00", **sent}).encode()
    decoded = decoder.decode("tele/gate/SENSOR", payload, AT, state)
    assert isinstance(decoded, Decoded)
    return decoded.readings


def test_a_channel_becomes_the_quantity_it_is_told_to_be() -> None:
    (found,) = tasmota({"Switch1": "ON", "Switch2": "OFF"}, Switch1="open")

    assert found == DeviceReading("gate", AT, {"open": True}, (Channel("Switch2", "OFF"),), {"open": "Switch1"})


def test_its_unit_is_told_where_the_format_does_not() -> None:
    sent = {"HX711": {"Depth": 250}}
    (found,) = tasmota(sent, **{"HX711.Depth": {"quantity": "level", "unit": "cm"}})
    (unknown,) = tasmota(sent, **{"HX711.Depth": "level"})

    assert found.values == {"level": 2.5}
    assert (unknown.values, unknown.others) == ({}, (Channel("HX711.Depth", 250.0),))


def test_what_is_told_counts_more_than_what_the_format_knows() -> None:
    (found,) = tasmota(
        {"AM2301": {"Humidity": 31.5}}, **{"AM2301.Humidity": {"quantity": "soil_moisture", "unit": "%"}}
    )

    assert (found.values, found.others) == ({"soil_moisture": 31.5}, ())


def test_a_part_is_a_device_of_its_own() -> None:
    gate, door = tasmota(
        {"Switch1": "ON", "Switch2": "OFF"}, Switch1="open", Switch2={"quantity": "open", "device": "door"}
    )

    assert (gate.device, gate.values) == ("gate", {"open": True})
    assert (door.device, door.at, door.values) == ("gate/door", AT, {"open": False})


@pytest.mark.parametrize(
    "channels", [{"Switch1": "ajar"}, {"Switch1": {"quantity": "open", "colour": "red"}}, {"Switch1": 3}, "Switch1"]
)
def test_options_that_mean_nothing_are_refused(channels: Any) -> None:
    name = Label(zh="名", en="name")
    gateway = Gateway(id="g", name=name, decoder="tasmota", topics=("tele/#",), options={"channels": channels})

    with pytest.raises(ConfigError, match="gateway g"):
        start_decoder(gateway, time_zone="UTC")


@pytest.mark.parametrize("decoder", ["zigbee2mqtt", "chirpstack_v4", "tts_v3", "ha_discovery", "shelly_gen2"])
def test_every_chatty_format_has_it_and_still_refuses(decoder: str) -> None:
    one = DECODERS[decoder]
    state = one.start({"channels": {"x": "open"}})

    assert isinstance(one.decode("nothing/of/the/kind/x", b"\xff", AT, state), Rejected)
