"""From a gateway's message to an alert in somebody's hand, with nothing of ours in between but the brain."""

import hashlib
import hmac
import json

from tests import services
from tests.end_to_end.brain import eventually, publish
from tests.end_to_end.conftest import SECRET, Make, Received

# As Zigbee2MQTT's documentation shows what a smoke detector sends.
ALARM = '{"battery":100,"battery_low":false,"linkquality":69,"smoke":true,"tamper":false,"voltage":3000}'
QUIET = '{"battery":100,"battery_low":false,"linkquality":69,"smoke":false,"tamper":false,"voltage":3000}'


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
    stored = services.influx_query(
        influxd.port, 'SELECT smoke_alarm FROM "line"."autogen".fire WHERE sensor = \'BA-S1\''
    )

    at, signature = (part.split("=")[1] for part in headers["X-Town-Signature"].split(","))
    assert signature == hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert "Smoke alarm" in json.loads(body)["text"]
    assert (alert["rule"], alert["subject"], alert["state"]) == ("fire.smoke.alarm", "BA-S1", "active")
    assert [row[1] for row in json.loads(stored)["results"][0]["series"][0]["values"]] == [False, True]
