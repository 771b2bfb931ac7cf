"""SenML: a pack with base fields says the same as its resolved records (RFC 8428 section 4.6), in JSON and in CBOR."""

import json
from typing import Any

import cbor2
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoded import Decoded
from ingest.decoders import senml_cbor, senml_json

NOON = 1_790_000_000_000
NUMBERS = st.integers(-1_000, 1_000).map(lambda quarters: quarters / 4)  # exact, also in half the bytes
RECORDS = st.lists(
    st.tuples(st.sampled_from(["temperature", "humidity", "x1"]), NUMBERS, st.integers(0, 900)), min_size=1, max_size=6
)


def readings(pack: list[dict[str, Any]]) -> tuple[Any, ...]:
    result = senml_json.decode("senml", json.dumps(pack).encode(), NOON, senml_json.start({}))
    assert isinstance(result, Decoded)
    return result.readings


@given(records=RECORDS, base_time=st.integers(1_600_000_000, 1_800_000_000), base_value=NUMBERS)
def test_base_fields_and_resolved_records_say_the_same(
    records: list[tuple[str, float, int]], base_time: int, base_value: float
) -> None:
    short: list[dict[str, Any]] = [{"bn": "cellar-3/", "bt": base_time, "bu": "Cel", "bv": base_value}]
    short += [{"n": name, "v": value, "t": time} for name, value, time in records]
    resolved = [
        {"n": f"cellar-3/{name}", "u": "Cel", "v": base_value + value, "t": base_time + time}
        for name, value, time in records
    ]

    assert readings(short) == readings(resolved)
    assert [each.at for each in readings(short)] == sorted({(base_time + time) * 1_000 for _, _, time in records})


@given(records=RECORDS)
def test_cbor_says_what_json_says(records: list[tuple[str, float, int]]) -> None:
    pack = [{"n": f"cellar-3/{name}", "u": "Cel", "v": value, "t": -time} for name, value, time in records]
    labelled = [{0: each["n"], 1: each["u"], 2: each["v"], 6: each["t"]} for each in pack]
    result = senml_cbor.decode("senml", cbor2.dumps(labelled, canonical=True), NOON, senml_cbor.start({}))

    assert isinstance(result, Decoded)
    assert result.readings == readings(pack)
