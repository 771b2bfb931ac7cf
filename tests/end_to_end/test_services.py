"""`town up --profile services`: servers and processes of their own, started again when they end."""

import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import ports, services
from tests.end_to_end.brain import Brain, eventually, hamlet
from tests.end_to_end.conftest import SECRET, Received

pytestmark = [pytest.mark.mosquitto, pytest.mark.influxdb]
TLS_STEP = 7_000


def free_broker_port() -> int:
    """A port that is free with those of TLS."""
    while True:
        port = ports.free_port()
        if not any(services.listens(port + TLS_STEP + more) for more in (0, 1)):
            return port


class Town(Brain):
    """A `town up --profile services`."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.mqtt, store, book = free_broker_port(), ports.free_ports(3), ports.free_port()
        arguments = ["--profile", "services", "--ingest", "1", "--mqtt-port", str(self.mqtt)]
        arguments += ["--postgresql", "--postgresql-port", str(book)]
        arguments += ["--store", f"influxdb://127.0.0.1:{store}/town"]
        super().__init__(folder, state, arguments=arguments, env={"TOWN_SECRET_DUTY": SECRET})

    def start(self) -> None:
        """Start it and wait until it answers: some ten processes, one after the other."""
        self.launch()
        services.wait_until(self._answers, seconds=200, process=self.process)

    def publish(self, user: str, topic: str, reading: dict[str, object]) -> str:
        """What Mosquitto's client says of a message over TLS, as an account of the town."""
        command = [services.need("mosquitto_pub"), "-V", "5", "-h", "localhost", "-p", str(self.mqtt + TLS_STEP)]
        command += ["-u", user, "-P", (self.state / "secrets" / "broker" / user).read_text().strip()]
        command += [
            "--cafile",
            str(self.state / "broker" / "ca.pem"),
            "-q",
            "1",
            "-t",
            topic,
            "-m",
            json.dumps(reading),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
        return (done.stdout + done.stderr).strip()

    def child(self, *words: str) -> psutil.Process | None:
        """The process of ours whose command has these words."""
        assert self.process is not None
        found = psutil.Process(self.process.pid).children()
        return next((one for one in found if set(words) <= set(one.cmdline())), None)


@pytest.fixture
def town(tmp_path: Path, duty: tuple[str, Received]) -> Iterator[Town]:
    for program in ("mosquitto", "influxd", "initdb"):
        services.need(program)
    # Not in pytest's own folder, which every run closes to others: PostgreSQL's user has to get in.
    with tempfile.TemporaryDirectory(prefix="town-") as folder:
        services.as_postgres(Path(folder))
        town = Town(hamlet(tmp_path / "hamlet", hook=duty[0]), Path(folder) / "state")
        yield town
        if town.process is not None:
            town.process.send_signal(signal.SIGTERM)
            town.process.wait(60)


def test_a_town_on_services_alerts_and_mends_itself(town: Town, duty: tuple[str, Received]) -> None:
    town.start()
    smoke = {"sensor": "BA-N1", "values": {"smoke": 0.3}}
    refused = town.publish("gw-1", "zigbee2mqtt/Barn smoke", smoke)
    town.child("rules").kill()  # type: ignore[union-attr]  # it is there
    taken = town.publish("gw-1", "town/hamlet/gw-1/telemetry", smoke)

    assert "ot authorized" in refused and taken == ""
    assert "Smoke is high" in json.loads(eventually(lambda: duty[1], seconds=90)[0][1])["text"]
    (alert,) = eventually(lambda: town.get("/api/v1/alerts?state=active"))
    assert (alert["rule"], alert["subject"]) == ("fire.smoke.high", "BA-N1")
    assert {path.stat().st_mode & 0o077 for path in (town.state / "secrets").rglob("*")} == {0}
    assert not (town.state / "alerts.sqlite").exists()
    town.process.send_signal(signal.SIGINT)  # type: ignore[union-attr]  # it runs
    assert town.process.wait(60) == 0  # type: ignore[union-attr]
