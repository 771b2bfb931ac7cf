"""`town demo`: the proof that nothing was lost, and that it fails when something is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ports, services

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "brain", "demo", str(HUANGJIU), "--json", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def assert_balanced(ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 0, ran.stderr + ran.stdout
    found = json.loads(ran.stdout)
    messages, readings, notifications = found["messages"], found["readings"], found["notifications"]
    assert found["balanced"] is True
    assert messages["sent"] == messages["received"] > 1_000
    assert readings["decoded"] == readings["stored"] + readings["quarantined"] > 1_000
    assert min(found["alerts"][category] for category in ("fire", "security", "environment")) >= 1
    assert notifications["queued"] == notifications["delivered"] > 0 == notifications["failed"]
    assert found["latency_ms"]["reading_to_alert"]["p50"] is not None
    assert found["latency_ms"]["reading_to_notification"]["p99"] is not None


def test_demo_balances_with_everything_embedded() -> None:
    assert_balanced(demo("--for", "8s", "--mqtt-port", str(ports.free_ports(2))))


def test_demo_balances_on_mosquitto_and_influxdb(mosquitto: services.Service, influxd: services.Service) -> None:
    broker, store = f"mqtt://127.0.0.1:{mosquitto.port}", f"influxdb://127.0.0.1:{influxd.port}/demo"

    assert_balanced(demo("--for", "8s", "--mqtt", broker, "--store", store))


@pytest.mark.mosquitto
@pytest.mark.influxdb
def test_demo_balances_on_servers_and_processes_of_its_own() -> None:
    for program in ("mosquitto", "influxd", "initdb"):
        services.need(program)

    assert_balanced(demo("--for", "3s", "--profile", "services", "--postgresql"))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--for=soon", "is not a duration"),
        ("--scenario=list", "cellar_fire"),
        ("--postgresql", "goes with --profile services"),
    ],
)
def test_demo_says_what_it_does_not_understand(option: str, said: str) -> None:
    ran = demo(option)

    assert ran.returncode == 2
    assert said in ran.stderr
