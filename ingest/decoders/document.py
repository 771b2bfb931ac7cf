"""Reading the JSON that foreign software writes: any bytes give a document or a `Rejected`; trees become channels."""

import json
import math
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest.decoded import Rejected
from ingest.reason import Reason
from town.quantity import Value

MOST_CHANNELS = 512
"""Values that are read of one message; no device measures more."""
_DEEPEST = 8


def read_json(payload: bytes) -> Any:
    """The document of a payload; a `Rejected` where it is none."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(payload.decode("utf-8"))  # knows NaN and numbers beyond any double
    except UnicodeDecodeError as error:
        return Rejected(Reason.NOT_UTF8, f"byte {error.start}")
    except ValueError as error:
        return Rejected(Reason.NOT_JSON, str(error)[:120])
    except RecursionError:
        return Rejected(Reason.WRONG_SHAPE, "nested too deep")


def read_object(payload: bytes) -> dict[str, Any] | Rejected:
    """The object of a payload; a `Rejected` where it is none."""
    document = read_json(payload)
    if isinstance(document, dict | Rejected):
        return document
    return Rejected(Reason.WRONG_SHAPE, f"an object is expected, not {type(document).__name__}")


def scalar(raw: Any) -> Value | None:
    """A JSON scalar as a value, whole numbers as floats; None for null and for lists and objects."""
    if type(raw) is int:
        try:
            return float(raw)
        except OverflowError:
            return math.inf if raw > 0 else -math.inf
    return raw if isinstance(raw, float | bool | str) else None


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Value]]:
    """The values of a tree, each under its path with dots; nulls are left out, and what is deeper than anyone writes.

    `{"Total": [1.2, 3.4]}` gives `Total.0` and `Total.1`.
    """
    waiting = [(path, tree, 0)]
    found = 0
    while waiting and found < MOST_CHANNELS:
        at, node, depth = waiting.pop()
        value = scalar(node)
        if value is not None:
            found += 1
            yield at, value
        elif depth < _DEEPEST:
            inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
            below = [(f"{at}.{name}" if at else str(name), each, depth + 1) for name, each in inner]
            waiting += reversed(below[:MOST_CHANNELS])
