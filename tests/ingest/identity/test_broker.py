"""Mosquitto with the files of deploy/: who gets in, and what each may do. Mosquitto's own clients ask."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from brain.clock import wall_clock
from ingest.identity.access_list import Role
from ingest.identity.authority import Authority
from simulators.play import BrokerAddress, play
from tests.ingest.identity.broker import NOON, Broker, deployed_broker, huangjiu
from tests.services import need, running, wait_until
from tests.simulators.listening import short

pytestmark = pytest.mark.mosquitto
OWN, OTHERS = "town/huangjiu/gw-water/telemetry", "town/huangjiu/gw-school/telemetry"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = deployed_broker(tmp_path / "broker")
    with running(broker.service):
        yield broker


def publish(port: int, topic: str, *more: str) -> str:
    """What `mosquitto_pub` says of a QoS 1 message in MQTT 5; nothing when it was taken."""
    command = [need("mosquitto_pub"), "-V", "5", "-h", "localhost", "-p", str(port), "-q", "1", "-t", topic, "-m", "{}"]
    done = subprocess.run([*command, *more], check=False, capture_output=True, text=True, timeout=20)
    return (done.stdout + done.stderr).strip()


def as_user(name: str, password: str) -> list[str]:
    return ["-u", name, "-P", password]


def let_in(broker: Broker, name: str) -> list[str]:
    """An account for the broker that is running, and how to use it."""
    password = broker.accounts.add(name, Role.GATEWAY)
    reload(broker)
    return as_user(name, password)


def reload(broker: Broker) -> None:
    """Have the broker read its files again; it takes no connection between the line it writes and having done so.

    Nor does it hear a second signal in that time: it has done so when it has answered somebody.
    """
    process, log = broker.service.process, broker.service.folder / "log"
    assert process is not None
    before = log.read_text().count("Reloading config")
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: log.read_text().count("Reloading config") > before)
    assert publish(broker.plain, OWN) != ""


def test_nobody_gets_in_without_a_password(broker: Broker) -> None:
    assert "ot authorized" in publish(broker.plain, OWN)
    assert "ot authorized" in publish(broker.plain, OWN, *as_user("gw-water", "guessed"))


def test_a_gateway_publishes_on_its_own_topics_and_on_no_others(broker: Broker) -> None:
    gateway = let_in(broker, "gw-water")

    assert publish(broker.plain, OWN, *gateway) == ""
    assert "ot authorized" in publish(broker.plain, OTHERS, *gateway)
    for own in ("alerts/A-1", "readings/ingest-1", "processes/ingest-1"):
        assert "ot authorized" in publish(broker.plain, f"town/huangjiu/{own}", *gateway)


def test_a_rotated_password_lets_nobody_in_with_the_old_one(broker: Broker) -> None:
    old = let_in(broker, "gw-water")
    new = as_user("gw-water", broker.accounts.rotate("gw-water"))
    reload(broker)

    assert "ot authorized" in publish(broker.plain, OWN, *old)
    assert publish(broker.plain, OWN, *new) == ""


def test_who_is_revoked_is_refused(broker: Broker) -> None:
    gateway = let_in(broker, "gw-water")
    broker.accounts.revoke("gw-water")
    reload(broker)

    assert "ot authorized" in publish(broker.plain, OWN, *gateway)


def test_tls_shows_a_certificate_of_the_own_authority(broker: Broker, tmp_path: Path) -> None:
    gateway, authority = let_in(broker, "gw-water"), str(tmp_path / "broker" / "ca.pem")

    assert publish(broker.tls, OWN, *gateway, "--cafile", authority) == ""
    Authority.open(tmp_path / "other", name="Another authority", now=NOON)
    assert publish(broker.tls, OWN, *gateway, "--cafile", str(tmp_path / "other" / "ca.pem")) != ""


def test_a_certificate_is_an_account_until_it_is_revoked(broker: Broker, tmp_path: Path) -> None:
    broker.accounts.add("gw-water", Role.GATEWAY)
    certificate, key = broker.authority.certify_gateway("gw-water", now=NOON)
    (tmp_path / "device.crt").write_bytes(certificate)
    (tmp_path / "device.key").write_bytes(key)
    reload(broker)
    files = ["--cert", str(tmp_path / "device.crt"), "--key", str(tmp_path / "device.key")]
    files += ["--cafile", str(tmp_path / "broker" / "ca.pem")]

    assert publish(broker.certificate, OWN, *files) == ""
    assert "ot authorized" in publish(broker.certificate, OTHERS, *files)
    broker.accounts.revoke("gw-water")
    broker.authority.revoke("gw-water", now=NOON)
    reload(broker)
    assert publish(broker.certificate, OWN, *files) != ""


async def test_simulated_gateways_go_in_with_accounts_of_their_own(broker: Broker) -> None:
    passwords = {name: broker.accounts.add(name, Role.GATEWAY) for name in huangjiu().gateways}
    reload(broker)
    address = BrokerAddress(host="127.0.0.1", port=broker.plain, passwords=passwords)
    sent = await play(huangjiu(), short(), address, clock=wall_clock)

    assert sent.by_gateway.keys() == passwords.keys()
