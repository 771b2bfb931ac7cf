"""Every decoder against its case folders, and against bytes nobody meant."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoded import Decoded, Rejected
from ingest.decoders.registry import DECODERS, start_decoder
from tests.ingest.town import NOON
from town.errors import ConfigError
from town.gateway import Gateway
from town.language import Label

CASES = sorted(path.parent for path in Path(__file__).parent.glob("decoders/*/*/readings.json"))
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["sensor", "at", "values", "contact", "voltage", "last_seen", "action", "state", "smoke"])
PAYLOADS = st.binary(max_size=80) | (JSON | st.dictionaries(KEYS, JSON)).map(
    lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
)
TOPICS = st.sampled_from(["telemetry", "status", "bridge/devices", "bridge/state", "a/availability", "a/contact", "a"])


def plain(result: Decoded | Rejected) -> Any:
    """A result as its case file says it: Infinity as a word, faults and rejections by their reason."""
    if isinstance(result, Rejected):
        return {"rejected": result.reason.value}
    document = json.loads(json.dumps(msgspec.to_builtins(result)), parse_constant=str)
    document = {name: part for name, part in document.items() if part or name not in ("replies", "announced")}
    for reading in document["readings"]:
        if not reading["flags"]:
            del reading["flags"]
    document["faults"] = [fault["reason"] for fault in document["faults"]]
    return document


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_message_becomes_what_its_case_says(case: Path) -> None:
    decoder = DECODERS[case.parent.name]
    state, result = decoder.start({}), None
    for message in sorted(case.glob("message*.bin")):
        topic = (case / message.name.replace("message", "topic").replace(".bin", ".txt")).read_text().rstrip("\n")
        result = decoder.decode(topic, message.read_bytes(), NOON, state)

    assert result is not None
    assert plain(result) == msgspec.json.decode((case / "readings.json").read_bytes())


def test_every_decoder_has_cases() -> None:
    assert {case.parent.name for case in CASES} == set(DECODERS)


@pytest.mark.parametrize("name", sorted(DECODERS))
@given(topic=TOPICS, payload=PAYLOADS)
def test_no_bytes_make_a_decoder_fail(name: str, topic: str, payload: bytes) -> None:
    decoder = DECODERS[name]
    base = "zigbee2mqtt" if name == "zigbee2mqtt" else "town/t/gw"

    result = decoder.decode(f"{base}/{topic}", payload, NOON, decoder.start({}))

    assert isinstance(result, Decoded | Rejected)


def test_a_gateway_with_an_unknown_decoder_or_option_is_refused() -> None:
    name = Label(zh="名", en="name")
    for decoder, options in (("morse", {}), ("native", {"base": "x"}), ("zigbee2mqtt", {"base": "a/+"})):
        with pytest.raises(ConfigError, match="gateway g"):
            start_decoder(Gateway(id="g", name=name, decoder=decoder, topics=("t",), options=options), time_zone="UTC")
