"""Rule files: every mistake at once, with its line and what was meant."""

import re
from pathlib import Path

import pytest

from rules.case_folder import ExpectFile
from rules.folder import load_rules
from tests.rules.places import read_rules, town
from town.source import read_yaml

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


@pytest.mark.parametrize(
    ("written", "message", "suggestion"),
    [
        ("id: a\nwhen: smok > 1", "column 1: `smok` is not known", "did you mean `smoke`?"),
        ("id: a\nwehn: fault", "wehn", "did you mean `when`?"),
        (
            "id: a\nlevels: {minor: {when: rate(smoke, 1m) > 0.1}}",
            "there is no key `1m) > 0.1` here",
            "a comma ends a value between `{ }`: put the whole text in quotes",
        ),
        ("id: a\nwhen: fault\nabsent: {for: 1m}", "a rule has one of `when`, `levels`, `sequence` and `absent`", ""),
        ("id: a", "a rule has one of `when`, `levels`, `sequence` and `absent`", ""),
        ("id: a\nwhen: fault\nfor_each: {}", "choose by one of", ""),
        ("id: a\nwhen: fault\nfor_each: {sensor_kind: smoke_detektor}", "no sensor_kind", "`smoke_detector`"),
        ("id: a\nwhen: fault\nfor_each: {facility: W11}", "there is no facility `W11`", "`W1`"),
        ("id: a\nwhen: fault\nfor_each: {sensor_kind: any, where: fault}", "before any reading", "move this to `when`"),
        ("id: a\nwhen: smoke >= 0.15\nclear: smoke < 0.2", "`clear` contradicts `when`", "leave a gap"),
        ("id: a\nwhen: fault or smoke > 0.15\nclear: smoke >= 0.15", "`clear` contradicts `when`", ""),
        ("id: a\nwhen: fault\nclear: fault", "`clear` contradicts `when`", "leave a gap"),
        ("id: a\nwhen: not fault\nclear: fault == false", "`clear` contradicts `when`", ""),
        ("id: a\nwhen: smoke > 0.1\nclear: fault or not (smoke > 0.2)", "`clear` contradicts `when`", ""),
        ("id: a\nwhen: count(smoke, 10m) >= 0", "always true: `count(…)` is 0 to …", ""),
        ("id: a\nwhen: count(smoke, 10m) < 0", "never true", ""),
        ("id: a\nfor_each: {facility: any}\nwhen: count_of(smoke > 0.1) >= 0", "always true: `count_of(…)`", ""),
        (
            "id: a\nfor_each: {facility: any}\nwhen: mean_of(temperature) > 500",
            "never true: `mean_of(temperature)`",
            "",
        ),
        ("id: a\nwhen: fault\nfor: 10", "a duration needs its unit", ""),
        ("id: a\nwhen: fault\nfor: 10 minutes", "is not a duration", ""),
        ("id: a\nwhen: fault\nseverity: urgent", "severity", ""),
        ("id: A b\nwhen: fault", "id", ""),
        ("id: rule_error\nwhen: fault", "is there already", ""),
        ("id: a\nabsent: {any_of: [smok]}", "`smok` is not known", "did you mean `smoke`?"),
        ("id: a\nabsent: {for: 3 y interval}", "is not a duration", ""),
        ("id: a\nabsent: {for: 0s}", "greater than 0", ""),
        ("id: a\nabsent: {any_of: [smoke], all_of: [fault]}", "`any_of` or `all_of`", ""),
        ("id: a\nfor_each: {facility: any}\nabsent: {}", "`absent` watches sensors", ""),
        ("id: a\nabsent: {}\nclear: fault", "`clear` does not go with `absent`", ""),
        ('id: a\nwhen: fault\nactive_between: {from: "22:00", to: "22:00"}', "are the same", ""),
        ('id: a\nwhen: fault\nactive_between: {from: "22:00", to: "06:00", days: monday}', "active_between.days", ""),
        (
            'id: a\nwhen: fault\nactive_between: {from: "22:00", to: "06:00", days: [mon, Tue]}',
            "`Tue` is no day of the week; did you mean `tue`?",
            "",
        ),
        ("id: A b\nwhen: fault", "`A b` is no id: small letters and digits", ""),
        ("id: a\nsequence: [{is: fault}]\nwithin: 1m", "sequence: needs at least 2, but has 1", ""),
        ("id: a\nsequence: []", "sequence: ", ""),
        ("id: a\nsequence: [{is: fault}, {is: tamper}]", "`within` is missing", "within: 30s"),
        ("id: a\nsequence: [{not: fault, within: 1m}, {is: tamper}]\nwithin: 1m", "begins with `is`", ""),
        ("id: a\nsequence: [{is: fault}, {not: tamper}]\nwithin: 1m", "`not` needs `within`", "-10s"),
        ("id: a\nsequence: [{is: fault}, {is: tamper, within: 1m}]\nwithin: 1m", "`within` goes with `not`", ""),
        ("id: a\nsequence: [{is: fault}, {is: tampr}]\nwithin: 1m", "`tampr` is not known", "`tamper`"),
        ("id: a\nsequence: [{is: fault}, {is: tamper}]\nwithin: 1m\nfor: 10s", "`for` does not go with", ""),
        ("id: a\nwhen: fault\nwithin: 1m", "`within` goes with `sequence`", ""),
        ("id: a\nwhen: fault\ncount: {at_least: 0, within: 1m}", "count.at_least", ""),
        ("id: a\nabsent: {}\ncount: {at_least: 2, within: 1m}", "`count` does not go with `absent`", ""),
        ("id: a\nwhen: fault\nlevels: {}", "levels: ", ""),
        ("id: a\nwhen: fault\nlevels: {minor: {when: fault}}", "one of `when`, `levels`, `sequence` and `absent`", ""),
        ("id: a\nlevels: {minor: {when: smok > 0.1}}", "`smok` is not known", "did you mean `smoke`?"),
        ("id: a\nlevels: {minor: {when: smoke > 0.1, clear: smoke > 0}}", "`clear` contradicts `when`", "leave a gap"),
        ("id: a\nlevels: {bad: {when: smoke > 0.1}}", "levels.bad", ""),
        ("id: a\nlevels: {minor: {when: fault}}\nclear: fault", "`clear` does not go with `levels`", "in each level"),
        ("id: a\nlevels: {minor: {when: fault}}\non_missing: raise", "`raise` does not go with `levels`", ""),
        ("id: a\nwhen: fault\nlate: soon", "late", ""),
        ("id: a\nwhen: fault\nmax_alerts: 0", "max_alerts", ""),
        ("id: rule_limit\nwhen: fault", "is there already", ""),
        ("id: a\nwhen: fault\ninhibits: {rules: [b], equal: []}", "inhibits.equal", ""),
        ("id: a\nwhen: fault\ninhibits: {rules: [b], equal: [street]}", "inhibits.equal", ""),
        ("id: a\nwhen: fault\ninhibits: {rules: [b], equal: [facility]}", "there is no rule `b`", ""),
        ("id: a\nwhen: fault\ninhibits: {rules: [a], equal: [facility]}", "`a` → `a`", "break the circle"),
        ("id: a\nwhen: fault\ntitle: {zh: 试}", "en", ""),
    ],
)
def test_mistake_is_found_and_explained(tmp_path: Path, written: str, message: str, suggestion: str) -> None:
    rules, findings = read_rules(tmp_path, town(), written)

    assert rules is None
    matching = [one for one in findings if message in f"{one.where}: {one.message}"]
    assert matching, [str(one) for one in findings]
    assert suggestion in matching[0].suggestion
    assert matching[0].line > 5


