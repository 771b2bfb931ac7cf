"""Every decoder against its case folders, and against bytes nobody meant."""

import contextlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.decoded import Decoded, Rejected
from ingest.decoders.registry import DECODERS, start_decoder
from town.errors import ConfigError
from town.gateway import Gateway
from town.language import Label

NOON = 1_790_000_000_000
CASES = sorted(path.parent for path in Path(__file__).parent.glob("decoders/*/*/readings.json"))
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def plain(result: Decoded | Rejected) -> Any:
    """A result as its case file says it: Infinity as a word, faults and rejections by their reason."""
    if isinstance(result, Rejected):
        return {"rejected": result.reason.value}
    document = json.loads(json.dumps(msgspec.to_builtins(result)), parse_constant=str)
    document = {name: part for name, part in document.items() if part or name not in ("replies", "announced", "gaps")}
    for reading in document["readings"]:
        if not reading["flags"]:
            del reading["flags"]
    document["faults"] = [fault["reason"] for fault in document["faults"]]
    return document


def topic_of(message: Path) -> str:
    """The topic that stands beside a message."""
    topic = message.with_name(message.name.replace("message", "topic")).with_suffix(".txt")
    return topic.read_text("utf-8").rstrip("\n")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_message_becomes_what_its_case_says(case: Path) -> None:
    decoder = DECODERS[case.parent.name]
    told = case / "options.json"
    state, result = decoder.start(json.loads(told.read_bytes()) if told.exists() else {}), None
    for message in sorted(case.glob("message*.bin")):
        result = decoder.decode(topic_of(message), message.read_bytes(), NOON, state)

    assert result is not None
    assert plain(result) == msgspec.json.decode((case / "readings.json").read_bytes())


def test_every_decoder_has_cases() -> None:
    assert {case.parent.name for case in CASES} == set(DECODERS)


@cache
def messages_of(name: str) -> list[tuple[str, bytes]]:
    """Topic and payload of every message in the cases of a format."""
    paths = sorted(Path(__file__).parent.glob(f"decoders/{name}/*/message*.bin"))
    return [(topic_of(path), path.read_bytes()) for path in paths]


@st.composite
def foreign(draw: st.DrawFn, name: str) -> tuple[str, bytes]:
    """A message nobody meant: noise, a real message with a piece replaced, or its JSON with parts exchanged."""
    topic, payload = draw(st.sampled_from(messages_of(name)))
    match draw(st.integers(0, 3)):
        case 0:
            payload = draw(st.binary(max_size=80))
        case 1:
            at, length = draw(st.integers(0, len(payload))), draw(st.integers(0, 8))
            payload = payload[:at] + draw(st.binary(max_size=8)) + payload[at + length :]
        case _:
            with contextlib.suppress(ValueError, RecursionError):
                spoilt = exchange(json.loads(payload), draw)
                payload = json.dumps(spoilt).encode("utf-8", "surrogatepass")
    return draw(st.just(topic) | st.text(max_size=12).map(lambda text: f"{topic.rpartition('/')[0]}/{text}")), payload


def exchange(node: Any, draw: st.DrawFn) -> Any:
    """A JSON tree with something else in the place of one of its parts."""
    parts = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    part = draw(st.none() | st.sampled_from(parts)) if parts else None
    if part is None:
        return draw(JSON)
    copied = node.copy()
    copied[part] = exchange(node[part], draw)
    return copied


@pytest.mark.parametrize("name", sorted(DECODERS))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(data=st.data())
def test_no_bytes_make_a_decoder_fail(name: str, data: st.DataObject) -> None:
    decoder = DECODERS[name]
    state = decoder.start({})
    for topic, payload in data.draw(st.lists(foreign(name), min_size=1, max_size=3)):
        result = decoder.decode(topic, payload, NOON, state)

        assert isinstance(result, Decoded | Rejected)


def test_a_gateway_with_an_unknown_decoder_or_option_is_refused() -> None:
    name = Label(zh="名", en="name")
    for decoder, options in (("morse", {}), ("native", {"base": "x"}), ("zigbee2mqtt", {"base": "a/+"})):
        with pytest.raises(ConfigError, match="gateway g"):
            start_decoder(Gateway(id="g", name=name, decoder=decoder, topics=("t",), options=options), time_zone="UTC")
