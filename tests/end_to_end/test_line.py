"""From a gateway's message to an alert in somebody's hand, with nothing of ours in between but the brain."""

import hashlib
import hmac
import json
from typing import Any

from tests import services
from tests.end_to_end.brain import eventually, publish
from tests.end_to_end.conftest import SECRET, Make, Received

# As Zigbee2MQTT's documentation shows what a smoke detector sends.
ALARM = '{"battery":100,"battery_low":false,"linkquality":69,"smoke":true,"tamper":false,"voltage":3000}'
QUIET = '{"battery":100,"battery_low":false,"linkquality":69,"smoke":false,"tamper":false,"voltage":3000}'


def states_in(influxd: services.Service, database: str) -> dict[str, list[list[Any]]]:
    """How alerts stand and what happened to them, once the store has both."""
    found = {}
    for family, fields in (("alert", "alert, last(state)"), ("alert_event", "event")):
        answer = services.influx_query(influxd.port, f'SELECT {fields} FROM "{database}"."autogen".{family}')
        found[family] = [row for each in json.loads(answer)["results"][0].get("series", []) for row in each["values"]]
    return found if len(found["alert_event"]) >= 2 and found["alert"] else {}


def smoke_in(influxd: services.Service, database: str) -> list[bool]:
    """What the barn's detector said, as the store has it."""
    among = "WHERE sensor = 'BA-S1'"
    answer = services.influx_query(influxd.port, f'SELECT smoke_alarm FROM "{database}"."autogen".fire {among}')
    return [row[1] for each in json.loads(answer)["results"][0].get("series", []) for row in each["values"]]


def test_smoke_at_a_zigbee_gateway_reaches_the_duty_room(
    make_brain: Make, mosquitto: services.Service, influxd: services.Service, duty: tuple[str, Received]
) -> None:
    services.influx_query(influxd.port, "CREATE DATABASE line")
    brain = make_brain(store=f"influxdb://127.0.0.1:{influxd.port}/line")
    brain.start()
    publish(mosquitto.port, "zigbee2mqtt/Barn smoke", QUIET)
    publish(mosquitto.port, "zigbee2mqtt/Barn smoke", ALARM)

    headers, body = eventually(lambda: duty[1])[0]
    alert = eventually(lambda: brain.get("/api/v1/alerts?state=active"))[0]
    told = eventually(lambda: states_in(influxd, "line"))
    stored = eventually(lambda: values if len(values := smoke_in(influxd, "line")) > 1 else [])

    at, signature = (part.split("=")[1] for part in headers["X-Town-Signature"].split(","))
    assert signature == hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert "Smoke alarm" in json.loads(body)["text"]
    assert (alert["rule"], alert["subject"], alert["state"]) == ("fire.smoke.alarm", "BA-S1", "active")
    assert [row[1:] for row in told["alert"]] == [[alert["id"], "active"]]
    assert [row[1] for row in told["alert_event"]][:2] == ["opened", "raised"]
    assert stored == [False, True]
