"""What the value of a Sparkplug metric is: its datatype decides, whichever field carries it (3.0, chapter 6.4.16)."""

import contextlib
import struct
from collections.abc import Callable
from typing import NamedTuple

from ingest.decoders.sparkplug_b_wire import BOOLEAN, BYTES, DOUBLE, FLOAT, INT, LONG, STRING, Metric
from ingest.reason import Reason
from town.quantity import Value

MOST_ELEMENTS = 1_024
"""Elements of an array that are read."""
_LONGEST_BYTES = 2_048

_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_UNSIGNED = {5: 8, 6: 16, 7: 32, 8: 64, 13: 64}
"""Bits by datatype; 13 is DateTime, in milliseconds since 1970."""
_ARRAYS = {22: "b", 23: "h", 24: "i", 25: "q", 26: "B", 27: "H", 28: "I", 29: "Q", 30: "f", 31: "d", 34: "Q"}
"""Elements by datatype, little-endian."""
_BOOLEAN_ARRAY, _STRING_ARRAY = 32, 33
_NOT_READ = {16: "data sets", 19: "templates", 20: "property sets", 21: "lists of property sets"}


class Problem(NamedTuple):
    """Why a metric has no value that can be read."""

    reason: Reason
    detail: str


def value_of(metric: Metric, datatype: int | None) -> Value | list[Value] | Problem:
    """The value of a metric that is not null, an array as a list; `datatype` is its own or that of its birth."""
    if metric.field is None:
        return Problem(Reason.NO_VALUES, "it has no value and does not say null")
    if datatype in _NOT_READ or metric.field > BYTES:
        return Problem(Reason.UNSUPPORTED, f"{_NOT_READ.get(datatype or 0, 'data sets and templates')} are not read")
    reader = _READERS.get(datatype or 0)
    if reader is None:
        return Problem(Reason.UNSUPPORTED, f"there is no datatype {datatype}")
    return reader(metric, datatype or 0)


def _wrong(metric: Metric) -> Problem:
    return Problem(Reason.WRONG_TYPE, f"datatype and value do not go together (field {metric.field})")


def _whole(metric: Metric, datatype: int) -> Value | Problem:
    """Signed numbers travel as two's complement, of their own width or of the field's."""
    value = metric.value
    if metric.field not in (INT, LONG) or not isinstance(value, int):
        return _wrong(metric)
    bits = _UNSIGNED.get(datatype)
    if bits is not None:
        return _wrong(metric) if value >> bits else float(value)
    bits = _SIGNED[datatype]
    value &= (1 << bits) - 1
    return float(value - (1 << bits) if value >> (bits - 1) else value)


def _number(metric: Metric, datatype: int) -> Value | Problem:
    value = metric.value
    if isinstance(value, bytes) or value is None or metric.field == BOOLEAN:
        return _wrong(metric)
    return _shortest(value) if metric.field == FLOAT and isinstance(value, float) else float(value)


def _shortest(value: float) -> float:
    """The shortest decimal of a 32-bit float: 12.3, not 12.300000190734863."""
    packed = struct.pack("<f", value)
    for digits in (6, 7, 8, 9):
        short = float(f"{value:.{digits}g}")
        with contextlib.suppress(OverflowError):  # the largest floats, rounded up
            if struct.pack("<f", short) == packed:
                return short
    return value


def _truth(metric: Metric, datatype: int) -> Value | Problem:
    return bool(metric.value) if metric.field in (BOOLEAN, INT, LONG) and metric.value in (0, 1) else _wrong(metric)


def _text(metric: Metric, datatype: int) -> Value | Problem:
    if metric.field != STRING or not isinstance(metric.value, bytes):
        return _wrong(metric)
    try:
        return metric.value.decode("utf-8")
    except UnicodeDecodeError as error:
        return Problem(Reason.NOT_UTF8, f"byte {error.start} of a text")


def _hexadecimal(metric: Metric, datatype: int) -> Value | Problem:
    if metric.field != BYTES or not isinstance(metric.value, bytes):
        return _wrong(metric)
    if len(metric.value) > _LONGEST_BYTES:
        return Problem(Reason.TOO_LARGE, f"{len(metric.value)} bytes in one value")
    return metric.value.hex()


def _undeclared(metric: Metric, datatype: int) -> Value | Problem:
    """Without a datatype, what the field itself says; whole numbers as they are written, without a sign."""
    if metric.field in (INT, LONG, FLOAT, DOUBLE):
        return _number(metric, datatype)
    if metric.field == BOOLEAN:
        return _truth(metric, datatype)
    return _text(metric, datatype) if metric.field == STRING else _hexadecimal(metric, datatype)


def _array(metric: Metric, datatype: int) -> list[Value] | Problem:
    if metric.field != BYTES or not isinstance(metric.value, bytes):
        return _wrong(metric)
    if datatype == _BOOLEAN_ARRAY:
        return _truths(metric.value)
    if datatype == _STRING_ARRAY:
        return _texts(metric.value)
    element = struct.Struct(f"<{_ARRAYS[datatype]}")
    count, rest = divmod(len(metric.value), element.size)
    if rest:
        return Problem(Reason.WRONG_SHAPE, f"{len(metric.value)} bytes are no array of {element.size} bytes each")
    if count > MOST_ELEMENTS:
        return Problem(Reason.TOO_LARGE, f"{count} elements")
    short = _shortest if element.format == "<f" else float
    return [short(number) for (number,) in element.iter_unpack(metric.value)]


def _truths(packed: bytes) -> list[Value] | Problem:
    """A count of four bytes, little-endian, then a bit each, the highest first."""
    count = int.from_bytes(packed[:4], "little")
    if len(packed) < 4 or len(packed) - 4 != (count + 7) // 8:
        return Problem(Reason.WRONG_SHAPE, "an array of truths whose count is not that of its bits")
    if count > MOST_ELEMENTS:
        return Problem(Reason.TOO_LARGE, f"{count} elements")
    return [bool(packed[4 + index // 8] >> (7 - index % 8) & 1) for index in range(count)]


def _texts(packed: bytes) -> list[Value] | Problem:
    """Texts, each ended by a zero byte."""
    if packed and not packed.endswith(b"\0"):
        return Problem(Reason.WRONG_SHAPE, "an array of texts whose last does not end")
    if packed.count(b"\0") > MOST_ELEMENTS:
        return Problem(Reason.TOO_LARGE, f"{packed.count(bytes(1))} elements")
    try:
        return [text.decode("utf-8") for text in packed.split(b"\0")[:-1]]
    except UnicodeDecodeError:
        return Problem(Reason.NOT_UTF8, "an array of texts")


_READERS: dict[int, Callable[[Metric, int], Value | list[Value] | Problem]] = {
    0: _undeclared,
    **dict.fromkeys((*_SIGNED, *_UNSIGNED), _whole),
    **dict.fromkeys((9, 10), _number),
    11: _truth,
    **dict.fromkeys((12, 14, 15), _text),
    **dict.fromkeys((17, 18), _hexadecimal),
    **dict.fromkeys((*_ARRAYS, _BOOLEAN_ARRAY, _STRING_ARRAY), _array),
}
"""By datatype; 0 is Unknown."""
