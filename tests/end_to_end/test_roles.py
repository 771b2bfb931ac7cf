"""A town in several processes: what is lost when one of them dies is nothing."""

import json
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from brain.clock import wall_clock
from tests import services
from tests.end_to_end import brain
from tests.end_to_end.conftest import Received
from tests.end_to_end.roles import Role, Roles

PATIENCE = 90
"""Seconds: several processes start on a machine that may be busy."""
eventually = partial(brain.eventually, seconds=PATIENCE)
pytestmark = [pytest.mark.mosquitto, pytest.mark.influxdb]


def smoke(broker: services.Service, values: Iterable[float]) -> None:
    """The loft's detector measures these, a millisecond apart; on return the broker has all of them."""
    now = wall_clock()
    readings = [{"sensor": "BA-N1", "at": now + n, "values": {"smoke": value}} for n, value in enumerate(values)]
    command = [services.need("mosquitto_pub"), "-p", str(broker.port), "-q", "1", "-t", "town/hamlet/gw-1/telemetry"]
    lines = "".join(json.dumps(reading) + "\n" for reading in readings)
    subprocess.run([*command, "-l"], input=lines.encode(), check=True, timeout=20)


def start_all(*roles: Role) -> None:
    """Start them side by side."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda role: role.start(), roles))


def told(duty: tuple[str, Received]) -> list[str]:
    """What the duty room was told, in order."""
    return [json.loads(body)["text"] for _, body in list(duty[1])]


def test_one_of_two_is_killed_and_nothing_is_lost(
    roles: Roles, mosquitto: services.Service, duty: tuple[str, Received]
) -> None:
    one, other, rules, console = roles.ingest("one"), roles.ingest("other"), roles.rules(), roles.console()
    start_all(one, other, rules, console)
    assert eventually(lambda: console.metric("town_part_up", part="one") == 1)
    smoke(mosquitto, [0.01] * 50)
    eventually(lambda: roles.stored() == 50)
    shares = [each.metric("town_ingest_readings_decoded") for each in (one, other)]
    with ThreadPoolExecutor() as pool:
        pool.submit(smoke, mosquitto, [0.01] * 30 + [0.3] + [0.2] * 69)
        one.kill()
    assert eventually(lambda: console.metric("town_part_up", part="one") == 0)
    one.launch()  # what the broker had given it waits in its session

    assert eventually(lambda: roles.stored() == 150)
    assert eventually(lambda: roles.get(console, "/api/v1/latest")["BA-N1"]["smoke"]["value"] == 0.2)
    assert sum(shares) == 50 and min(shares) > 0
    assert ["Smoke is high" in text for text in eventually(lambda: told(duty))] == [True]
    alerts = roles.get(console, "/api/v1/alerts")
    assert [(each["rule"], each["subject"], each["activations"]) for each in alerts] == [
        ("fire.smoke.high", "BA-N1", 1)
    ]
    assert eventually(lambda: console.metric("town_part_up", part="one") == 0)


def test_rules_that_are_killed_are_followed_by_those_that_wait(
    roles: Roles, mosquitto: services.Service, duty: tuple[str, Received]
) -> None:
    ingest, rules, waiting = roles.ingest("one"), roles.rules(), roles.rules()
    start_all(ingest, rules)
    smoke(mosquitto, [0.01])
    eventually(lambda: rules.metric("town_rules_readings_judged") == 1)
    waiting.launch()
    eventually(lambda: b"this one waits until it ends" in waiting.log.read_bytes())
    rules.process.send_signal(19)  # SIGSTOP: what comes now is on its way when it dies
    smoke(mosquitto, [0.3])
    rules.kill()

    eventually(lambda: waiting.metric("town_rules_readings_judged") == 1)
    assert ["Smoke is high" in text for text in eventually(lambda: told(duty))] == [True]
    assert eventually(lambda: waiting.metric("town_alerts_open") == 1)


def test_duckdb_is_refused_for_several_processes(roles: Roles) -> None:
    command = [word for word in roles.rules()._command if word != "run"]  # which may be left out
    done = subprocess.run([*command, "--store", "duckdb:"], check=False, capture_output=True, text=True, timeout=60)

    assert done.returncode == 2
    assert "DuckDB serves one process" in done.stderr
