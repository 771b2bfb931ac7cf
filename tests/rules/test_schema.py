"""The JSON Schema that editors use: current, and it knows every key and how durations are written."""

import re
from pathlib import Path
from typing import Any

import pytest

from rules import schema
from rules.reference import keys
from town.moment import parse_duration

KEPT = Path(schema.__file__).with_name(schema.NAME)


def part(name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema.rule_schema()["$defs"][name]
    return found


def test_schema_that_is_kept_is_current() -> None:
    assert KEPT.read_text("utf-8") == schema.schema_text()


def test_schema_knows_every_key_that_the_page_tells_of() -> None:
    assert set(part("WrittenRule")["properties"]) == {one.written for one in keys()}


def test_schema_refuses_what_the_program_refuses() -> None:
    assert part("WrittenRule")["additionalProperties"] is False
    assert part("WrittenLevel")["properties"]["for"]["anyOf"][0]["type"] == "string"
    assert set(part("ActiveBetween")["properties"]) == {"from", "to", "days"}


def test_schema_asks_for_one_way_to_judge_and_one_way_to_choose() -> None:
    ways = [one["required"][0] for one in part("WrittenRule")["oneOf"]]
    chosen = [one["required"] for one in part("ForEach")["oneOf"]]

    assert ways == ["when", "levels", "sequence", "absent"]
    assert chosen == [["sensor_kind"], ["facility_kind"], ["facility"], ["zone"], ["town"]]


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("30s", True),
        ("1h30m", True),
        ("2 d", True),
        ("0.5h", True),
        ("30", False),
        ("10 minutes", False),
        ("-5s", False),
    ],
)
def test_schema_knows_durations_as_the_program_does(written: str, known: bool) -> None:
    pattern = part("WrittenLevel")["properties"]["for"]["anyOf"][0]["pattern"]
    try:
        understood = parse_duration(written) >= 0
    except ValueError:
        understood = False

    assert (re.search(pattern, written) is not None) is known is understood
