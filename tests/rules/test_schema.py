"""The JSON Schema that editors use: current, and it knows every key and how durations are written."""

from pathlib import Path
from typing import Any

from rules import schema
from rules.reference import keys

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
