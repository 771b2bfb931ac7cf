"""What goes wrong around a brain, and what is still there afterwards."""

import json
from pathlib import Path

from tests import services
from tests.end_to_end.brain import Brain, eventually, publish
from tests.end_to_end.conftest import Make, Received

NATIVE = "town/hamlet/gw-1/telemetry"


def reading(at: int, smoke: float) -> str:
    return json.dumps({"sensor": "BA-N1", "at": at, "values": {"smoke": smoke}})


def now(brain: Brain) -> int:
    """The moment of the newest message, so that tests need no clock of their own."""
    return int(brain.get("/api/v1/latest?sensor=BA-N1")["BA-N1"]["smoke"]["at"])


def stored(brain: Brain, since: int) -> list[float]:
    answer = brain.get(f"/api/v1/history?sensor=BA-N1&quantity=smoke&start={since}&end={since + 60_000}")
    return [value for _, value in (answer[0]["points"] if answer else [])]


def newest(brain: Brain, quantity: str = "smoke", sensor: str = "BA-N1") -> object:
    return brain.get("/api/v1/latest").get(sensor, {}).get(quantity, {}).get("value")


def test_bad_payloads_are_counted_kept_and_cost_nothing_else(make_brain: Make, mosquitto: services.Service) -> None:
    brain = make_brain()
    brain.start()
    good = '{"sensor": "BA-N1", "values": {"smoke": 0.01}}'
    for payload in (
        "{not json",
        '{"sensor": "BA-N1", "values": {"smoke": "0.01"}}',
        '{"sensor": "NOBODY", "values": {"smoke": 0.01}}',
        '{"sensor": "BA-N1", "values": {"smoke": 5000, "temperature": 21.5}}',
        '{"sensor": "BA-N1", "values": {"smoke": NaN}}',
        b"x" * 2_000_000,
        '{"sensor": "BA-N1", "at": "2001-01-01T00:00:00Z", "values": {"smoke": 0.02}}',
        '{"sensor": "BA-N1", "at": "2099-01-01T00:00:00Z", "values": {"smoke": 0.03}}',
        f"[{good}, 7, {good.replace('BA-N1', 'NOBODY')}]",
    ):
        publish(mosquitto.port, NATIVE, payload)
    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.04}}')
    eventually(lambda: newest(brain) == 0.04)

    listed = json.loads(
        brain.town_command(
            "quarantine", "list", "--town", str(brain.town), "--state", str(brain.state), "--json"
        ).stdout
    )

    reasons = {entry["reason"] for entry in listed}
    assert {
        "not_json",
        "wrong_type",
        "unknown_sensor",
        "out_of_range",
        "too_large",
        "clock_past",
        "clock_future",
    } <= reasons, reasons
    assert newest(brain, "temperature") == 21.5
    assert brain.metric("town_ingest_messages_received", gateway="gw-1") == 10


def test_the_same_message_twice_changes_nothing(make_brain: Make, mosquitto: services.Service) -> None:
    brain = make_brain()
    brain.start()
    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.01}}')
    eventually(lambda: newest(brain) == 0.01)
    at = now(brain) + 1_000

    for smoke in (0.02, 0.02, 0.03):
        publish(mosquitto.port, NATIVE, reading(at if smoke == 0.02 else at + 1, smoke))
    eventually(lambda: stored(brain, at)[-1:] == [0.03])

    assert newest(brain) == 0.03 and stored(brain, at) == [0.02, 0.03]
    assert brain.metric("town_ingest_readings_quarantined", reason="duplicate") == 1


def test_a_broker_that_restarts_is_joined_again(make_brain: Make, mosquitto: services.Service) -> None:
    brain = make_brain()
    brain.start()
    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.01}}')
    eventually(lambda: newest(brain) == 0.01)

    mosquitto.stop()
    mosquitto.start()
    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.02}}')

    eventually(lambda: newest(brain) == 0.02, seconds=40)


def test_a_store_that_is_away_loses_nothing_even_over_a_power_cut(
    make_brain: Make, mosquitto: services.Service, tmp_path: Path
) -> None:
    folder = tmp_path / "influxd"
    folder.mkdir()
    influxd = services.influxd(folder)
    with services.running(influxd):
        services.influx_query(influxd.port, "CREATE DATABASE faults")
        brain = make_brain(store=f"influxdb://127.0.0.1:{influxd.port}/faults")
        brain.start()
        influxd.stop()
        for number in range(20):
            publish(mosquitto.port, NATIVE, json.dumps({"sensor": "BA-N1", "values": {"smoke": number / 1000}}))
        eventually(lambda: brain.metric("town_ingest_spool_readings") == 20)
        brain.kill()
        influxd.start()
        brain.start()

        rows = eventually(lambda: _rows(influxd.port, 20))
        counted = brain.town_command("ledger", str(brain.town), "--state", str(brain.state), "--json")

    assert counted.returncode == 0 and json.loads(counted.stdout)["balanced"], counted.stderr
    assert [value for _, value in rows] == [number / 1000 for number in range(20)]


