"""Scenario files, and what is said about mistakes in them."""

from pathlib import Path

import pytest

from simulators.events import EVENTS
from simulators.scenario import Scenario, load_scenarios
from town.moment import MINUTE, SECOND
from town.town import Town

HEAD = "version: 1\nid: one\nname: {zh: 一, en: One}\nduration: 5m\nevents:\n"


def found(town: Town, folder: Path, text: str) -> tuple[dict[str, Scenario], list[tuple[int, str, str]]]:
    (folder / "scenarios").mkdir(exist_ok=True)
    (folder / "scenarios" / "one.yaml").write_text(text, "utf-8")
    scenarios, findings = load_scenarios(folder, town)
    return scenarios, [(each.line, each.message, each.suggestion) for each in findings]


def test_huangjiu_has_the_scenarios_that_the_documentation_names(scenarios: dict[str, Scenario]) -> None:
    assert set(scenarios) == {"ordinary", "cellar_fire", "door_at_night", "demo", "sensor_silence", "showcase", "storm"}
    assert scenarios["demo"].duration == 20 * SECOND * scenarios["demo"].speed
    assert scenarios["door_at_night"].local_time == 2 * 60 + 10
    assert scenarios["ordinary"].duration is None and not scenarios["ordinary"].events


def test_a_scenario_is_read_with_its_events(town: Town, tmp_path: Path) -> None:
    line = "  - {at: 20s, do: fire, facility: cellar-2, near: CE2-S03, intensity: 0.8, for: 2m}\n"
    scenarios, findings = found(town, tmp_path, HEAD + line)
    (event,) = scenarios["one"].events

    assert not findings
    assert (event.at, event.lasts, event.facility, event.intensity) == (20 * SECOND, 2 * MINUTE, "cellar-2", 0.8)


@pytest.mark.parametrize(
    ("line", "message", "suggestion"),
    [
        ("{at: 20s, do: fyre, facility: cellar-2}", "`do: fyre` is nothing that can happen", "did you mean `fire`?"),
        ("{at: 20s, do: fire, facility: celar-2}", "there is no facility `celar-2`", "did you mean `cellar-2`?"),
        ("{at: 20s, do: fire, facility: car-park}", "`car-park` has no smoke_detector", "choose another facility"),
        ("{at: 20s, do: fire, facility: cellar-2, near: CE1-S01}", "`CE1-S01` is no smoke_detector of", "CE2-S01"),
        ("{at: 20s, do: open_door, sensor: CE2-S01}", "`CE2-S01` is a smoke_detector", "name a door_contact"),
        ("{at: 20s, do: press, sensor: CE9-S13}", "there is no sensor `CE9-S13`", "did you mean"),
        ("{at: 20s, do: cut, gateway: gw-cellar}", "there is no gateway `gw-cellar`", "did you mean `gw-cellars`?"),
        ("{at: 20, do: cut, gateway: gw-cellars}", "20 is not a duration", ""),
        ("{at: 20s, do: fire, facility: cellar-2, intensity: 9}", "less than or equal to 3", ""),
        ("{at: 20s, do: fire, facility: cellar-2, smoke: 9}", "there is no key `smoke` here", ""),
        ("{at: 20s, do: cut}", "`gateway` is missing", ""),
        ("{at: 6m, do: cut, gateway: gw-cellars}", "this is after the end", "make `duration` longer"),
        ("just text", "is nothing that can happen", "one of"),
    ],
)
def test_a_mistake_in_an_event_is_named_with_its_line(
    town: Town, tmp_path: Path, line: str, message: str, suggestion: str
) -> None:
    _, findings = found(town, tmp_path, HEAD + "  - {at: 1s, do: evacuate, facility: museum}\n  - " + line + "\n")

    assert [(each[0], message in each[1], suggestion in each[2]) for each in findings] == [(7, True, True)], findings


def test_mistakes_in_the_head_are_named_and_the_scenario_is_left_out(town: Town, tmp_path: Path) -> None:
    text = "version: 1\nid: one\nname: {zh: 一}\nlocal_time: 25:10\nspeed: 0\nsped: 2\nevents: fire\n"
    scenarios, findings = found(town, tmp_path, text)

    assert not scenarios
    assert sorted({line for line, _, _ in findings}) == [3, 4, 5, 6, 7]


def test_every_kind_of_event_can_be_written(town: Town, tmp_path: Path) -> None:
    places = {
        "fire": "facility: museum", "evacuate": "facility: museum", "intrude": "facility: museum",
        "ventilation_failure": "facility: brewing-1", "open_door": "sensor: MU1-S06", "press": "sensor: CE2-S13",
        "silence": "sensor: CE2-S13", "cut": "gateway: gw-water", "downpour": "intensity: 0.5",
    }  # fmt: skip
    lines = "".join(f"  - {{at: 1s, do: {word}, {place}}}\n" for word, place in places.items())
    scenarios, findings = found(town, tmp_path, HEAD + lines)

    assert not findings
    assert [type(event) for event in scenarios["one"].events] == [EVENTS[word] for word in places]


def test_two_scenarios_of_one_name_are_a_mistake(town: Town, tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    for name in ("a", "b"):
        (tmp_path / "scenarios" / f"{name}.yaml").write_text(HEAD.replace("events:\n", ""), "utf-8")
    scenarios, findings = load_scenarios(tmp_path, town)

    assert list(scenarios) == ["one"]
    assert [(each.file, each.line) for each in findings] == [("scenarios/b.yaml", 2)]
