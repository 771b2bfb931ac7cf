"""The bytes of Sparkplug B: as much of protobuf (proto2) as its payloads need, read within bounds.

Field numbers: `sparkplug_b.proto` of the Eclipse Sparkplug specification 3.0, chapter 6. Nothing is allocated that the
bytes at hand do not hold; what no reading needs (metadata, data sets, templates) is stepped over.
"""

import struct
import zlib
from collections.abc import Iterator

import msgspec

from ingest.reason import Reason
from town.moment import Moment

MOST_METRICS = 20_000
LARGEST_BODY = 1 << 20
"""Bytes that a compressed payload may become."""
COMPRESSED = "SPBV1.0_COMPRESSED"
INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTES, DATA_SET, TEMPLATE, EXTENSION = range(10, 20)
"""Which field of a metric holds its value."""
REBIRTH = "Node Control/Rebirth"

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_U32, _U64 = 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF
_MOST_PROPERTIES = 64
_BOOLEAN_TYPE = 11


class MalformedError(ValueError):
    """A payload that cannot be read, and why."""

    def __init__(self, detail: str, reason: Reason = Reason.NOT_PROTOBUF) -> None:
        super().__init__(detail)
        self.reason = reason


class Metric(msgspec.Struct, gc=False):
    """One metric as it was sent: `field` says which kind of value there is, None that there is none."""

    name: str | None = None
    alias: int | None = None
    timestamp: Moment | None = None
    datatype: int | None = None
    is_historical: bool = False
    is_null: bool = False
    field: int | None = None
    value: int | float | bytes | None = None
    properties: bytes = b""


class Payload(msgspec.Struct, gc=False):
    """One payload; an edge node numbers all its messages by `seq`, 0 to 255."""

    timestamp: Moment | None = None
    seq: int | None = None
    metrics: list[Metric] = []
    uuid: str = ""
    body: bytes = b""


Field = tuple[int, int, int | bytes]
"""Number, wire type, and the value: a whole number, or the bytes of anything longer."""


def read_payload(data: bytes) -> Payload:
    """A payload, unpacked when it is compressed; raises MalformedError."""
    payload = _payload(data)
    if payload.uuid != COMPRESSED:
        return payload
    algorithm = next((m.value for m in payload.metrics if m.name == "algorithm"), b"DEFLATE")
    inner = _payload(_unpack(payload.body, algorithm))
    if inner.uuid == COMPRESSED:
        raise MalformedError("compressed twice", Reason.UNSUPPORTED)
    inner.timestamp = payload.timestamp if inner.timestamp is None else inner.timestamp
    inner.seq = payload.seq if inner.seq is None else inner.seq
    return inner


def unit_and_quality(properties: bytes) -> tuple[str | None, int | None]:
    """The engineering unit and the quality code (0 bad, 192 good, 500 stale) among the properties of a metric."""
    keys: list[str] = []
    values: list[bytes] = []
    for number, wire, value in fields(properties):
        if wire == _LENGTH and isinstance(value, bytes) and number in (1, 2) and len(values) < _MOST_PROPERTIES:
            if number == 1:
                keys.append(value.decode("utf-8", "replace").casefold())
            else:
                values.append(value)
    unit, quality = None, None
    for key, packed in zip(keys, values, strict=False):
        if key in ("engunit", "unit", "units", "uom", "engineering units"):
            text = next((v for n, _, v in fields(packed) if n == 8), None)
            unit = text.decode("utf-8", "replace")[:40] if isinstance(text, bytes) else None
        elif key == "quality":
            code = next((v for n, _, v in fields(packed) if n == 3), None)
            quality = code if isinstance(code, int) else None
    return unit, quality