def test_every_mistake_of_a_file_is_found_at_once_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "b.yaml").write_text("version: 1\ngroups: [\n", "utf-8")
    (tmp_path / "rules" / "a.yaml").write_text(
        """version: 1
groups:
  - name: one
    rules:
      - id: a
        title: {zh: 试, en: Test}
        category: fire
        severity: major
        for_each: {sensor_kind: smoke_detector}
        when: smok > 1
        clear: smoke < 50
      - {id: b}
  - name: two
    defaults: {category: fir}
    rules: []
""",
        "utf-8",
    )

    rules, findings = load_rules(tmp_path, town())

    assert rules is None
    told = [(one.file, one.line, one.where) for one in findings]
    assert ("rules/a.yaml", 10, "groups[0].rules[0].when") in told
    assert ("rules/a.yaml", 11, "groups[0].rules[0].clear") in told
    assert any(line == 12 for _, line, _ in told)
    assert ("rules/a.yaml", 14, "groups[1].defaults.category") in told
    assert any(file == "rules/b.yaml" for file, _, _ in told)


def test_doubled_id_is_found_across_files(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    rules, _ = read_rules(tmp_path, town(), "id: a\nwhen: fault")
    assert rules is not None
    for name in ("x.yaml", "y.yaml"):
        (tmp_path / "rules" / name).write_text((tmp_path / "rules.yaml").read_text("utf-8"), "utf-8")

    together, findings = load_rules(tmp_path, town())

    assert together is None
    assert [(one.file, one.message) for one in findings] == [("rules/y.yaml", "`a` is there already")]


def test_rules_that_inhibit_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    written = "id: {}\nwhen: fault\ninhibits: {{rules: [{}], equal: [facility]}}"

    rules, findings = read_rules(tmp_path, town(), *(written.format(*two) for two in ("ab", "bc", "ca")))

    assert rules is None
    assert "rules inhibit each other: `a` → `b` → `c` → `a`" in [one.message for one in findings]


def test_what_may_be_meant_is_a_warning(tmp_path: Path) -> None:
    place = town()
    written = (
        "id: a\nwhen: fault\nfor: 15s",
        "id: b\nwhen: open\nfor_each: {sensor_kind: door_contact}",
        "id: c\nlevels: {minor: {when: smoke > 0.1, for: 15s}}",
        "id: d\nwhen: door_contact.open\nfor_each: {facility: any}",
    )

    rules, findings = read_rules(tmp_path, place, *written)

    assert rules is not None
    assert [(one.level, one.message) for one in findings] == [
        ("warning", "`for` is shorter than two intervals (10s each)"),
        ("warning", "nothing in this town is judged by this rule"),
        ("warning", "`for` is shorter than two intervals (10s each)"),
        ("warning", "no sensor that it judges measures what it asks for"),
    ]


def test_version_changes_with_what_a_rule_says_and_with_nothing_else(tmp_path: Path) -> None:
    place = town()
    one, _ = read_rules(tmp_path, place, "id: a\nwhen: smoke > 0.1", "id: b\nwhen: fault")
    same, _ = read_rules(tmp_path, place, "# said otherwise\nid: b\nwhen: fault", "when: smoke > 0.1\nid: a")
    other, _ = read_rules(tmp_path, place, "id: a\nwhen: smoke > 0.2", "id: b\nwhen: fault")

    assert one is not None and same is not None and other is not None
    assert one.version == same.version != other.version
    assert one.rules["b"].version == other.rules["b"].version


def test_definition_is_what_people_read(tmp_path: Path) -> None:
    written = """
        id: a
        category: fire
        when: fault
        response: {zh: 核查, en: Verify, within: 3m}
        why: {cause: {zh: 火, en: Fire}}
    """

    rules, _ = read_rules(tmp_path, town(), written)

    assert rules is not None
    definition = rules.definitions["a"]
    assert definition.latch
    assert definition.response is not None
    assert (definition.response.text.en, definition.response.within) == ("Verify", 180_000)
    assert definition.cause is not None and definition.cause.zh == "火"


def test_examples_on_the_page_are_understood(tmp_path: Path) -> None:
    group, expect = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "page.yaml").write_text(group, "utf-8")
    (tmp_path / "expect.yaml").write_text(expect, "utf-8")
    source, _ = read_yaml(tmp_path / "expect.yaml", root=tmp_path)

    rules, findings = load_rules(tmp_path, town("S1:smoke_detector@W1"))

    assert [one for one in findings if one.level == "error"] == []
    assert rules is not None and len(rules.rules) == 4
    assert source is not None and source.parse(ExpectFile)[1] == []
