"""The embedded broker is a real one, for 3.1.1 and 5."""

import asyncio
import socket
import sys

import aiomqtt
import psutil
import pytest

from brain.broker import embedded_broker
from brain.listeners import require_free, user_who_listens
from tests.ports import free_ports
from tests.services import listens
from town.errors import ConfigError


async def test_broker_carries_a_message_from_a_3_1_1_device_to_a_5_listener() -> None:
    port = free_ports(2)
    async with (
        asyncio.timeout(15),
        embedded_broker(port),
        aiomqtt.Client("127.0.0.1", port + 1, protocol=aiomqtt.ProtocolVersion.V5) as town,
        aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V311) as device,
    ):
        await town.subscribe("town/#", qos=1)
        await device.publish("town/x", b"21.5", qos=1)
        message = await anext(town.messages)

    assert (str(message.topic), message.payload) == ("town/x", b"21.5")


async def test_broker_gives_its_ports_back() -> None:
    port = free_ports(2)
    async with embedded_broker(port):
        assert listens(port)

    assert not listens(port)


async def test_a_broker_that_was_killed_is_started_again() -> None:
    port = free_ports(2)
    async with asyncio.timeout(30), embedded_broker(port):
        (killed,) = (one for one in psutil.Process().children() if "brain.broker" in one.cmdline())
        killed.kill()
        for there in (False, True):
            while listens(port) is not there:
                await asyncio.sleep(0.02)  # other processes open and close the port: there is nothing to wait on

    assert not listens(port)


async def test_a_taken_port_names_who_has_it() -> None:
    port = free_ports(2)
    async with embedded_broker(port):
        with pytest.raises(ConfigError, match=rf"Port {port} for MQTT is taken by python.*process \d+.*--mqtt-port"):
            require_free("127.0.0.1", port, purpose="MQTT", instead="Choose another with --mqtt-port.")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")
def test_whose_a_port_is_can_be_told_without_rights() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert user_who_listens(port) == psutil.Process().username()

    assert user_who_listens(port) is None


def test_a_free_port_is_free() -> None:
    require_free("127.0.0.1", free_ports(1), purpose="MQTT", instead="")