def _rows(port: int, count: int) -> list[list[float]]:
    answer = json.loads(services.influx_query(port, 'SELECT smoke FROM "faults"."autogen".fire'))
    rows = answer["results"][0].get("series", [{"values": []}])[0]["values"]
    return rows if len(rows) >= count else []


def test_alerts_and_timers_survive_a_power_cut(
    make_brain: Make, mosquitto: services.Service, duty: tuple[str, Received]
) -> None:
    brain = make_brain()
    brain.start()
    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.5}}')
    before = eventually(lambda: brain.get("/api/v1/alerts?state=active"))
    # A message whose answer was not written down yet would be sent again, rightly.
    eventually(lambda: brain.get(f"/api/v1/alerts/{before[0]['id']}")["notifications"][0]["state"] == "delivered")

    brain.kill()
    brain.start()
    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.6}}')
    eventually(lambda: newest(brain) == 0.6)
    after = brain.get("/api/v1/alerts")

    assert [(alert["id"], alert["state"]) for alert in after] == [(before[0]["id"], "active")]
    assert len(duty[1]) == 1


def test_a_mistake_in_a_rule_file_leaves_the_old_rules_in_force(make_brain: Make, mosquitto: services.Service) -> None:
    brain = make_brain()
    brain.start()
    rules = brain.town / "rules" / "fire.yaml"
    rules.write_text(rules.read_text().replace("smoke >= 0.15 dB/m", "smok >= 0.15 dB/m"))

    said = eventually(lambda: [line for line in brain.log.read_text().splitlines() if "rules/fire.yaml:" in line])
    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.5}}')
    alerts = eventually(lambda: brain.get("/api/v1/alerts?state=active"))

    assert "rules/fire.yaml:15" in said[0]
    assert alerts[0]["rule"] == "fire.smoke.high"
    assert brain.metric("town_rule_files_mistakes") == 1


def test_a_changed_rule_is_in_force_without_a_restart(make_brain: Make, mosquitto: services.Service) -> None:
    brain = make_brain()
    brain.start()
    rules = brain.town / "rules" / "fire.yaml"
    rules.write_text(rules.read_text().replace("smoke >= 0.15 dB/m", "smoke >= 0.10 dB/m"))
    eventually(lambda: "rules are in force" in brain.log.read_text())

    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.12}}')

    assert eventually(lambda: brain.get("/api/v1/alerts?state=active"))[0]["rule"] == "fire.smoke.high"


def test_a_changed_people_file_is_in_force_without_a_restart(make_brain: Make, mosquitto: services.Service) -> None:
    brain = make_brain()
    brain.start()
    people = brain.town / "people.yaml"
    people.write_text(people.read_text().replace("to: [duty]", "to: [duti]"))
    said = eventually(lambda: [line for line in brain.log.read_text().splitlines() if "people.yaml:5" in line])
    people.write_text(people.read_text().replace("to: [duti]", "to: [room]").replace("{id: duty", "{id: room"))
    eventually(lambda: "people.yaml is in force" in brain.log.read_text())

    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.5}}')
    alert = eventually(lambda: brain.get("/api/v1/alerts?category=fire"))[0]

    assert "did you mean `duty`?" in said[0]
    assert [one["target"] for one in brain.get(f"/api/v1/alerts/{alert['id']}")["notifications"]] == ["room"]


def test_sigterm_ends_it_cleanly(make_brain: Make) -> None:
    brain = make_brain()
    brain.start()

    assert brain.stop() == 0
    assert "Stopped." in brain.log.read_text()


def test_a_brain_starts_without_its_store_and_finds_it_later(
    make_brain: Make, mosquitto: services.Service, tmp_path: Path
) -> None:
    folder = tmp_path / "influxd"
    folder.mkdir()
    influxd = services.influxd(folder)
    brain = make_brain(store=f"influxdb://127.0.0.1:{influxd.port}/faults")
    brain.start()
    publish(mosquitto.port, NATIVE, '{"sensor": "BA-N1", "values": {"smoke": 0.5}}')
    alerts = eventually(lambda: brain.get("/api/v1/alerts?state=active"))

    with services.running(influxd):
        rows = eventually(lambda: _rows(influxd.port, 1), seconds=40)

    assert alerts[0]["rule"] == "fire.smoke.high"
    assert [value for _, value in rows] == [0.5]
