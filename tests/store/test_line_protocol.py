"""Lines, read back by a parser written from InfluxDB's line protocol reference."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.places import KINDS, NOON, reading, town
from town.errors import ConfigError
from town.quantity import Value
from town.store.line_protocol import LineEncoder

ENCODER = LineEncoder(town())
FIELD = re.compile(r'((?:[^,= \\]|\\[,= ])+)=("(?:[^"\\]|\\["\\])*"|[^, "]+)(?:,|(?= ))', re.DOTALL)


def parse(line: str) -> tuple[str, dict[str, str], dict[str, Value], int]:
    """Measurement, tags, fields and moment of one line."""
    start = re.match(r"(?:[^ \\]|\\.)+", line)
    assert start
    measurement, *tags = re.split(r"(?<!\\),", start.group())
    fields: dict[str, Value] = {}
    position = start.end() + 1
    while found := FIELD.match(line, position):
        fields[plain(found.group(1))] = value(found.group(2))
        position = found.end()
    names_and_values = (re.split(r"(?<!\\)=", tag) for tag in tags)
    return plain(measurement), {plain(n): plain(v) for n, v in names_and_values}, fields, int(line[position:])


def plain(name: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", name)


def value(written: str) -> Value:
    if written.startswith('"'):
        return re.sub(r"\\([\"\\])", r"\1", written[1:-1])
    return written == "true" if written in ("true", "false") else float(written)


@given(
    sensor=st.sampled_from(sorted(KINDS)),
    number=st.floats(allow_nan=False, allow_infinity=False),
    text=st.text(st.characters(exclude_categories=["Cs"])),
    truth=st.booleans(),
    delay=st.integers(-10_000, 10_000_000),
)
def test_a_line_says_what_the_reading_says(sensor: str, number: float, text: str, truth: bool, delay: int) -> None:
    one = reading(sensor, NOON, delay=delay, temperature=number, badge=text, open=truth)

    _, tags, fields, at = parse(ENCODER.lines([one])[0])

    assert tags == {"facility": "WH3", "sensor": sensor, "town": "huangjiu", "zone": "old town"}
    assert fields == {"temperature": number, "badge": text, "open": truth, "reading_delay": float(delay)}
    assert at == NOON


def test_a_line_as_the_reference_shows_it() -> None:
    one = reading("卡,一=", NOON, badge='a "b" \\ c,d=e')

    assert ENCODER.lines([one]) == [
        r"access,facility=WH3,sensor=卡\,一\=,town=huangjiu,zone=old\ town "
        rf'badge="a \"b\" \\ c,d=e",reading_delay=250 {NOON}'
    ]


@pytest.mark.parametrize("sensor", ["ends in \\", "two\nlines", "nul\0", "tab\t"])
def test_an_id_that_no_tag_can_hold_refuses(sensor: str) -> None:
    with pytest.raises(ConfigError, match="InfluxDB cannot keep it"):
        LineEncoder(town(sensors={sensor: "room_climate"}))
