"""Sends traffic to a broker, as fast as it takes it or at a rate: a process of its own, `python -m brain.bench.load`.

Loopback only. Packets are made before the first is sent; at QoS 1 every one is waited for.
"""

import json
import os
import socket
import sys
import threading
import time

import mqtt5

from brain.bench.children import answer
from brain.bench.traffic import Traffic, packets

_AT_ONCE = 100
"""Packets in one system call."""
_SILENCE = 60.0
"""Seconds without an acknowledgement after which we give up."""
_TICK = 0.005
_PUBACK = 0x40


class Publisher:
    """One MQTT 5 connection that only publishes."""

    def __init__(self, port: int, client_id: str, *, window: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SILENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(mqtt5.ConnectPacket(client_id, keep_alive=600).write())
        granted, self._rest = self._connected()
        self._window = min(window, granted)
        self.at_once = min(_AT_ONCE, self._window)
        self._open = 0

    def _connected(self) -> tuple[int, bytes]:
        """How many messages the broker takes at once, and what came behind its answer."""
        heard = b""
        while True:
            heard += self._receive()
            try:
                packet, size = mqtt5.read(memoryview(heard))
            except IndexError:
                continue
            if not isinstance(packet, mqtt5.ConnAckPacket) or packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
                raise SystemExit(f"the broker refuses the load: {packet}")
            return packet.receive_max or 65_535, heard[size:]

    def publish(self, some: list[bytes], *, acknowledged: bool) -> None:
        """Send packets; at QoS 1 no more than the broker's window ahead of its acknowledgements."""
        self._socket.sendall(b"".join(some))
        if acknowledged:
            self._open += len(some)
            while self._open > self._window - self.at_once:
                self._take_acknowledgements()

    def finish(self) -> None:
        """Wait for what is not acknowledged, and say goodbye."""
        while self._open:
            self._take_acknowledgements()
        self._socket.sendall(mqtt5.DisconnectPacket().write())
        self._socket.shutdown(socket.SHUT_WR)
        while self._socket.recv(65_536):
            pass

    def _take_acknowledgements(self) -> None:
        heard, at = self._rest + self._receive(), 0
        while at + 2 <= len(heard) and at + 2 + heard[at + 1] <= len(heard):
            if heard[at] == _PUBACK:
                self._open -= 1
            at += 2 + heard[at + 1]
        self._rest = heard[at:]

    def _receive(self) -> bytes:
        heard = self._socket.recv(65_536)
        if not heard:
            raise SystemExit("the broker closed the load's connection")
        return heard


def send(traffic: Traffic, port: int, *, rate: float | None, client_id: str, window: int) -> float:
    """Send all of it, so many messages a second or as fast as the broker takes them; how many seconds that took."""
    ready = packets(traffic)
    publisher = Publisher(port, client_id, window=window)
    answer(ready=True)
    sys.stdin.readline()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    began, sent = time.monotonic(), 0
    while sent < len(ready):
        due = len(ready) if rate is None else min(len(ready), int((time.monotonic() - began) * rate) + 1)
        if sent >= due:
            time.sleep(_TICK)  # it keeps to a rate: the clock is what it waits for
        while sent < due:
            some = ready[sent : min(sent + publisher.at_once, due)]
            publisher.publish(some, acknowledged=traffic.qos > 0)
            sent += len(some)
    publisher.finish()
    return time.monotonic() - began


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Make packets, say that they are ready, wait for a line, send, say how long it took."""
    plan = json.loads(sys.argv[1])
    traffic = Traffic(**plan["traffic"])
    seconds = send(
        traffic, plan["port"], rate=plan["rate"], client_id=plan.get("client_id", "bench-load"), window=plan["window"]
    )
    answer(sent=traffic.messages, seconds=seconds)


if __name__ == "__main__":
    main()
