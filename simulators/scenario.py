"""Scenarios: what is to happen in the simulated town, read from `scenarios/*.yaml` of a town folder."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulators.events import EVENTS, Event, LocalTimeOfDay, WrittenDuration
from simulators.placing import misplaced
from town.findings import Finding, has_errors, suggest
from town.language import Label
from town.source import Source, read_yaml
from town.town import Town


class Scenario(BaseModel):
    """A play: how long it lasts in simulated time, how fast it is meant to run, and what happens in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    id: str
    name: Label
    duration: WrittenDuration | None = Field(None, gt=0)
    """Without it the play goes on until it is stopped."""
    local_time: LocalTimeOfDay | None = None
    """What the town's clocks show at the start; without it the play runs now."""
    speed: float = Field(1.0, gt=0, le=1000)
    events: tuple[Any, ...] = ()
    """`Event`s once the file is read."""


def load_scenarios(folder: Path, town: Town) -> tuple[dict[str, Scenario], list[Finding]]:
    """Every scenario in `scenarios/*.yaml` of a town folder by id, and every mistake; one with mistakes is left out."""
    scenarios: dict[str, Scenario] = {}
    findings: list[Finding] = []
    for path in sorted((folder / "scenarios").glob("*.yaml")):
        source, wrong = read_yaml(path, root=folder)
        scenario, more = _read(source, town) if source else (None, [])
        wrong = [*wrong, *more]
        if source and scenario and scenario.id in scenarios:
            wrong.append(source.finding(["id"], f"there is another scenario `{scenario.id}`", "give it another id"))
        if scenario and not has_errors(wrong):
            scenarios[scenario.id] = scenario
        findings += wrong
    return scenarios, findings


def _read(source: Source, town: Town) -> tuple[Scenario | None, list[Finding]]:
    scenario, findings = source.parse(Scenario)
    written = source.data.get("events") if isinstance(source.data, dict) else None
    events: list[Event] = []
    for index in range(len(written) if isinstance(written, list) else 0):
        event, wrong = _read_event(source, index, town)
        findings += wrong
        events += [event] if event else []
    if scenario is None:
        return None, findings
    findings += _too_late(source, scenario, events)
    return scenario.model_copy(update={"events": tuple(events)}), findings


def _read_event(source: Source, index: int, town: Town) -> tuple[Event | None, list[Finding]]:
    location: tuple[str | int, ...] = ("events", index)
    written = source.at(location)
    word = written.get("do") if isinstance(written, dict) else None
    if word not in EVENTS:
        hint = suggest(str(word), EVENTS) or f"one of {', '.join(EVENTS)}"
        return None, [source.finding(location, f"`do: {word}` is nothing that can happen", hint)]
    event, findings = source.parse(EVENTS[word], location)
    if event:
        findings += [source.finding((*location, key), text, hint) for key, text, hint in misplaced(event, town)]
    return event, findings


def _too_late(source: Source, scenario: Scenario, events: list[Event]) -> list[Finding]:
    end = scenario.duration
    return [
        source.finding(["events", index, "at"], "this is after the end", "make `duration` longer", "warning")
        for index, event in enumerate(events)
        if end is not None and event.at >= end
    ]
