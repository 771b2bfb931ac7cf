"""Why a rule was or was not active: recorded readings through the live engine up to a moment, and a look inside."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import typer

from brain.bundle import Bundle, load_bundle
from brain.explained import show, show_many
from brain.journal import JOURNAL_FILE, Line, read_journal
from brain.output import FOUND_PROBLEMS, print_findings, print_json
from brain.recorded import Recorded, lived_until, recorded
from brain.replaying import progress_bar
from brain.state import state_folder
from rules.explain import explain
from rules.explanation import Explanation
from rules.replay import Pause, Replay
from rules.rule import Rule
from rules.ruleset import RuleSet
from rules.subject import Judged, judged_by
from rules.terms import Derived, parts
from town.alert import Condition, Subject, Transition
from town.errors import ConfigError
from town.findings import suggest
from town.moment import DAY, Duration, Moment
from town.settings import load_settings
from town.town import Town


class Wanted(NamedTuple):
    """What is to be explained: `warm_up` is how much before the moment is judged, None as much as the rule needs."""

    rule: str
    at: Moment
    subject: str | None = None
    warm_up: Duration | None = None
    file: Path | None = None
    form: str = ""
    json: bool = False


class Past(NamedTuple):
    """What the journal says of the time before the moment."""

    pauses: Sequence[Pause]
    last: Mapping[Subject, Transition]
    """The rule's last transition of each subject, as the running brain decided it."""
    changed_at: Sequence[Moment]
    """When the brain was given other rules, before the moment or after it."""


def run_explain(folder: Path, given: Mapping[str, Any], wanted: Wanted) -> None:
    """Print why. Leaves with exit code 1 when the folder is wrong; raises ConfigError for what is not there."""
    settings = load_settings(given, folder).settings
    bundle, findings = load_bundle(folder)
    if bundle is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    state = state_folder(settings, bundle.town.id)
    rule = _rule(bundle, wanted.rule)
    judged = _judged(rule, bundle.town, wanted.subject)
    past = _past(state, wanted)
    place = Recorded(bundle.town, settings, state, wanted.file, wanted.form)
    found = asyncio.run(_explain(bundle, rule, judged, place, wanted=wanted, past=past))
    if wanted.json:
        print_json([{**msgspec.to_builtins(one), "recorded": _plain(past.last.get(one.subject))} for one in found])
    elif len(found) == 1:
        show(found[0], rule, bundle, last=past.last.get(found[0].subject), changed_at=past.changed_at)
    else:
        show_many(found, bundle)


def _plain(transition: Transition | None) -> Any:
    return None if transition is None else msgspec.to_builtins(transition)


def _rule(bundle: Bundle, name: str) -> Rule:
    rule = bundle.rules.rules.get(name)
    if rule is None:
        hint = suggest(name, bundle.rules.rules)
        raise ConfigError(f"there is no rule `{name}`{f'; {hint}' if hint else '; `town rules graph` lists them'}")
    return rule


def _judged(rule: Rule, town: Town, subject: str | None) -> list[Judged]:
    judged = judged_by(rule, town)
    if not judged:
        raise ConfigError(f"nothing in this town is judged by `{rule.id}`")
    chosen = [one for one in judged if subject is None or one.subject.id == subject]
    if not chosen:
        hint = suggest(subject or "", [one.subject.id for one in judged])
        raise ConfigError(f"--subject: `{rule.id}` does not judge `{subject}`{f'; {hint}' if hint else ''}")
    return chosen


def _past(state: Path, wanted: Wanted) -> Past:
    lines: list[Line] = []
    if wanted.file is None:
        lines = list(read_journal(state / JOURNAL_FILE, start=0, end=1 << 62))
    marks = [line.mark for line in lines if line.mark is not None]
    decided = [line.transition for line in lines if line.transition is not None]
    last = {one.subject: one for one in decided if one.rule == wanted.rule and one.decided_at <= wanted.at}
    pauses = [Pause(mark.at, mark.since) for mark in marks if mark.what != "rules" and mark.at <= wanted.at]
    return Past(pauses, last, [mark.at for mark in marks if mark.what == "rules"])


async def _explain(
    bundle: Bundle, rule: Rule, judged: Sequence[Judged], place: Recorded, *, wanted: Wanted, past: Past
) -> list[Explanation]:
    rules = _with_inhibitors(rule, bundle.rules)
    begin = _begin(rule, judged, wanted, past)
    replay = Replay(rules, bundle.town, start=begin, pauses=past.pauses)
    sensors = _sensors(rules, rule, judged, bundle.town)
    with progress_bar() as progress:
        bar = progress.add_task("Judging", total=wanted.at - begin)
        async for readings in recorded(place, start=begin, end=wanted.at + 1, sensors=sensors):
            replay.take(readings)
            if readings:
                progress.update(bar, completed=readings[-1].received_at - begin)
    until = wanted.at if wanted.file is not None else min(wanted.at, lived_until(place.state))
    replay.end(until + 1)
    found = [explain(replay.engine, rules, rule.id, one.subject, at=wanted.at) for one in judged]
    return [one for one in found if one is not None]


def _with_inhibitors(rule: Rule, rules: RuleSet) -> RuleSet:
    """The rule and those that may inhibit it: no other has a say in it."""
    inhibitors = {
        one.id: one for one in rules.rules.values() if one.inhibits is not None and rule.id in one.inhibits.rules
    }
    return RuleSet({rule.id: rule, **inhibitors})


def _sensors(rules: RuleSet, rule: Rule, judged: Sequence[Judged], town: Town) -> set[str]:
    """Whose readings matter: all of the rule's when it may have more alerts than are told, else those asked for."""
    every = judged_by(rule, town)
    mine = every if len(every) > rule.max_alerts else judged
    others = [one for name in rules.rules if name != rule.id for one in judged_by(rules.rules[name], town)]
    return {sensor.id for one in [*mine, *others] for sensor in one.members}


def _begin(rule: Rule, judged: Sequence[Judged], wanted: Wanted, past: Past) -> Moment:
    """Early enough for windows and timers; earlier when an alert was open already, as the journal knows."""
    if wanted.warm_up is not None:
        return wanted.at - wanted.warm_up
    reach = _reach(rule)
    last = [past.last[one.subject] for one in judged if one.subject in past.last]
    open_since = [one.since for one in last if one.condition is not Condition.NORMAL]
    return min([wanted.at - DAY, *open_since]) - reach


def _reach(rule: Rule) -> Duration:
    widths = [part.width for one in rule.conditions for part in parts(one.term) if isinstance(part, Derived)]
    count = rule.count.within if rule.count else 0
    return max([*widths, count, rule.within, *(one.hold_for for one in rule.levels)], default=0) + rule.hold_for
