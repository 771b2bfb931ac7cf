"""One connection to a broker: MQTT 5 over the `mqtt5` codec, as an asyncio protocol that hands on whole chunks.

This is the only file that knows the codec. A packet that is too large to hold, or that the codec cannot read, becomes a
`Foreign` message.
"""

import asyncio
import socket
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

import mqtt5

from ingest.foreign import HEAD, LARGEST_PACKET, PUBLISH, Skim, malformed, packet_size
from town.errors import Unavailable

_T = TypeVar("_T")

_FIRST_ID, _LAST_ID = 2, 65_535
"""Packet ids of what we publish; SUBSCRIBE has the first."""
_MANY = 5_000
"""Messages a second that are worth waiting for."""
_ENOUGH = 2_000
"""Messages that are taken together as cheaply as more."""
_FULL = 256 << 10
"""Bytes that asyncio reads at a time: more are there when it has read so many."""


class Message(Protocol):
    """An application message as it came: bytes on a topic. `packet_id` is None at QoS 0."""

    @property
    def topic(self) -> str:
        """What it was published on."""

    @property
    def payload(self) -> bytes:
        """The payload, or what is kept of it."""

    @property
    def qos(self) -> int:
        """0 or 1."""

    @property
    def packet_id(self) -> int | None:
        """What it is acknowledged by, on its own connection only."""

    @property
    def retain(self) -> bool:
        """The broker had kept it for new subscribers."""

    @property
    def duplicate(self) -> bool:
        """The broker sent it before."""


class Granted(NamedTuple):
    """What a broker answered to our CONNECT."""

    session_present: bool
    keep_alive: int | None
    """Seconds, when the broker wants others than we asked for."""


class Rest(NamedTuple):
    """For how many seconds a socket is left alone after a look that brought messages: a look costs as much as twenty.

    From 5,000 messages a second on it grows to the longest, below it falls to the shortest; it never lasts longer than
    it takes for so many to come as are better not left waiting.
    """

    shortest: float
    longest: float

    def after(self, messages: int, waited: float) -> float:
        """After a look that brought so many messages, which had so many seconds to come."""
        return max(self.shortest, min(self.longest, messages / _MANY, _ENOUGH * waited / messages))


