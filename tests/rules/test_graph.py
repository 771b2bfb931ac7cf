"""What each rule touches."""

from pathlib import Path

from rules.graph import as_dot, touches
from tests.rules.places import rules, town


def test_graph_tells_whom_a_rule_judges_what_it_looks_at_and_what_it_inhibits(tmp_path: Path) -> None:
    place = town("S1:smoke_detector@W1", "S2:smoke_detector@W1")
    found = touches(
        rules(
            tmp_path,
            place,
            "id: a\nwhen: smoke > 0.1 or fault\nclear: temperature < 20",
            "id: b\nfor_each: {facility: any}\nwhen: count_of(smoke_detector.smoke > 0.1) >= 2\n"
            "inhibits: {rules: [a], equal: [facility]}\nshadow: true",
            "id: c\nabsent: {any_of: [temperature]}",
        ),
        place,
    )

    assert [(one.rule, one.subjects, one.subject_kind, one.quantities) for one in found] == [
        ("a", 2, "sensor", ("fault", "smoke", "temperature")),
        ("b", 1, "facility", ("smoke",)),
        ("c", 2, "sensor", ("temperature",)),
    ]
    assert [(one.inhibits, one.inhibited_by, one.shadow) for one in found[:2]] == [
        ((), ("b",), False),
        (("a",), (), True),
    ]
    assert '"b" -> "a" [style=dashed, label=inhibits];' in as_dot(found)
