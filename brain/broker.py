"""The embedded MQTT broker: rumqttd from the iotcore wheel, in a child process, on loopback only."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from iotcore import IotCoreBroker

from town.errors import ConfigError

log = logging.getLogger("brain.broker")

LARGEST_PAYLOAD = 4 << 20
"""Bytes; rumqttd ends the connection of a client that sends more."""
_START_WITHIN = 10.0
_AGAIN_AFTER = 1.0

# rumqttd serves one protocol version a port: devices speak 3.1.1 to the first, ingest speaks 5 to the second.
_CONFIGURATION = """
id = 0
[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v4.1]
name = "devices"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload}
max_inflight_count = 100
dynamic_filters = true
[v5.1]
name = "town"
listen = "127.0.0.1:{port5}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload}
max_inflight_count = 100
dynamic_filters = true
"""


@contextlib.asynccontextmanager
async def embedded_broker(port: int) -> AsyncIterator[None]:
    """A broker for MQTT 3.1.1 on `port` and for MQTT 5 on `port + 1`, until the block ends or this process does.

    It is a process group of its own, so that Ctrl-C reaches us first and we can still say goodbye to it in order.
    When it ends by itself it is started again. Raises ConfigError when it does not come up.
    """
    with tempfile.TemporaryDirectory(prefix="town-broker-") as folder:
        configuration = Path(folder) / "rumqttd.toml"
        configuration.write_text(_CONFIGURATION.format(port=port, port5=port + 1, payload=LARGEST_PAYLOAD), "utf-8")
        child = await _start(configuration)
        try:
            await _listening(child, (port, port + 1))
        except BaseException:
            await _end(child)
            raise
        keeping = asyncio.create_task(_keep(child, configuration), name="broker")
        await asyncio.sleep(0)  # from here on it is the task that ends it
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])


async def _start(configuration: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "brain.broker", str(configuration), stdin=asyncio.subprocess.PIPE, start_new_session=True
    )


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.terminate()
        await child.wait()


async def _keep(child: asyncio.subprocess.Process, configuration: Path) -> None:
    """Start it again whenever it ends by itself; end it when cancelled."""
    try:
        while True:
            log.warning("the embedded broker ended with exit code %d: it is started again", await child.wait())
            await asyncio.sleep(_AGAIN_AFTER)
            child = await _start(configuration)
    finally:
        await _end(child)


async def _listening(child: asyncio.subprocess.Process, ports: tuple[int, ...]) -> None:
    try:
        async with asyncio.timeout(_START_WITHIN):
            for port in ports:
                while not await _answers(port):
                    if child.returncode is not None:
                        raise ConfigError(
                            f"The embedded broker ended with exit code {child.returncode} while starting."
                        )
                    await asyncio.sleep(0.02)  # another process opens the port: there is nothing to wait on
    except TimeoutError:
        raise ConfigError(f"The embedded broker did not listen on {ports} within {_START_WITHIN:.0f} s.") from None


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def _exit_with_parent() -> None:
    sys.stdin.buffer.read()  # returns when the parent's end of the pipe closes, however the parent ended
    os._exit(0)


def _serve(configuration: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    logging.basicConfig(level=logging.WARNING, format="broker: %(levelname)s %(message)s")
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)  # it reports every packet as an error
    # It blocks inside Rust, where Python's signal handlers do not run: leave it to a thread and wait here.
    broker = threading.Thread(target=IotCoreBroker(config_path=configuration).run_forever, daemon=True)
    broker.start()
    while broker.is_alive():
        broker.join(0.5)
    sys.exit(1)


if __name__ == "__main__":
    _serve(sys.argv[1])