def rebirth_command(at: Moment) -> bytes:
    """The payload of the NCMD that asks an edge node to tell everything anew (specification 3.0, chapter 6.4.26)."""
    stamp = b"\x18" + _varint(at)
    name = REBIRTH.encode()
    metric = b"\x0a" + _varint(len(name)) + name + stamp + b"\x20" + _varint(_BOOLEAN_TYPE) + b"\x70\x01"
    return b"\x08" + _varint(at) + b"\x12" + _varint(len(metric)) + metric


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a protobuf message in order; raises MalformedError where it is none."""
    at, end = 0, len(data)
    while at < end:
        key, at = _read_varint(data, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise MalformedError(f"field 0 at byte {at}")
        if wire == _VARINT:
            value, at = _read_varint(data, at)
            yield number, wire, value
            continue
        if wire == _LENGTH:
            size, at = _read_varint(data, at)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise MalformedError(f"wire type {wire} at byte {at}")
        if size > end - at:
            raise MalformedError(f"{size} bytes announced at byte {at}, {end - at} there")
        yield number, wire, data[at : at + size]
        at += size


def _payload(data: bytes) -> Payload:
    found = Payload(metrics=[])
    for number, wire, value in fields(data):
        if isinstance(value, int):
            if number == 1 and wire == _VARINT:
                found.timestamp = value
            elif number == 3 and wire == _VARINT:
                found.seq = value
        elif wire == _LENGTH and number == 2:
            if len(found.metrics) >= MOST_METRICS:
                raise MalformedError(f"more than {MOST_METRICS} metrics", Reason.TOO_LARGE)
            found.metrics.append(_metric(value))
        elif wire == _LENGTH and number == 4:
            found.uuid = value.decode("utf-8", "replace")
        elif wire == _LENGTH and number == 5:
            found.body = value
    return found


def _metric(data: bytes) -> Metric:
    found = Metric()
    for number, wire, value in fields(data):
        if isinstance(value, int):
            _take_number(found, number, value)
        elif wire == _LENGTH:
            _take_bytes(found, number, value)
        elif number == FLOAT and wire == _FIXED32:
            found.field, found.value = FLOAT, struct.unpack("<f", value)[0]
        elif number == DOUBLE and wire == _FIXED64:
            found.field, found.value = DOUBLE, struct.unpack("<d", value)[0]
    return found


def _take_number(metric: Metric, number: int, value: int) -> None:
    match number:
        case 2:
            metric.alias = value
        case 3:
            metric.timestamp = value
        case 4:
            metric.datatype = value & _U32
        case 5:
            metric.is_historical = bool(value)
        case 7:
            metric.is_null = bool(value)
        case 10:
            metric.field, metric.value = INT, value & _U32
        case 11:
            metric.field, metric.value = LONG, value
        case 14:
            metric.field, metric.value = BOOLEAN, int(bool(value))


def _take_bytes(metric: Metric, number: int, value: bytes) -> None:
    if number == 1:
        metric.name = value.decode("utf-8", "replace")
    elif number == 9:
        metric.properties = value
    elif STRING <= number <= EXTENSION:
        metric.field, metric.value = number, value


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if at >= len(data):
            raise MalformedError("it ends within a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _U64, at
        shift += 7
    raise MalformedError(f"a number of more than 64 bits at byte {at}")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _unpack(body: bytes, algorithm: object) -> bytes:
    """The body of a compressed payload, never more than `LARGEST_BODY` of it."""
    formats = {b"GZIP": (31,), b"DEFLATE": (15, -15)}.get(algorithm.upper() if isinstance(algorithm, bytes) else b"")
    if formats is None:
        raise MalformedError("compressed in a way that the specification does not name", Reason.UNSUPPORTED)
    for window in formats:
        unpacker = zlib.decompressobj(window)
        try:
            data = unpacker.decompress(body, LARGEST_BODY + 1)
        except zlib.error:
            continue  # DEFLATE comes with zlib's head and without
        if len(data) > LARGEST_BODY:
            raise MalformedError(f"more than {LARGEST_BODY} bytes when unpacked", Reason.TOO_LARGE)
        if unpacker.eof:
            return data
    raise MalformedError("the compressed body cannot be unpacked")
