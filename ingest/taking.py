"""The hot path: the messages of a chunk become readings of a batch, or refusals.

Nearly all messages are plain: one reading of a known sensor, in time, with values that can be believed, in a format
that has a quick way. They are read gateway by gateway, and what is done for each of them is done in C wherever it can
be. Whatever is odd about a message, or about a chunk, sends it down the careful way, one message at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter

import msgspec

from ingest.batch import Batch
from ingest.connection import Message
from ingest.decoded import Decoded, DeviceReading, Kind, Rejected, Reply
from ingest.decoders.native import Plain, read_plain
from ingest.decoders.registry import redact
from ingest.discovered import Discovered
from ingest.foreign import Foreign
from ingest.inbox import Arrival
from ingest.ledger import Ledger
from ingest.line import Line, Lines
from ingest.quarantine import Refusal
from ingest.reason import Reason, Scope
from ingest.resolve import GATEWAY_DEVICE
from ingest.seen import Seen
from town.moment import Moment
from town.ports import Clock
from town.reading import Reading

_device = attrgetter("device")
_payload, _packet_id, _retained, _again = (attrgetter(name) for name in ("payload", "packet_id", "retain", "duplicate"))


class Taking:
    """Takes one chunk after the other; nothing in it waits."""

    def __init__(
        self, lines: Lines, ledger: Ledger, *, discovered: Discovered | None, largest_payload: int, clock: Clock
    ) -> None:
        self._lines, self._ledger, self._discovered = lines, ledger, discovered
        self._largest_payload, self._clock = largest_payload, clock
        self._seen = Seen()

    def take(self, arrival: Arrival, batch: Batch) -> None:
        """Decode and resolve the messages of a chunk into a batch."""
        now, messages, before = self._clock(), arrival.messages, len(batch.readings)
        packet_ids = [each for each in map(_packet_id, messages) if each is not None]
        if self._is_odd(arrival, packet_ids):
            for message in messages:
                self._take_carefully(message, arrival, batch, now)
        else:
            if packet_ids:
                self._seen.note(packet_ids, messages)
            self._take_plain(arrival, batch, now)
        if packet_ids:
            batch.receipts.append((arrival.connection, packet_ids))
        batch.size += arrival.size
        self._ledger.readings_waiting += len(batch.readings) - before

    def _is_odd(self, arrival: Arrival, packet_ids: Sequence[int]) -> bool:
        """Whether a message was sent or kept before, may be too large, was not read, or has another QoS than others."""
        messages = arrival.messages
        return (
            any(map(_retained, messages))
            or 0 < len(packet_ids) < len(messages)
            or (bool(packet_ids) and any(map(_again, messages)))
            or (arrival.size > self._largest_payload < max(map(len, map(_payload, messages))))
            or Foreign in map(type, messages)
        )

    def _take_plain(self, arrival: Arrival, batch: Batch, now: Moment) -> None:
        """Gather messages by gateway, in their order; those of formats without a quick way are taken at once."""
        quick, groups = self._lines.quick, defaultdict[Line, list[Message]](list)
        for message in arrival.messages:
            line = quick(message.topic)
            if line is None:
                self._take(message, arrival, batch, now)
            else:
                groups[line].append(message)
        for line, messages in groups.items():
            self._take_group(line, messages, arrival, batch, now)

    def _take_group(self, line: Line, messages: list[Message], arrival: Arrival, batch: Batch, now: Moment) -> None:
        payloads = list(map(_payload, messages))
        try:
            plain = list(map(read_plain, payloads))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            for message in messages:
                self._take(message, arrival, batch, now)
            return
        account, resolver, readings, before = line.account, line.resolver, batch.readings, len(batch.readings)
        account.received += len(messages)
        account.bytes += sum(map(len, payloads))
        account.decoded += len(messages)
        items = zip(messages, plain, list(map(resolver.who, map(_device, plain))), strict=True)
        while odd := resolver.resolve_plain(items, readings, received_at=now):
            self._take_odd(line, *odd, batch, now)
        batch.counts[line.gateway] += len(readings) - before
        line.watch.heard(now)

    def _take_odd(self, line: Line, message: Message, plain: Plain, batch: Batch, now: Moment) -> None:
        decoded = Decoded(Kind.TELEMETRY, (DeviceReading(plain.device, plain.at, plain.values),))
        line.resolver.resolve(decoded.readings, batch.readings, received_at=now, retained=False)
        if line.resolver.refused:
            self._take_refused(line, message, batch, decoded)

    def _take_carefully(self, message: Message, arrival: Arrival, batch: Batch, now: Moment) -> None:
        """Take a message of an odd chunk: it may have been taken before, or be too large to be read."""
        topic, payload, packet_id, again = message.topic, message.payload, message.packet_id, message.duplicate
        line = self._lines.known(topic) or self._lines.find(topic)
        if packet_id is not None:
            line.account.redelivered += again
            if self._seen.before(packet_id, topic, payload, again=again):
                self._count(line, message)
                self._refuse(line, message, batch, reason=Reason.DUPLICATE, detail="sent again by the broker")
                return
        too_large = len(payload) > self._largest_payload and not topic.endswith(line.large)
        if too_large or isinstance(message, Foreign):
            self._count(line, message)
            self._refuse_unread(line, message, batch)
            return
        self._take(message, arrival, batch, now)

    def _take(self, message: Message, arrival: Arrival, batch: Batch, now: Moment) -> None:
        """Decode one message by its gateway's decoder, and resolve what it says."""
        topic, readings, before = message.topic, batch.readings, len(batch.readings)
        line = self._lines.known(topic) or self._lines.find(topic)
        self._count(line, message)
        decoded = line.decode(topic, message.payload, now)
        if isinstance(decoded, Rejected):
            self._refuse(line, message, batch, reason=decoded.reason, detail=decoded.detail)
            _answer(arrival, decoded.replies)
            return
        line.account.decoded += 1
        resolver, retained = line.resolver, message.retain
        if decoded.readings:
            resolver.resolve(decoded.readings, readings, received_at=now, retained=retained)
            if not retained:
                line.watch.heard(now)
        if decoded.statuses or decoded.faults or decoded.replies or decoded.gaps:
            self._take_rest(line, decoded, readings, now)
            _answer(arrival, decoded.replies)
        batch.counts[line.gateway] += len(readings) - before
        if resolver.refused:
            self._take_refused(line, message, batch, decoded)

    def _count(self, line: Line, message: Message) -> None:
        line.account.received += 1
        line.account.bytes += len(message.payload)
        line.account.retained += message.retain

    def _take_rest(self, line: Line, decoded: Decoded, readings: list[Reading], now: Moment) -> None:
        """What is rarer than readings: who is online, and what could not be read beside what could."""
        for status in decoded.statuses:
            line.watch.told(status, now)
            device = GATEWAY_DEVICE if status.device is None else status.device
            line.resolver.resolve_online(device, status.online, readings, received_at=now)
        line.account.gaps += decoded.gaps
        for fault in decoded.faults:
            line.resolver.refuse(fault.reason, fault.detail)

    def _take_refused(self, line: Line, message: Message, batch: Batch, decoded: Decoded) -> None:
        """What the resolver does not believe: to quarantine, and unknown devices among the discovered ones."""
        refused = line.resolver.refused
        if self._discovered is not None and any(each.reason is Reason.UNKNOWN_SENSOR for each in refused):
            self._discovered.note(line.gateway, decoded.readings, redact(message.payload), self._clock())
        for scope, reason, detail in refused:
            self._refuse(line, message, batch, reason=reason, detail=detail, scope=scope)
        refused.clear()

    def _refuse_unread(self, line: Line, message: Message, batch: Batch) -> None:
        if not isinstance(message, Foreign):
            size = len(message.payload)
            self._refuse(line, message, batch, reason=Reason.TOO_LARGE, detail=f"{size} bytes")
        elif message.why == "malformed":
            self._refuse(line, message, batch, reason=Reason.MALFORMED_PACKET, detail="text that is not UTF-8")
        else:
            self._refuse(line, message, batch, reason=Reason.TOO_LARGE, detail=f"{message.size} bytes")

    def _refuse(
        self, line: Line, message: Message, batch: Batch, *, reason: Reason, detail: str, scope: Scope = Scope.MESSAGE
    ) -> None:
        """Count a refusal and let it go to quarantine with its batch."""
        line.account.count(scope, reason)
        whole = (message.size, message.sha256) if isinstance(message, Foreign) else (None, None)
        at = self._clock()
        payload = redact(message.payload)
        batch.refusals.append(Refusal(at, line.gateway, message.topic, reason, scope, detail, payload, *whole))


def _answer(arrival: Arrival, replies: Iterable[Reply]) -> None:
    for reply in replies:
        arrival.connection.publish(reply.topic, reply.payload)
