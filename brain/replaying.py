"""Replays: stored readings through the live engine and a real alert book of their own, sending nothing."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from alerts.book import Book, open_book
from alerts.people import People
from brain.alerting import book_url
from brain.bundle import Bundle, load_bundle
from brain.clock import wall_clock
from brain.journal import JOURNAL_FILE, Mark, read_journal
from brain.output import FOUND_PROBLEMS, errors, print_findings, print_json, print_table, screen
from brain.recorded import Recorded, lived_until, recorded
from brain.state import BOOK_FILE, state_folder
from rules.folder import load_rule_files
from rules.replay import Pause, Replay
from rules.replay_page import page
from rules.replay_report import Outcome, Raised, by_day, difference, episodes
from rules.ruleset import RuleSet
from town.alert import AlertDefinition, DeliveryState, Subject, Transition
from town.errors import ConfigError
from town.findings import has_errors
from town.moment import Duration, Moment, as_datetime, format_moment, parse_duration, parse_moment
from town.ports import AlertFilter
from town.settings import Settings, load_settings
from town.town import Town

_MOST = 10_000
_STEP = 5_000


class Wanted(NamedTuple):
    """What is to be replayed, from where, and what is wanted of it."""

    start: Moment
    end: Moment
    warm_up: Duration
    rules: Path | None = None
    file: Path | None = None
    form: str = ""
    diff: bool = False
    json: bool = False
    html: Path | None = None


def moment_or_ago(written: str, now: Moment, *, option: str) -> Moment:
    """A time, or a duration before now; raises ConfigError naming the option."""
    try:
        return parse_moment(written) if ":" in written or "T" in written else now - parse_duration(written)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}, or how long ago, such as 24h") from None


def run_replay(folder: Path, given: Mapping[str, Any], wanted: Wanted) -> None:
    """Replay and print what came of it. Leaves with exit code 1 when the folder or the rules are wrong."""
    settings = load_settings(given, folder).settings
    bundle, findings = load_bundle(folder)
    print_findings(findings)
    if bundle is None:
        raise typer.Exit(FOUND_PROBLEMS)
    rules = _rules(bundle, wanted.rules)
    if wanted.start >= wanted.end:
        raise ConfigError("--from must be before --to")
    state = state_folder(settings, bundle.town.id)
    marks = [one.mark for one in _journal(state, wanted) if one is not None and one.mark is not None]
    outcome = asyncio.run(_replay(bundle, rules, settings, wanted, state=state, marks=marks))
    if wanted.html is not None:
        language = settings.language or bundle.town.language
        wanted.html.write_text(page(outcome, rules, bundle.town, language=language), "utf-8")
    if wanted.json:
        print_json(outcome.as_json(bundle.town.zone_info))
    else:
        _show(outcome, bundle, marks, diff=wanted.diff)


def _rules(bundle: Bundle, file: Path | None) -> RuleSet:
    if file is None:
        return bundle.rules
    rules, findings = load_rule_files([file], bundle.town, root=file.parent)
    print_findings(findings)
    if rules is None or has_errors(findings):
        raise typer.Exit(FOUND_PROBLEMS)
    return rules


def _journal(state: Path, wanted: Wanted) -> Iterator[Any]:
    return read_journal(state / JOURNAL_FILE, start=wanted.start - wanted.warm_up, end=wanted.end)


async def _replay(
    bundle: Bundle, rules: RuleSet, settings: Settings, wanted: Wanted, *, state: Path, marks: Sequence[Mark]
) -> Outcome:
    begin, transitions = wanted.start - wanted.warm_up, list[Transition]()
    pauses = [Pause(mark.at, mark.since) for mark in marks if mark.what != "rules"]
    replay = Replay(rules, bundle.town, start=begin, pauses=pauses if wanted.file is None else ())
    place = Recorded(bundle.town, settings, state, wanted.file, wanted.form)
    with progress_bar() as progress:
        bar = progress.add_task("Replaying", total=wanted.end - begin)
        async for readings in recorded(place, start=begin, end=wanted.end):
            for first in range(0, len(readings), _STEP):
                transitions += replay.take(readings[first : first + _STEP])
            if readings:
                progress.update(bar, completed=readings[-1].received_at - begin)
        transitions += replay.end(wanted.end if wanted.file is not None else min(wanted.end, lived_until(state)))
        progress.update(bar, completed=wanted.end - begin)
    told = await _notifications(transitions, rules.definitions, bundle, wanted)
    seen = [one for one in transitions if one.decided_at >= wanted.start]
    really = await _really_raised(bundle, settings, state) if wanted.file is None else None
    found = None if really is None else difference(episodes(seen), really)
    if found is not None:
        within = [one for one in found.missing if wanted.start <= one.at < wanted.end]
        found = found._replace(missing=within)
    return Outcome(wanted.start, wanted.end, replay.judged, seen, told, found)


def progress_bar() -> Progress:
    """How far it is, where somebody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


