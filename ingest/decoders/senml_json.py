"""SenML in JSON, `application/senml+json` (RFC 8428 section 5)."""

from collections.abc import Mapping
from typing import Any

from ingest.decoded import Decoded, Rejected
from ingest.decoders.document import read_json
from ingest.decoders.senml import Pack, decode_records
from town.moment import Moment


def start(options: Mapping[str, Any]) -> Pack:
    """What names mean on this gateway; options `channels` and `percent`."""
    return Pack(options, decoder="senml_json")


def decode(topic: str, payload: bytes, received_at: Moment, state: Pack) -> Decoded | Rejected:
    """Read one pack; nothing is remembered from one to the next."""
    document = read_json(payload)
    return document if isinstance(document, Rejected) else decode_records(document, received_at, state)
