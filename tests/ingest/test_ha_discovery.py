"""Home Assistant discovery over time: who expires, who is there, and what the gateway does not subscribe to."""

import json
from typing import Any

import pytest

from ingest.decoded import Decoded, DeviceStatus, Rejected
from ingest.decoders import ha_home
from ingest.decoders.ha_discovery import decode, start
from ingest.decoders.ha_home import Home
from ingest.decoders.ha_template import follow, read_template
from ingest.decoders.registry import start_decoder
from ingest.reason import Reason
from town.gateway import Gateway
from town.language import Label
from town.moment import MINUTE, SECOND

NOON = 1_790_000_000_000


def announce(home: Home, name: str = "t", now: int = NOON, **options: Any) -> Decoded | Rejected:
    body = {"uniq_id": name, "stat_t": f"x/{name}", "dev_cla": "temperature", "unit_of_meas": "°C", **options}
    return decode(f"homeassistant/sensor/{name}/config", json.dumps(body).encode(), now, home)


def test_a_device_that_is_silent_for_longer_than_it_announced_is_away_until_it_speaks() -> None:
    home = start({})
    announce(home, exp_aft=60)
    announce(home, "other")
    first = decode("x/t", b"20", NOON, home)
    before = decode("x/other", b"1", NOON + MINUTE - 1, home)
    after = decode("x/other", b"2", NOON + MINUTE, home)
    later = decode("x/other", b"3", NOON + 2 * MINUTE, home)
    back = decode("x/t", b"21", NOON + 3 * MINUTE, home)

    found = [each.statuses for each in (first, before, after, later, back) if isinstance(each, Decoded)]
    assert found == [(), (), (DeviceStatus("t", False),), (), (DeviceStatus("t", True),)]


@pytest.mark.parametrize(
    ("mode", "there"), [("latest", [True, False, True]), ("all", [True, False, False]), ("any", [True, True, True])]
)
def test_a_device_with_two_availability_topics_says_which_of_them_count(mode: str, there: list[bool]) -> None:
    home = start({})
    announce(home, avty=[{"t": "x/radio"}, {"t": "x/power"}], avty_mode=mode)

    found = []
    for topic, said in (("x/radio", b"online"), ("x/power", b"offline"), ("x/radio", b"online")):
        told = decode(topic, said, NOON, home)
        assert isinstance(told, Decoded)
        found += [each.online for each in told.statuses]

    assert found == there


def test_a_state_topic_that_is_not_subscribed_is_named() -> None:
    topics = ("homeassistant/#", "greenhouse/+/state")
    gateway = Gateway(id="g", name=Label(zh="名", en="name"), decoder="ha_discovery", topics=topics)
    decoder, state = start_decoder(gateway, time_zone="UTC")
    within, outside = (
        decoder.decode("homeassistant/sensor/t/config", json.dumps({"stat_t": topic}).encode(), NOON, state)
        for topic in ("greenhouse/1/state", "garage/1/state")
    )

    assert isinstance(within, Decoded)
    assert isinstance(outside, Decoded)
    assert within.faults == ()
    assert [(each.reason, each.detail) for each in outside.faults] == [
        (Reason.NOT_SUBSCRIBED, "add garage/1/state to the gateway's topics")
    ]


def test_announcing_without_end_is_refused_and_what_was_known_stays() -> None:
    home = start({})
    names = [f"t{number}" for number in range(ha_home.MOST_ENTITIES // 500 + 1)]
    results = [
        decode(
            f"homeassistant/device/{name}/config",
            json.dumps({"cmps": {str(n): {"p": "sensor", "stat_t": f"{name}/{n}"} for n in range(500)}}).encode(),
            NOON,
            home,
        )
        for name in names
    ]

    assert all(isinstance(each, Decoded) for each in results[:-1])
    assert isinstance(results[-1], Rejected)
    assert results[-1].reason is Reason.TOO_LARGE
    assert isinstance(decode("t0/499", b"1", NOON, home), Decoded)


def test_what_is_removed_leaves_nothing_behind() -> None:
    home = start({})
    fresh = {name: repr(value) for name, value in vars(start({})).items()}
    announce(home, exp_aft=60, avty_t="x/there")
    decode("x/t", b"20", NOON, home)
    decode("x/there", b"offline", NOON, home)
    decode("homeassistant/sensor/t/config", b"", NOON + SECOND, home)
    decode("x/t", b"20", NOON + MINUTE, home)

    left = {name: repr(value) for name, value in vars(home).items()}
    assert {**left, "_next_expiry": ""} == {**fresh, "_next_expiry": ""}


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("{{ value }}", ()),
        ("{{value_json}}", ()),
        ("{{ value_json.temperature }}", ("temperature",)),
        ("{{ value_json['a b'][\"c\"].d[2] | float | round(1) }}", ("a b", "c", "d", 2)),
        ("{{- value_json.温度 -}}", ("温度",)),
        ("{{ value_json.t * 2 }}", None),
        ("{{ value_json.t | default(0) }}", ("t",)),
        ("{{value_json.get('t', 0).u|float(default=0)|round(1, 'floor')}}", ("t", "u")),
        ("{{ value_json.t | default(value_json.u) }}", None),
        ("{{ value_json.get(u) }}", None),
        ("{{ value_json.t | replace('a', 'b') }}", None),
        ("{{ value_json.t }} {{ value_json.u }}", None),
        ("{% if value_json.t %}1{% endif %}", None),
        ("{{ value.t }}", None),
        ("{{ states('sensor.x') }}", None),
        ("21", None),
        ("{{ value_json" + ".a" * 400 + " }}", None),
    ],
)
def test_a_template_is_a_path_or_nothing(template: str, path: tuple[str | int, ...] | None) -> None:
    assert read_template(template) == path


def test_a_path_leads_nowhere_without_failing() -> None:
    document = {"a": [{"b": 1}], "c": None, "1": "one"}

    found = [
        follow(path, document) for path in ((), ("a", 0, "b"), ("a", 1), ("a", "b"), ("c", "d"), (1,), ("a", 0, "b", 0))
    ]
    assert found == [document, 1, None, None, None, "one", None]
