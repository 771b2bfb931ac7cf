"""On a real broker: what a format asks us to answer is sent, and what it asks us to keep secret is nowhere."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote_plus

import aiomqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoders import ecowitt, registry
from ingest.intake import Intake
from ingest.quarantine import Quarantine, list_entries
from ingest.session import SessionSettings
from tests.ingest.town import GatedStore, small_town, until
from tests.services import Service
from town.gateway import Gateway
from town.language import Label

SECRET = "00112233445566778899AABBCCDDEEFF"
UPLOAD = f"PASSKEY={SECRET}&stationtype=GW2000A&dateutc=now&tempf=50"
NAME = Label(zh="名", en="name")
GATEWAYS = [
    Gateway(id="mill", name=NAME, decoder="sparkplug_b", topics=("spBv1.0/mill/#",)),
    Gateway(id="dock", name=NAME, decoder="ecowitt", topics=("ecowitt/#",)),
    Gateway(id="gw", name=NAME, decoder="native", topics=("town/t/gw/#",)),
]


@contextlib.asynccontextmanager
async def taking_in(broker: Service, folder: Path) -> AsyncIterator[Intake]:
    """An intake of three gateways, none of which has a sensor."""
    town = small_town().model_copy(update={"gateways": {each.id: each for each in GATEWAYS}, "sensors": {}})
    store, settings = GatedStore(), SessionSettings("127.0.0.1", broker.port, "town-t-ingest")
    async with Quarantine(folder / "quarantine.db") as kept:
        line = Intake(town, settings, store=store, judge=store.judge, quarantine=kept, clock=lambda: 1_790_000_000_000)
        running = asyncio.create_task(line.run())
        await until(lambda: line.parts()[0].state == "ok" or running.done())
        yield line
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.mark.mosquitto
async def test_an_edge_node_is_asked_to_be_born_again(mosquitto: Service, tmp_path: Path) -> None:
    data = bytes.fromhex("0880a8efa68c3412120a056c6576656c200a6900000000000000401805")
    async with taking_in(mosquitto, tmp_path), aiomqtt.Client("127.0.0.1", mosquitto.port) as node:
        await node.subscribe("spBv1.0/mill/NCMD/e1")
        await node.publish("spBv1.0/mill/NDATA/e1", data, qos=0)
        async with asyncio.timeout(10):
            command = await anext(aiter(node.messages))

    assert isinstance(command.payload, bytes)
    assert b"\x0a\x14Node Control/Rebirth" in command.payload
    assert command.payload.endswith(b"\x20\x0b\x70\x01")  # datatype Boolean, true
    assert (command.qos, command.retain) == (0, False)


@pytest.mark.mosquitto
async def test_a_passkey_is_nowhere_on_the_disk(mosquitto: Service, tmp_path: Path) -> None:
    async with taking_in(mosquitto, tmp_path) as line, aiomqtt.Client("127.0.0.1", mosquitto.port) as station:
        for topic in ("ecowitt/dock", "town/t/gw/telemetry"):
            await station.publish(topic, UPLOAD, qos=1)
        await until(lambda: line.ledger.balance().settled and line.ledger.received == 2)
        await until(lambda: len(list_entries(tmp_path / "quarantine.db")) == 2)

    kept = list_entries(tmp_path / "quarantine.db")
    assert [entry.gateway for entry in kept] == ["gw", "dock"]
    assert all(b"PASSKEY=***&stationtype=GW2000A" in entry.payload for entry in kept)
    assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@given(name=st.sampled_from(["PASSKEY", "PassKey", "PASSWORD", "pass word", "PASS%4BEY"]), secret=st.text(min_size=9))
def test_no_spelling_of_a_secret_gets_through(name: str, secret: str) -> None:
    written = quote_plus(f"#{secret}#", errors="replace")
    upload = f"tempf=50&{name}={written}&dateutc=now&stationtype=x".encode()

    result = ecowitt.decode("ecowitt/dock", upload, 0, None)

    assert f"#{secret}#" not in repr(result)
    assert registry.redact(upload) == f"tempf=50&{name}=***&dateutc=now&stationtype=x".encode()


def test_a_secret_in_json_is_taken_out_too() -> None:
    payload = b'{"PASSKEY": "a, b&c", "password":12, "x": "y"}'

    assert registry.redact(payload) == b'{"PASSKEY": "***", "password":"***", "x": "y"}'