class Connection(asyncio.Protocol):
    """From CONNECT to the end. `take(connection, messages, size)` is called with every chunk that held messages.

    With `rest` it then leaves the socket alone for a while: a lone message is taken at once, and of many that come one
    by one more are taken together.
    """

    def __init__(self, take: Callable[["Connection", list[Message], int], None], *, rest: Rest | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()
        """Done when the connection is gone, with why."""
        self.heard_at = 0.0
        """When the broker last said anything, on the loop's clock."""
        self.paused = False
        self._take, self._rests = take, rest
        self._resting: asyncio.TimerHandle | None = None
        self._looked_at = 0.0
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._rest = bytearray()
        self._needed = self._size = 0
        self._skim: Skim | None = None
        self._granted: asyncio.Future[mqtt5.ConnAckPacket] = loop.create_future()
        self._subscribed: asyncio.Future[mqtt5.SubAckPacket] = loop.create_future()
        self._unsubscribed: asyncio.Future[mqtt5.UnsubAckPacket] = loop.create_future()
        self._published: dict[int, asyncio.Future[int]] = {}
        self._next_id = _FIRST_ID
        self._goodbye = mqtt5.DisconnectReasonCode.NORMAL_DISCONNECTION
        self._farewell = ""

    @property
    def resting(self) -> bool:
        """Nothing comes for a while."""
        return self._resting is not None

    # What the session asks for.

    async def connect(
        self,
        client_id: str,
        *,
        user: str | None,
        password: str | None,
        keep_alive: int,
        session_expiry: int,
        receive_max: int,
        within: float,
        will: tuple[str, bytes] | None = None,
    ) -> Granted:
        """Say CONNECT, asking for the session that is there, and wait for the answer; durations in seconds.

        Raises Unavailable with the broker's reason.
        """
        packet = mqtt5.ConnectPacket(
            client_id,
            username=user,
            password=None if password is None else password.encode(),
            clean_start=False,
            keep_alive=keep_alive,
            session_expiry_interval=session_expiry,
            receive_max=receive_max,
            will=None if will is None else mqtt5.Will(will[0], payload=will[1]),
        )
        if will is not None:
            self._goodbye = mqtt5.DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE
        self._write(packet.write())
        answer = await self._answer(self._granted, within, "CONNECT")
        if answer.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            raise Unavailable(f"the broker refuses us: {_words(answer.reason_code, answer.reason_str)}")
        return Granted(answer.session_present, answer.server_keep_alive)

    async def subscribe(self, filters: Sequence[str], *, within: float) -> list[str]:
        """Subscribe at QoS 1; returns a line for each filter the broker refused."""
        wanted = [
            mqtt5.TopicFilter(each, max_qos=mqtt5.QoS.AT_LEAST_ONCE, retain_as_published=False) for each in filters
        ]
        self._subscribed = self._loop.create_future()
        self._write(mqtt5.SubscribePacket(1, wanted).write())
        answer = await self._answer(self._subscribed, within, "SUBSCRIBE")
        codes = zip(filters, answer.reason_codes, strict=False)
        return [f"{each}: {_words(code, answer.reason_str)}" for each, code in codes if int(code) >= 0x80]

    async def unsubscribe(self, filters: Sequence[str], *, within: float) -> None:
        """Give subscriptions up; what the broker has kept for us still comes."""
        self._unsubscribed = self._loop.create_future()
        self._write(mqtt5.UnsubscribePacket(1, list(filters)).write())
        await self._answer(self._unsubscribed, within, "UNSUBSCRIBE")

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Tell the broker it may forget these; on a connection that is gone, nothing: it will send them again."""
        if not self.lost.done():
            self._write(_acknowledgements(packet_ids))

    def publish(self, topic: str, payload: bytes) -> None:
        """Say something at QoS 0; on a connection that is gone, nothing."""
        if not self.lost.done():
            self._write(mqtt5.PublishPacket(topic, payload=payload).write())

    async def publish_kept(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Say something at QoS 1 and wait for the broker's reason code; Unavailable when the connection ends first.

        With `retain` the broker keeps it for who subscribes later.
        """
        if self.lost.done():
            raise Unavailable(self.lost.result())
        packet_id, answer = self._next_id, self._loop.create_future()
        self._next_id = _FIRST_ID if packet_id == _LAST_ID else packet_id + 1
        self._published[packet_id] = answer
        packet = mqtt5.PublishPacket(
            topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=packet_id, retain=retain
        )
        self._write(packet.write())
        try:
            await asyncio.wait((answer, self.lost), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._published.pop(packet_id, None)
        if not answer.done():
            raise Unavailable(self.lost.result())
        return int(answer.result())

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._write(mqtt5.PingReqPacket().write())

    def pause(self) -> None:
        """Read no more from the socket until `resume`."""
        if not self.paused and self._transport is not None and not self.lost.done():
            self.paused = True
            self._listen()

    def resume(self) -> None:
        """Read on."""
        if self.paused and self._transport is not None:
            self.paused = False
            self.heard_at = self._loop.time()
            self._listen()

    def close(self, *, for_good: bool = False) -> None:
        """Say goodbye; the broker keeps the session unless it is `for_good`, and publishes the will if there is one."""
        if not self.lost.done():
            expiry = 0 if for_good else None
            packet = mqtt5.DisconnectPacket(reason_code=self._goodbye, session_expiry_interval=expiry)
            self._write(packet.write())
        if self._transport is not None:
            self._transport.close()

    def abort(self, why: str) -> None:
        """Drop the connection without a word."""
        self._farewell = self._farewell or why
        if self._transport is not None:
            self._transport.abort()

    async def _answer(self, answer: asyncio.Future[_T], within: float, to: str) -> _T:
        try:
            async with asyncio.timeout(within):
                await asyncio.wait((answer, self.lost), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise Unavailable(f"no answer to {to} within {within:.0f} s") from None
        if not answer.done():
            raise Unavailable(f"{self.lost.result()} instead of an answer to {to}")
        return answer.result()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._socket = transport.get_extra_info("socket")
        self.heard_at = self._loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        why = self._farewell or (str(exc) if exc else "the broker closed the connection")
        if not self.lost.done():
            self.lost.set_result(why)

    def data_received(self, data: bytes) -> None:
        """Read every whole packet of the chunk; hand on its messages together."""
        self.heard_at = self._loop.time()
        came = len(data)
        self._size += came
        messages: list[Message] = []
        if self._skim is not None:
            data = self._skim_on(data, messages)
        if self._rest:
            self._rest += data
            if len(self._rest) >= self._needed:
                whole, self._rest = self._rest, bytearray()
                self._read(whole, messages)
        elif data:
            self._read(data, messages)
        if messages:
            size, self._size = self._size, 0  # a message of many chunks weighs as much as all of them
            self._take(self, messages, size)
            self._confirm()
            if self._rests is not None and came < _FULL:
                self._rest_after(len(messages), self._rests)

    def _confirm(self) -> None:
        """Have the kernel confirm what was read at once: a broker that gathers small packets sends the next ones then.

        Nagle's algorithm (RFC 1122 section 4.2.3.4) holds a message back until those before it are confirmed, which
        the kernel puts off for up to 40 ms.
        """
        if self._socket is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _rest_after(self, messages: int, rests: Rest) -> None:
        seconds = rests.after(messages, self.heard_at - self._looked_at)
        self._looked_at = self.heard_at
        if self._resting is None:
            self._resting = self._loop.call_later(seconds, self._rested)
            self._listen()

    def _rested(self) -> None:
        self._resting = None
        self._listen()

    def _listen(self) -> None:
        """Read from the socket, or do not, as things stand."""
        if self._transport is None or self.lost.done() or self._transport.is_closing():
            return
        if self.paused or self._resting is not None:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _read(self, data: bytes | bytearray, messages: list[Message]) -> None:
        """Append what `data` holds to `messages`; what is left of it waits for more."""
        read, publish = mqtt5.read, mqtt5.PublishPacket
        view, position, end = memoryview(data), 0, len(data)
        while position < end:
            try:
                packet, size = read(view[position:])
            except IndexError:
                self._wait_for_more(view[position:], messages)
                return
            except BaseException as error:
                # The codec is native code: text that is not UTF-8 reaches us as a panic, which is no Exception.
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                size = self._malformed(view[position:], messages)
                if not size:
                    return
                position += size
                continue
            position += size
            if type(packet) is publish:
                messages.append(packet)
            else:
                self._control(packet)

    def _wait_for_more(self, view: memoryview, messages: list[Message]) -> None:
        size = packet_size(view)
        if size is not None and size > LARGEST_PACKET and view[0] >> 4 == PUBLISH and len(view) >= HEAD:
            self._skim = Skim(view, size)
            return
        self._rest = bytearray(view)
        self._needed = 0 if size is None else min(size, HEAD) if size > LARGEST_PACKET else size

    def _skim_on(self, data: bytes, messages: list[Message]) -> bytes:
        """Let the rest of a large packet pass; returns what comes after it."""
        skim = self._skim
        assert skim is not None
        after = skim.feed(data)
        if skim.left == 0:
            messages.append(skim.message())
            self._skim = None
        return after

    def _malformed(self, view: memoryview, messages: list[Message]) -> int:
        """What the codec cannot read: a whole PUBLISH is handed on as foreign, anything else ends the connection."""
        size = packet_size(view)
        if size is None or size > len(view) or view[0] >> 4 != PUBLISH:
            self.abort("the broker sent something that is not MQTT 5")
            return 0
        messages.append(malformed(view[:size]))
        return size

    def _control(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.ConnAckPacket() if not self._granted.done():
                self._granted.set_result(packet)
            case mqtt5.SubAckPacket() if not self._subscribed.done():
                self._subscribed.set_result(packet)
            case mqtt5.UnsubAckPacket() if not self._unsubscribed.done():
                self._unsubscribed.set_result(packet)
            case mqtt5.PubAckPacket():
                answer = self._published.pop(packet.packet_id, None)
                if answer is not None and not answer.done():
                    answer.set_result(int(packet.reason_code))
            case mqtt5.DisconnectPacket():
                self._farewell = f"the broker ended it: {_words(packet.reason_code, packet.reason_str)}"
            case _:
                pass  # PINGRESP: that it came is what counts


def _acknowledgements(packet_ids: Sequence[int]) -> bytes:
    """A PUBACK for each (MQTT 5 section 3.4): its type, two bytes more, and the identifier."""
    words = array("H", [0x4002]) * (2 * len(packet_ids))
    words[1::2] = array("H", packet_ids)
    if sys.byteorder == "little":
        words.byteswap()
    return words.tobytes()


def _words(code: int, text: str | None) -> str:
    name = getattr(code, "name", str(code)).lower().replace("_", " ")
    return f"{name} ({text[:200]!r})" if text else name
