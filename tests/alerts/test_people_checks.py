"""people.yaml: rotas, swaps, routes, escalation and quiet hours, and every mistake in them with its line."""

from pathlib import Path

import pytest

from alerts.people_file import load_people
from alerts.rota_table import parse_local
from tests.alerts.small_town import TOWN
from town.findings import Finding

HEAD = """version: 1
people:
  - {id: ann, name: Ann, channels: {email: a@x.example}, quiet: {from: "22:00", to: "07:00"}}
  - {id: bob, name: Bob, channels: {email: b@x.example}}
"""
ROTA = """rota:
  - id: duty
    shifts:
      - {days: workdays, from: "08:00", to: "20:00", people: [ann]}
      - {days: restdays, from: "08:00", to: "20:00", people: ann}
      - {from: "20:00", to: "08:00", people: [bob]}
"""
SWAPS = 'swaps: [{out: ann, in: bob, from: "2026-11-28 08:00", to: "2026-11-29 08:00", rota: duty}]\n'
ROUTES = (
    "routes: [{to: duty}, {zone: cellars, facility_kind: cellar, to: bob, wait: 30s, group_by: [zone], repeat: 30m}]\n"
)
ESCALATION = """escalation:
  - for: {severity: critical}
    steps: [{after: 2m, to: duty}, {after: 5m, to: [bob], channels: [email]}]
    until: acknowledged
"""
GOOD = HEAD + ROTA + SWAPS + ROUTES + ESCALATION
NOW = parse_local("2026-11-28 12:00", TOWN)


def findings(folder: Path, text: str) -> list[Finding]:
    (folder / "people.yaml").write_text(text, encoding="utf-8")
    return load_people(folder, TOWN, now=NOW)[1]


def test_everything_that_people_yaml_can_say_is_read(tmp_path: Path) -> None:
    assert findings(tmp_path, GOOD) == []
    people, _ = load_people(tmp_path, TOWN, now=NOW)

    assert people is not None
    assert [one.stands_in for one in people.swaps] == ["bob"]
    assert [step.after for step in people.escalations[0].steps] == [120_000, 300_000]


@pytest.mark.parametrize(
    ("right", "wrong", "where", "hint"),
    [
        ("days: workdays", "days: workday", "rota[0].shifts[0].days", "did you mean `workdays`?"),
        ("days: workdays", "days: [mon, dienstag]", "rota[0].shifts[0].days", "days are mon, tue"),
        ('workdays, from: "08:00"', 'workdays, from: "8"', "rota[0].shifts[0].from", "08:00"),
        ('workdays, from: "08:00"', 'workdays, from: "24:30"', "rota[0].shifts[0].from", "08:00"),
        ("people: [ann]}", "people: [anne]}", "rota[0].shifts[0].people[0]", "did you mean `ann`?"),
        ("people: [ann]}", "people: []}", "rota[0].shifts[0].people", ""),
        ("people: [ann]}", "people: [duty]}", "rota[0].shifts[0].people[0]", ""),
        ("id: duty", "id: ann", "rota[0].id", ""),
        ("out: ann", "out: anna", "swaps[0].out", "did you mean `ann`?"),
        ("2026-11-29 08:00", "2026-11-28 07:00", "swaps[0].to", ""),
        ("2026-11-29 08:00", "tomorrow", "swaps[0].to", "2026-11-28 08:00"),
        ("rota: duty}", "rota: dutty}", "swaps[0].rota", "did you mean `duty`?"),
        ("{to: duty}", "{to: dutty}", "routes[0].to", "did you mean `duty`?"),
        ("zone: cellars", "zone: cellar", "routes[1].zone", "did you mean `cellars`?"),
        ("facility_kind: cellar", "facility_kind: celler", "routes[1].facility_kind", "did you mean `cellar`?"),
        ("group_by: [zone]", "group_by: [town]", "routes[1].group_by[0]", ""),
        ("wait: 30s", "wait: 0s", "routes[1].group_by", "wait: 30s"),
        ("repeat: 30m", "repeat: 5s", "routes[1].repeat", ""),
        ("after: 5m", "after: 1m", "escalation[0].steps[1].after", "`after` counts from"),
        ("to: [bob], channels", "to: [bobb], channels", "escalation[0].steps[1].to[0]", "did you mean `bob`?"),
        ("channels: [email]", "channels: [pigeon]", "escalation[0].steps[1].channels[0]", ""),
        ("until: acknowledged", "until: tomorrow", "escalation[0].until", ""),
        ("severity: critical", "severity: criticle", "escalation[0].for.severity", "did you mean `critical`?"),
        ('quiet: {from: "22:00"', 'quiet: {form: "22:00"', "people[0].quiet.form", "did you mean `from`?"),
    ],
)  # fmt: skip
def test_mistake_is_found_where_it_is(tmp_path: Path, right: str, wrong: str, where: str, hint: str) -> None:
    assert right in GOOD
    found = [one for one in findings(tmp_path, GOOD.replace(right, wrong, 1)) if one.level == "error"]

    [mistake] = [one for one in found if one.where == where] or [None]
    assert mistake is not None, [str(one) for one in found]
    assert mistake.line > 0 and hint in mistake.message + mistake.suggestion


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("      - {from: \"20:00\", to: \"08:00\", people: [bob]}\n", "",
         "nobody is on duty in duty from 2026-11-28 20:00 to 2026-11-29 08:00, and 59 times more"),
        ("      - {days: restdays, from: \"08:00\", to: \"20:00\", people: ann}\n", "",
         "nobody is on duty in duty from 2026-11-28 12:00 to 2026-11-28 20:00"),
        ("channels: [email]", "channels: [voice]", "nobody of this step can be reached by voice"),
        ('to: "07:00"}', 'to: "22:00"}', "these quiet hours never end"),
    ],
)  # fmt: skip
def test_what_may_be_meant_is_warned_of(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in GOOD
    found = [one for one in findings(tmp_path, GOOD.replace(right, wrong, 1)) if one.level == "warning"]

    assert len([one for one in found if message in one.message]) == 1, [str(one) for one in found]
