"""SenML in CBOR, `application/senml+cbor` (RFC 8428 section 6): the same records under whole numbers as labels."""

import base64
import io
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import cbor2

from ingest.decoded import Decoded, Rejected
from ingest.decoders.senml import Pack, decode_records
from ingest.reason import Reason
from town.moment import Moment

LABELS = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
"""RFC 8428 table 4. The names themselves are taken too: some senders write them."""

_DEEPEST = 8
_THIS_IS_CBOR = bytes.fromhex("d9d9f7")
"""A tag that may stand before everything and says nothing else (RFC 8949 section 3.4.6)."""


def _refuse(content: Any, immutable: bool) -> Any:
    raise ValueError("a pack holds no such thing")


_TAGS = {25: _refuse, 28: _refuse, 29: _refuse, 35: _refuse, 256: _refuse}
"""Tags that cost more than their bytes: references to what was said before, and regular expressions, compiled."""


def start(options: Mapping[str, Any]) -> Pack:
    """What names mean on this gateway; options `channels` and `percent`."""
    return Pack(options, decoder="senml_cbor")


def decode(topic: str, payload: bytes, received_at: Moment, state: Pack) -> Decoded | Rejected:
    """Read one pack; nothing is remembered from one to the next."""
    payload = payload.removeprefix(_THIS_IS_CBOR)
    stream = io.BytesIO(payload)
    try:
        document = cbor2.CBORDecoder(stream, max_depth=_DEEPEST, semantic_decoders=_TAGS).decode()
    except Exception as error:  # the library's own errors and Python's, for odd contents of tags: it is no pack
        return Rejected(Reason.NOT_CBOR, str(error)[:120])
    if stream.tell() < len(payload):
        return Rejected(Reason.NOT_CBOR, f"{len(payload) - stream.tell()} bytes behind the pack")
    if isinstance(document, list):
        document = [_record(each) for each in document]
    return decode_records(document, received_at, state)


def _record(record: Any) -> Any:
    """A record under the labels of the JSON form; labels that are neither whole numbers nor texts are not ours."""
    if not isinstance(record, dict):
        return record
    labelled = {LABELS.get(label, label) if type(label) is int else label: value for label, value in record.items()}
    return {label: _value(value) for label, value in labelled.items() if isinstance(label, str)}


def _value(value: Any) -> Any:
    """Decimal fractions as floats, byte strings in base64url without padding, as `vd` is written in JSON."""
    if isinstance(value, Decimal):
        return math.nan if value.is_nan() else float(value)
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
    return value
