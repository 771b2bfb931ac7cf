"""Mosquitto as it is deployed: its own files from deploy/, with the ports of a test."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from ingest.identity.accounts import BrokerAccounts
from ingest.identity.authority import Authority
from tests.ports import free_port
from tests.services import Service, listens, need
from town.folder import load_town
from town.town import Town

ROOT = Path(__file__).parents[3]
NOON = 1_795_867_200_000


class Broker(NamedTuple):
    """The service, its accounts and authority, and the port of each door."""

    service: Service
    accounts: BrokerAccounts
    authority: Authority
    plain: int
    tls: int
    certificate: int


def huangjiu() -> Town:
    town, _ = load_town(ROOT / "towns" / "huangjiu")
    assert town is not None
    return town


def deployed_broker(folder: Path, doors: str = "loopback") -> Broker:
    """Not started yet: accounts and authority can be changed before."""
    folder.mkdir(parents=True)
    ports = {"1883": free_port(), "8883": free_port(), "8884": free_port()}
    (folder / "listeners").mkdir()
    written = (ROOT / "deploy" / "mosquitto" / doors / "listeners.conf").read_text("utf-8")
    moved = re.sub(r"^listener (\d+)", lambda found: f"listener {ports[found[1]]}", written, flags=re.MULTILINE)
    (folder / "listeners" / "listeners.conf").write_text(moved)
    shutil.copy(ROOT / "deploy" / "mosquitto" / "mosquitto.conf", folder)
    authority = Authority.open(folder, name="Test authority", now=NOON)
    authority.certify_server(["localhost", "127.0.0.1"], now=NOON)
    accounts = BrokerAccounts(folder, huangjiu())
    accounts.write()
    command = [need("mosquitto"), "-c", "mosquitto.conf"]
    # Started by root, Mosquitto goes on as a user of its own, who cannot look into a test's folder.
    (folder / "listeners" / "user.conf").write_text("user root\n")
    service = Service(command, port=ports["1883"], folder=folder, ready=lambda: listens(ports["8884"]))
    return Broker(service, accounts, authority, *ports.values())
