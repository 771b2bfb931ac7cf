"""`town decode` as a shell sees it: payloads on standard input, JSON lines and exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"
AT = ("--received-at", "2026-06-01T08:00:00Z")


def run(*arguments: str | Path, given: str | bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "brain", "decode", *map(str, arguments)]
    payload = given if isinstance(given, bytes) else given.encode()
    return subprocess.run(command, input=payload, capture_output=True, check=False, timeout=60)


def lines(*arguments: str | Path, given: str | bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, given=given).stdout.splitlines()]


def test_a_native_reading_is_described_value_by_value() -> None:
    payload = '{"sensor":"S1","at":"2026-06-01T10:00:00.5+02:00","values":{"temperature":21.5,"charm":1,"smoke":99.0}}'

    (found,) = lines("--decoder", "native", "--json", *AT, given=payload)

    assert (found["ok"], found["reason"], found["kind"], found["replies"]) == (True, None, "telemetry", [])
    assert found["readings"] == [
        {
            "device": "S1",
            "at": "2026-06-01T08:00:00.500Z",
            "values": [
                {"channel": "temperature", "quantity": "temperature", "value": 21.5, "unit": "Cel"},
                {"channel": "charm", "quantity": None, "value": 1.0, "unit": None},
                {"channel": "smoke", "quantity": "smoke", "value": 99.0, "unit": "dB/m"},
            ],
            "flags": ["out_of_range"],
        }
    ]


def test_a_number_written_as_text_is_refused_and_said_so() -> None:
    ran = run("--decoder", "native", "--json", given='{"sensor":"S1","values":{"temperature":"21.5"}}')
    found = json.loads(ran.stdout)

    assert (ran.returncode, found["ok"], found["reason"]) == (1, False, "wrong_type")
    assert found["readings"][0]["values"][0]["quantity"] is None
    assert found["readings"][0]["flags"] == ["no_clock"]


def test_a_conversation_keeps_what_the_decoder_has_learned() -> None:
    exposes = [{"property": "voltage", "unit": "mV"}]
    devices = [{"friendly_name": "door", "definition": {"exposes": exposes}}]
    messages = (
        {"topic": "zigbee2mqtt/bridge/devices", "payload": json.dumps(devices)},
        {"topic": "zigbee2mqtt/door", "hex": b'{"voltage":2900}'.hex()},
        {"topic": "zigbee2mqtt/door/availability", "payload": {"state": "offline"}},
    )

    learned, told, away = lines(
        "--decoder", "zigbee2mqtt", "--messages", given="\n".join(json.dumps(each) for each in messages)
    )

    assert (learned["kind"], learned["readings"]) == ("discovery", [])
    assert told["readings"][0]["values"] == [{"channel": "voltage", "quantity": "voltage", "value": 2.9, "unit": "V"}]
    assert (away["kind"], away["readings"][0]["values"][0]["value"]) == ("status", False)


def test_a_town_also_says_which_sensor_it_is_and_what_its_kind_takes() -> None:
    payload = '{"sensor":"CE1-S01","at":"2026-06-01T08:00:00Z","values":{"smoke":0.1,"co2":400}}'

    (found,) = lines(HUANGJIU, "--gateway", "gw-cellars", "--json", *AT, given=payload)

    (reading,) = found["readings"]
    assert (found["ok"], found["reason"]) == (True, "unknown_quantity")
    assert (reading["sensor"], reading["measured_at"]) == ("CE1-S01", "2026-06-01T08:00:00.000Z")
    assert {value["channel"]: value["taken"] for value in reading["values"]} == {"smoke": True, "co2": False}


def test_a_device_that_is_no_sensor_of_the_town_is_a_problem() -> None:
    topic = "town/huangjiu/gw-cellars/telemetry"
    ran = run(HUANGJIU, "--topic", topic, "--json", given='{"sensor":"X","values":{"smoke":0.1}}')
    found = json.loads(ran.stdout)

    assert (ran.returncode, found["ok"], found["reason"]) == (1, False, "unknown_sensor")
    assert found["readings"][0]["sensor"] is None


def test_people_read_a_table() -> None:
    ran = run("--decoder", "native", "--hex", given=b'{"sensor":"S1","values":{"humidity":61.5}}'.hex(" "))
    header, row = [line.split() for line in ran.stdout.decode().splitlines()[-2:]]

    assert (ran.returncode, header[0], header[2]) == (0, "device", "channel")
    assert row == ["S1", "—", "humidity", "humidity", "61.5", "%RH", "no_clock"]


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (("--decoder", "morse"), "", "there are"),
        (("--gateway", "g"), "", "needs a town folder"),
        ((HUANGJIU, "--gateway", "nobody"), "", "no gateway 'nobody'"),
        (("--decoder", "native", "--option", "base=x"), "", "base"),
        (("--decoder", "tasmota", "--option", "time_zon=UTC"), "", "(did you mean `time_zone`?)"),
        (("--decoder", "tasmota", "--option", "time_zone=Mars/X"), "", "--option time_zone: there is no time zone"),
        (("--decoder", "native", "--hex"), "xyz", "hexadecimal"),
        (("--decoder", "native", "--messages"), "[]", "line 1"),
    ],
)
def test_wrong_use_is_one_clear_message(arguments: tuple[str | Path, ...], given: str, says: str) -> None:
    ran = run(*arguments, given=given)

    assert ran.returncode == 2
    assert says in ran.stderr.decode()
    assert "Traceback" not in ran.stderr.decode()
    assert "pydantic" not in ran.stderr.decode()
