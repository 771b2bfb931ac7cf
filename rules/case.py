"""Rule cases: readings are played through the live engine, and what comes of them is held against what is expected."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from rules.case_folder import Acknowledged, Case, Down, Expectation, Reload, Towns, find_cases, load_case, town_folder
from rules.case_reason import missing_observations
from rules.engine import Engine
from rules.folder import OF_A_PACK, load_rules
from rules.plain_alerts import PlainAlerts
from town.alert import AlertDefinition, AlertState, Condition, Transition
from town.findings import suggest
from town.folder import load_town
from town.moment import Moment, format_duration
from town.reading import Reading
from town.town import Town


class CaseAlerts(Protocol):
    """The alert side of a case: what the transitions come to for people."""

    def take(self, transitions: list[Transition], definitions: dict[str, AlertDefinition], now: Moment) -> None:
        """Apply what the rules decided."""

    def acknowledge(self, rule: str, subject: str, now: Moment) -> None:
        """A person acknowledges the open alert of a rule about a subject."""

    def state(self, rule: str, subject: str) -> AlertState:
        """Where the alert of a rule about a subject stands; normal when none is open."""

    def notifications(self, target: str) -> int | None:
        """How many notifications that target was sent since the start; None when nobody of that name is told."""


@dataclass
class CaseResult:
    """How a case went: `problems` is empty when everything was as expected."""

    name: str
    folder: Path
    problems: list[str] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)
    """The rules that an expectation names."""
    transitions: list[Transition] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.problems


def run_cases(path: Path, alerts: Callable[[Town], CaseAlerts] | None = None) -> list[CaseResult]:
    """Play every case at a path: a case, a town, or a folder of cases. Raises ConfigError when there is no such path.

    `alerts` makes the alert side for a case; without it the states follow from the rules alone.
    """
    towns: Towns = {}
    return [_run(folder, alerts or PlainAlerts, towns) for folder in find_cases(path)]


def untouched_rules(path: Path, results: list[CaseResult]) -> list[str]:
    """The rules of the town at or around a path that no expectation names; those of packs have cases of their own."""
    home = town_folder(path)
    town = load_town(home)[0] if home else None
    rules = load_rules(home, town)[0] if home and town else None
    named = {rule for result in results for rule in result.rules}
    return sorted(rule for rule in set(rules.rules) - named if not rule.startswith(OF_A_PACK)) if rules else []


def _run(folder: Path, alerts: Callable[[Town], CaseAlerts], towns: Towns) -> CaseResult:
    result = CaseResult(folder.name, folder)
    case, findings = load_case(folder, towns)
    if case is None:
        result.problems = [str(one) for one in findings]
        return result
    play = _Play(case, alerts(case.town), result)
    play.run()
    return result


class _Play:
    """A case while it runs. Its clock follows arrivals and stops at every expectation."""

    def __init__(self, case: Case, alerts: CaseAlerts, result: CaseResult) -> None:
        self._case = case
        self._alerts = alerts
        self._result = result
        self._rules, self._town = case.rules, case.town
        self._definitions = dict(case.rules.definitions)
        self._subjects_known = set(_names_in(case.town))
        self._engine = Engine(case.rules, case.town)

    def run(self) -> None:
        """Play it to the end."""
        case = self._case
        self._take(self._engine.advance(case.start), case.start)
        arrivals: dict[Moment, list[Reading]] = {}
        for reading in case.readings:
            arrivals.setdefault(self._heard_at(reading.received_at), []).append(reading)
        stops = {at for at, _ in [*case.expect, *case.acknowledge, *case.reload]}
        stops |= {one.until for one in case.restarts}
        for now in sorted(stops | set(arrivals)):
            for down in case.restarts:
                if down.until == now:
                    self._restart(down)
            self._silences(now - 1)
            came = [msgspec.structs.replace(one, received_at=now) for one in arrivals.get(now, [])]
            self._take(self._engine.step(came, now), now)
            if now in stops:
                self._stop(now)

    def _heard_at(self, received_at: Moment) -> Moment:
        """What arrives while it is down waits at the broker."""
        return next((one.until for one in self._case.restarts if one.at < received_at < one.until), received_at)

    def _restart(self, down: Down) -> None:
        """Saved, dropped, and restored after a while, in which nobody notices silence."""
        self._silences(down.at)
        self._take(self._engine.advance(down.at), down.at)
        self._engine = Engine.restore(self._rules, self._town, self._engine.save())
        self._take(self._engine.advance(down.until), down.until)

    def _reload(self, reload: Reload, now: Moment) -> None:
        """As while it runs: whole, or with a mistake not at all."""
        if reload.rules is None:
            return
        self._rules, self._town = reload.rules, reload.town
        self._definitions |= reload.rules.definitions
        self._subjects_known.update(_names_in(reload.town))
        self._take(self._engine.reload(reload.rules, reload.town, now), now)

    def _stop(self, now: Moment) -> None:
        self._silences(now)
        for at, reload in self._case.reload:
            if at == now:
                self._reload(reload, now)
        for at, done in self._case.acknowledge:
            if at == now:
                self._result.problems += self._acknowledge(done, now)
        for at, expectation in self._case.expect:
            if at == now:
                self._result.problems += self._differences(expectation, now)

    def _acknowledge(self, done: Acknowledged, now: Moment) -> Iterator[str]:
        if self._alerts.state(done.rule, done.subject) in (AlertState.NORMAL, AlertState.PENDING):
            yield f"at {done.at}: {done.rule} {done.subject} has no alert that somebody could acknowledge"
        self._alerts.acknowledge(done.rule, done.subject, now)

    def _silences(self, until: Moment) -> None:
        while (due := self._engine.next_due()) is not None and due <= until:
            self._take(self._engine.advance(due), due)

    def _take(self, transitions: list[Transition], now: Moment) -> None:
        self._result.transitions += transitions
        self._alerts.take(transitions, self._definitions, now)

    def _differences(self, expected: Expectation, now: Moment) -> Iterator[str]:
        where = f"at {expected.at}"
        for one in expected.notifications:
            count = self._alerts.notifications(one.target)
            if count != one.count:
                found = "they are not counted here: nobody of that name is known" if count is None else f"found {count}"
                yield f"{where}: expected {one.count} notification(s) to {one.target}, {found}"
        if expected.rule is None:
            return
        self._result.rules.add(expected.rule)
        if expected.rule not in self._definitions:
            yield f"{where}: there is no rule {expected.rule}{_hint(expected.rule, self._definitions)}"
            return
        if expected.subject is not None and expected.subject not in self._subjects_known:
            hint = _hint(expected.subject, self._subjects_known)
            yield f"{where}: there is no sensor, facility or zone {expected.subject}{hint}"
            return
        subjects = [expected.subject] if expected.subject else self._subjects(expected.rule)
        for subject in subjects:
            for difference in self._compare(expected, expected.rule, subject):
                yield f"{where} {expected.rule} {subject}: {difference}{self._story(expected.rule, subject)}"

    def _subjects(self, rule: str) -> list[str]:
        """Whom an expectation without a subject speaks of: everyone the rule said anything about, at least one."""
        return sorted({str(one.subject) for one in self._result.transitions if one.rule == rule}) or ["(any)"]

    def _compare(self, expected: Expectation, rule: str, subject: str) -> Iterator[str]:
        state = self._alerts.state(rule, subject)
        mine = [one for one in self._result.transitions if (one.rule, str(one.subject)) == (rule, subject)]
        if expected.state is not None and state is not expected.state:
            yield f"expected state {expected.state}, found {state}"
        if expected.not_state is not None and state is expected.not_state:
            yield f"expected any state but {expected.not_state}"
        activations = sum(one.condition is Condition.ACTIVE is not one.previous for one in mine)
        if expected.activations is not None and activations != expected.activations:
            yield f"expected {expected.activations} activation(s), found {activations}"
        if expected.severity is not None and (not mine or mine[-1].severity is not expected.severity):
            yield f"expected severity {expected.severity}, found {mine[-1].severity if mine else 'none'}"
        if expected.reason is not None and (not mine or mine[-1].cause is not expected.reason):
            yield f"expected reason {expected.reason}, found {mine[-1].cause if mine else 'none'}"
        told = mine[-1].reason if mine else None
        yield from missing_observations(expected.because, told, start=self._case.start)
        chattering = bool(mine and mine[-1].chattering)
        if expected.chattering is not None and chattering is not expected.chattering:
            yield f"expected it {'to chatter' if expected.chattering else 'not to chatter'}"

    def _story(self, rule: str, subject: str) -> str:
        """What happened so far, in a line."""
        mine = [one for one in self._result.transitions if (one.rule, str(one.subject)) == (rule, subject)]
        told = [f"{one.condition} at {_after(one.at, self._case.start)}" for one in mine[-5:]]
        return f" (so far: {', '.join(told)})" if told else " (it never changed)"


def _names_in(town: Town) -> Iterable[str]:
    """Everything that a rule can be about."""
    return (town.id, *town.zones, *town.facilities, *town.sensors)


def _hint(word: str, known: Iterable[str]) -> str:
    near = suggest(word, known)
    return f" ({near})" if near else ""


def _after(at: Moment, start: Moment) -> str:
    return format_duration(at - start) if at >= start else f"-{format_duration(start - at)}"
