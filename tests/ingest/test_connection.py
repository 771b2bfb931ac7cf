"""The connection reads any cut of the stream, lets large packets pass and survives packets it cannot read."""

import asyncio
import hashlib
import socket
import time
from collections.abc import Sequence
from typing import Any

import mqtt5
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.connection import Connection, Message, Rest
from ingest.foreign import LARGEST_PACKET, Foreign


def packet(payload: bytes, *, packet_id: int = 7, topic: str = "town/t/gw/telemetry") -> bytes:
    return mqtt5.PublishPacket(topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=packet_id).write()


async def received(stream: bytes, sizes: Sequence[int]) -> list[Any]:
    """The messages of a stream that arrives in pieces of these sizes, again and again."""
    found: list[Message] = []
    weighed: list[int] = []

    def take(_: Connection, messages: Sequence[Message], size: int) -> None:
        found.extend(messages)
        weighed.append(size)

    connection = Connection(take)
    position = piece = 0
    while position < len(stream):
        size = sizes[piece % len(sizes)]
        connection.data_received(stream[position : position + size])
        position, piece = position + size, piece + 1
    assert sum(weighed) <= len(stream)
    assert sum(weighed) >= sum(len(each.payload) for each in found)
    return found


@settings(max_examples=60, deadline=None)
@given(
    payloads=st.lists(st.binary(max_size=300), min_size=1, max_size=8),
    sizes=st.lists(st.integers(1, 400), min_size=1, max_size=5),
)
async def test_a_stream_cut_anywhere_gives_the_same_messages(payloads: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(packet(payload, packet_id=number + 1) for number, payload in enumerate(payloads))

    found = await received(stream, sizes)

    assert [(each.packet_id, each.payload) for each in found] == list(enumerate(payloads, 1))


@pytest.mark.parametrize("chunk", [4_096, 65_536, 262_144])
async def test_a_large_packet_passes_by_with_its_size_and_hash(chunk: int) -> None:
    large = bytes(range(256)) * 20_000
    assert len(large) > LARGEST_PACKET

    found = await received(packet(b"a") + packet(large, packet_id=8) + packet(b"b", packet_id=9), [chunk])

    assert [each.packet_id for each in found] == [7, 8, 9]
    assert isinstance(found[1], Foreign)
    assert (found[1].why, found[1].topic, found[1].size) == ("too_large", "town/t/gw/telemetry", len(large))
    assert found[1].sha256 == hashlib.sha256(large).hexdigest()
    assert found[1].payload == large[: len(found[1].payload)] and len(found[1].payload) >= 4_096


# The codec's panic leaves an exception behind that nobody can catch.
panics = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@panics
async def test_a_topic_that_is_not_utf8_costs_only_its_message(capfd: pytest.CaptureFixture[str]) -> None:
    broken = packet(b"x", packet_id=8).replace(b"town/t", b"t\xffwn/t")

    found = await received(packet(b"a") + broken + packet(b"b", packet_id=9), [4_096])

    assert [each.packet_id for each in found] == [7, 8, 9]
    assert (found[1].why, found[1].payload, found[1].topic) == ("malformed", b"x", "t\ufffdwn/t/gw/telemetry")
    capfd.readouterr()  # the codec prints a panic of its own


@panics
@given(stream=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
async def test_no_bytes_make_a_connection_fail(stream: bytes) -> None:
    await received(stream, [7])


@pytest.mark.parametrize(
    ("messages", "waited", "rest"),
    [(1, 9.0, 0.01), (40, 0.01, 0.01), (100, 0.01, 0.02), (800, 0.1, 0.1), (2_000, 0.08, 0.08), (4_000, 0.1, 0.05)],
)
def test_a_connection_rests_until_much_has_come_and_no_longer(messages: int, waited: float, rest: float) -> None:
    assert Rest(0.01, 0.1).after(messages, waited) == pytest.approx(rest)


async def test_a_message_is_taken_at_once_and_those_that_come_while_the_connection_rests_together() -> None:
    taken: asyncio.Queue[list[bytes]] = asyncio.Queue()
    rest = Rest(1.0, 1.0)
    writers: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _, writer: writers.put(writer), "127.0.0.1", 0)
    async with server:
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: Connection(lambda _, found, size: taken.put_nowait([one.payload for one in found]), rest=rest),
            *server.sockets[0].getsockname(),
        )
        writer = await writers.get()
        writer.write(packet(b"a"))
        first = await taken.get()
        for payload in (b"b", b"c"):
            writer.write(packet(payload))
            await writer.drain()
            await asyncio.sleep(0)
        together = await taken.get()
        transport.close()
        writer.close()

    assert (first, together) == ([b"a"], [b"b", b"c"])


async def test_a_broker_that_gathers_small_packets_need_not_wait_for_the_kernel_to_confirm_them() -> None:
    seconds: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def send_pairs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        began = time.perf_counter()
        for _ in range(60):
            writer.write(packet(b"a"))
            await asyncio.sleep(0)
            writer.write(packet(b"b"))
            await reader.readexactly(4)
        seconds.set_result(time.perf_counter() - began)
        writer.close()

    def take(connection: Connection, messages: Sequence[Message], _: int) -> None:
        if messages[-1].payload == b"b":
            connection.acknowledge([messages[-1].packet_id or 0])

    async with await asyncio.start_server(send_pairs, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        await asyncio.get_running_loop().create_connection(lambda: Connection(take), *address)

        assert await seconds < 1.0  # with the kernel's delay of 40 ms each it is 2.4