async def _notifications(
    transitions: Sequence[Transition], definitions: dict[str, AlertDefinition], bundle: Bundle, wanted: Wanted
) -> Counter[tuple[str, str]]:
    """Who would have been told how often, had nobody answered."""
    now: Moment = wanted.start
    async with _book(bundle.town, bundle.people, lambda: now) as book:
        for decided_at, group in groupby(transitions, key=attrgetter("decided_at")):
            now = decided_at
            await book.take(list(group), definitions, now)
        now = wanted.end
        count: Counter[tuple[str, str]] = Counter()
        for alert in await book.alerts(AlertFilter(limit=_MOST)):
            detail = await book.detail(alert.id)
            count.update(
                (each.target, each.channel)
                for each in (detail.notifications if detail else ())
                if each.state is not DeliveryState.SUPPRESSED and wanted.start <= each.due_at < wanted.end
            )
    return count


@asynccontextmanager
async def _book(town: Town, people: People, clock: Any) -> AsyncIterator[Book]:
    with tempfile.TemporaryDirectory(prefix="town-replay-") as folder:
        async with open_book(f"sqlite:///{folder}/book.sqlite", town, clock=clock, people=people) as book:
            yield book


async def _really_raised(bundle: Bundle, settings: Settings, state: Path) -> list[Raised] | None:
    """Every alert that was raised, and raised again, as the alert book has it; None without a book."""
    if settings.book_url is None and not (state / BOOK_FILE).exists():
        return None
    found: list[Raised] = []
    url = book_url(settings, state)
    async with open_book(url, bundle.town, clock=wall_clock, people=bundle.people) as book:
        for alert in await book.alerts(AlertFilter(limit=_MOST)):
            subject = Subject(alert.subject_kind, alert.subject)
            if alert.activations <= 1:
                found.append(Raised(alert.rule, subject, alert.raised_at))
                continue
            detail = await book.detail(alert.id)
            entries = detail.timeline if detail else ()
            found += [Raised(alert.rule, subject, one.at) for one in entries if one.event in ("raised", "raised_again")]
    return found


def _show(outcome: Outcome, bundle: Bundle, marks: Sequence[Mark], *, diff: bool) -> None:
    zone, found = bundle.town.zone_info, episodes(outcome.transitions)
    days = sorted({as_datetime(at, zone).strftime("%Y-%m-%d") for at in (outcome.start, outcome.end - 1)}
                  | {day for _, day in by_day(found, zone)})  # fmt: skip
    counted = by_day(found, zone)
    rules = sorted({rule for rule, _ in counted})
    screen.print(
        f"{outcome.readings:,} readings judged, {len(outcome.transitions):,} transitions, {len(found):,} alerts, "
        f"{format_moment(outcome.start, zone)} to {format_moment(outcome.end, zone)}. Nothing was sent.",
        markup=False,
    )
    if rules:
        print_table("", ("rule", *days), [(rule, *(counted[rule, day] or "" for day in days)) for rule in rules])
    if outcome.notifications:
        rows = [(target, channel, count) for (target, channel), count in sorted(outcome.notifications.items())]
        print_table("Would have been told", ("target", "channel", "times"), rows)
    for mark in marks:
        if mark.what == "rules" and mark.at >= outcome.start:
            screen.print(f"The rules were changed at {format_moment(mark.at, zone)}.", markup=False)
    _show_difference(outcome, bundle, diff=diff)


def _show_difference(outcome: Outcome, bundle: Bundle, *, diff: bool) -> None:
    found, zone = outcome.difference, bundle.town.zone_info
    if found is None:
        screen.print("There is nothing to compare with: no alert book.")
        return
    screen.print(
        f"Against the alert book: {found.same} the same, {len(found.added)} only here, "
        f"{len(found.missing)} only there.",
        markup=False,
    )
    if diff and (found.added or found.missing):
        rows = [(one.at, "+", one.rule, one.subject.id) for one in found.added]
        rows += [(one.at, "-", one.rule, one.subject.id) for one in found.missing]
        shown = [(sign, rule, subject, format_moment(at, zone)) for at, sign, rule, subject in sorted(rows)]
        print_table("", ("", "rule", "subject", "raised"), shown)
