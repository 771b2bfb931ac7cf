"""The runner of cases: what it says when something is not as expected, and what it asks of the alert side."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from rules.case import run_cases, untouched_rules
from rules.report import report, write_junit
from town.alert import AlertDefinition, AlertState, Transition
from town.errors import ConfigError
from town.town import Town

RULES = """version: 1
groups:
  - name: case
    defaults: {category: environment, severity: minor}
    rules:
      - {id: smoke, title: {zh: 烟, en: Smoke}, for_each: {sensor_kind: smoke_detector}, when: smoke > 0.1, for: 10s}
"""
SENSORS = "id,kind,facility,facility_kind,zone,interval\nS1,smoke_detector,W1,warehouse,north,10s\n"


def _case(folder: Path, expect: str, readings: str = "0s,S1,smoke,0.2\n10s,S1,smoke,0.2\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.yaml").write_text(RULES, "utf-8")
    (folder / "sensors.csv").write_text(SENSORS, "utf-8")
    (folder / "readings.csv").write_text("at,sensor,quantity,value\n" + readings, "utf-8")
    (folder / "expect.yaml").write_text(expect, "utf-8")
    return folder


def test_difference_is_told_with_what_happened(tmp_path: Path) -> None:
    expect = "expect:\n  - {at: 5s, rule: smoke, subject: S1, state: active, activations: 1}\n"

    [result] = run_cases(_case(tmp_path / "c", expect))

    assert result.problems == [
        "at 5s smoke S1: expected state active, found pending (so far: pending at 0s)",
        "at 5s smoke S1: expected 1 activation(s), found 0 (so far: pending at 0s)",
    ]


@pytest.mark.parametrize(
    ("expect", "readings", "problem"),
    [
        ("expect:\n  - {at: 5s, rule: smok, subject: S1, state: active}\n", "", "there is no rule smok"),
        ("expect:\n  - {at: 5s, rule: smoke, stat: active}\n", "", "stat"),
        ("expect:\n  - {at: soon, rule: smoke}\n", "", "is not a duration"),
        ("expect:\n  - {at: 5s, rule: smoke}\n", "0s,S9,smoke,0.2\n", "there is no sensor `S9`"),
        ("expect:\n  - {at: 5s, rule: smoke}\n", "0s,S1,smoke,much\n", "could not convert"),
        ("expect:\n  - {at: 5s, rule: smoke}\n", "0s,S1,co2,1\n", "`co2` is not measured by smoke_detector"),
        ("expect:\n  - {at: 5s, rule: smoke}\n", "0s,S1,smoke\n", "readings.csv:2"),
        ("rules: other.yaml#smoke\nexpect:\n  - {at: 5s, rule: smoke}\n", "", "missing"),
        ("rules: rules.yaml#smok\nexpect:\n  - {at: 5s, rule: smok}\n", "", "there is no rule `smok`"),
        ("expect:\n  - {at: 5s, notifications: [{target: a, count: 1}]}\n", "", "they are not counted here"),
        ("expect: []\n", "", "expect"),
        ("expect:\n  - {at: 5s, rule: smoke, subject: S11, not: active}\n", "", "no sensor, facility or zone S11 (did"),
        ("expect:\n  - {at: 5s, rule: smoke, because: [{measured: soon}]}\n", "", "is not a duration"),
        ("restarts: [{at: 5s, until: 4s}]\nexpect:\n  - {at: 5s, rule: smoke}\n", "", "`until` is before `at`"),
        ('expect:\n  - {at: "2026-01-04T23:59:59+08:00", rule: smoke}\n', "", "before the start of the case"),
        (
            "acknowledge: [{at: 5s, rule: smoke, subject: S1}]\nexpect:\n  - {at: 5s, rule: smoke}\n",
            "",
            "smoke S1 has no alert that somebody could acknowledge",
        ),
    ],
)
def test_case_that_cannot_be_played_says_why(tmp_path: Path, expect: str, readings: str, problem: str) -> None:
    [result] = run_cases(_case(tmp_path / "c", expect, readings))

    assert not result.passed
    assert any(problem in one for one in result.problems), result.problems


def test_folder_of_cases_is_played_and_reported(tmp_path: Path) -> None:
    _case(tmp_path / "good", "expect:\n  - {at: 10s, rule: smoke, subject: S1, state: active}\n")
    _case(tmp_path / "bad", "expect:\n  - {at: 10s, rule: smoke, subject: S1, not: active}\n")

    results = run_cases(tmp_path)
    write_junit(results, tmp_path / "junit.xml")

    assert [(one.name, one.passed) for one in results] == [("bad", False), ("good", True)]
    assert "FAILED bad" in report(results, untouched_rules(tmp_path, results))
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert suite.attrib | {"name": ""} == {"name": "", "tests": "2", "failures": "1", "errors": "0"}
    assert [case.get("name") for case in suite if case.find("failure") is not None] == ["bad"]


def test_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        run_cases(tmp_path / "nowhere")


class _Diary:
    """An alert side that sends one notification to everybody for every transition."""

    def __init__(self, town: Town) -> None:
        self.taken: list[Transition] = []
        self.sensors = list(town.sensors)

    def take(self, transitions: list[Transition], definitions: dict[str, AlertDefinition], now: int) -> None:
        assert all(one.rule in definitions and one.decided_at == now for one in transitions)
        self.taken += transitions

    def acknowledge(self, rule: str, subject: str, now: int) -> None:
        raise AssertionError("nobody acknowledges in this case")

    def state(self, rule: str, subject: str) -> AlertState:
        return AlertState.ACKNOWLEDGED if self.taken and subject in self.sensors else AlertState.NORMAL

    def notifications(self, target: str) -> int:
        return len(self.taken)


def test_alert_side_that_is_handed_in_answers_for_states_and_notifications(tmp_path: Path) -> None:
    expect = """expect:
  - {at: 9s, notifications: [{target: anybody, count: 1}]}
  - {at: 10s, rule: smoke, subject: S1, state: acknowledged}
  - {at: 10s, notifications: [{target: anybody, count: 2}]}
"""

    [result] = run_cases(_case(tmp_path / "c", expect), _Diary)

    assert result.problems == []
