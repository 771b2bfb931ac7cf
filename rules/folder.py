"""The rules of a town folder: read, checked against the town, every mistake at once."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rules.contradiction import contradicts
from rules.expression import Expression, compile_choice, compile_condition
from rules.fields import Intervals
from rules.inhibition import inhibition_findings
from rules.memory import Memory, View, Watch
from rules.names import Names
from rules.rule import MAX_ALERTS, Level, Rule, Silence, Step
from rules.ruleset import RESERVED, RuleSet, version_of
from rules.schedule import Schedule, on_days
from rules.subject import ANY, Judged, judged_by, subject_kind
from rules.tokens import ExpressionError
from rules.written import (
    Absent,
    ActiveBetween,
    Defaults,
    ForEach,
    RuleFile,
    WrittenGroup,
    WrittenLevel,
    WrittenRule,
    WrittenStep,
)
from town.alert import AlertDefinition, Category, Response, Severity
from town.calendar import FILE as HOLIDAYS
from town.calendar import is_known
from town.findings import Finding, has_errors, suggest
from town.language import Label
from town.moment import Duration, format_duration
from town.source import Source, read_yaml
from town.town import Town

MAX_RULES = 5_000
PACKS = Path(__file__).with_name("packs")
"""The rule packs that come with the program."""
OF_A_PACK = "pack."
"""How the ids of their rules begin, and no others."""

_CONTRADICTS = "`clear` contradicts `when`: both can be true at once"
_LEAVE_A_GAP = "leave a gap between the two"

Location = tuple[str | int, ...]


def load_rules(folder: Path, town: Town) -> tuple[RuleSet | None, list[Finding]]:
    """Read `rules/*.yaml` of a town folder; None when there is a mistake. No rules at all is no mistake."""
    return load_rule_files(sorted((folder / "rules").glob("*.yaml")), town, root=folder)


def load_rule_files(
    paths: list[Path], town: Town, *, root: Path, whole: bool = True
) -> tuple[RuleSet | None, list[Finding]]:
    """Read rule files as one set; findings name files relative to `root`. A part may name rules of the others."""
    rules: dict[str, Rule] = {}
    findings: list[Finding] = []
    places: dict[str, tuple[Source, Location]] = {}
    for path in paths:
        source, wrong = read_yaml(path, root=root)
        findings += wrong
        if source is not None:
            _Reader(source, town, rules, findings, places).read()
    if not has_errors(findings):
        findings += inhibition_findings(rules, places, whole=whole)
    return (None if has_errors(findings) else RuleSet(rules)), sorted(findings)


@dataclass
class _Reader:
    """One file; `rules` holds those of the files before it."""

    source: Source
    town: Town
    rules: dict[str, Rule]
    findings: list[Finding]
    places: dict[str, tuple[Source, Location]]
    """Where each rule stands."""
    pack: bool = False
    """Whether it comes with the program, for towns that need not have all that it judges."""

    def read(self) -> None:
        file, wrong = self.source.parse(RuleFile)
        self.findings += wrong
        for name in file.include if file else ():
            self._include(name.removeprefix("pack:"))
        for number in range(len(file.groups) if file else 0):
            group, wrong = self.source.parse(WrittenGroup, ("groups", number))
            self.findings += wrong
            for place in range(len(group.rules) if group else 0):
                self._rule(group.defaults if group else Defaults(), ("groups", number, "rules", place))

    def _include(self, pack: str) -> None:
        known = sorted(path.stem for path in PACKS.glob("*.yaml"))
        if pack not in known:
            self._say(("include",), f"there is no pack `{pack}`", suggest(pack, known))
            return
        source, wrong = read_yaml(PACKS / f"{pack}.yaml", root=PACKS.parent)
        self.findings += wrong
        if source is not None:
            _Reader(source, self.town, self.rules, self.findings, self.places, pack=True).read()

    def _say(self, place: Location, message: str, suggestion: str = "") -> None:
        self.findings.append(self.source.finding(place, message, suggestion))

    def _warn(self, place: Location, message: str, suggestion: str = "") -> None:
        self.findings.append(self.source.finding(place, message, suggestion, "warning"))

    def _rule(self, defaults: Defaults, place: Location) -> None:
        own, wrong = self.source.parse(WrittenRule, place)
        self.findings += wrong
        if own is None:
            return
        common = defaults.model_dump(exclude_none=True)
        written = own.model_copy(update={name: v for name, v in common.items() if getattr(own, name) is None})
        before = len(self.findings)
        rule = _Check(self, written, own, place).rule()
        if written.id in self.rules or written.id in RESERVED:
            self._say((*place, "id"), f"`{written.id}` is there already", "every rule has an id of its own")
        elif written.id.startswith(OF_A_PACK) and not self.pack:
            self._say((*place, "id"), f"ids that begin with `{OF_A_PACK}` are those of rule packs", "take another")
        elif rule is not None and not has_errors(self.findings[before:]):
            self.rules[written.id] = rule
            self.places[written.id] = (self.source, place)
        if len(self.rules) > MAX_RULES:
            self._say(place, f"more than {MAX_RULES:,} rules")


@dataclass
class _Check:
    """One rule."""

    reader: _Reader
    written: WrittenRule
    own: WrittenRule
    """Without the group's defaults."""
    place: Location

    @property
    def _town(self) -> Town:
        return self.reader.town

    def _wrong(self, key: str, message: str, suggestion: str = "") -> None:
        self.reader._say((*self.place, key) if key else self.place, message, suggestion)

    def rule(self) -> Rule | None:
        written = self.written
        definition = self._definition()
        for_each = self._for_each()
        if sum(one is not None for one in (written.when, written.levels, written.sequence, written.absent)) != 1:
            self._wrong("", "a rule has one of `when`, `levels`, `sequence` and `absent`")
            return None
        if for_each is None or definition is None:
            return None
        names = Names(self._town, subject_kind(for_each), self._kinds(for_each))
        rule = Rule(
            definition,
            for_each,
            where=self._expression("where", for_each.where, names),
            when=self._expression("when", written.when, names),
            clear=self._expression("clear", written.clear, names),
            count=written.count,
            levels=self._levels(written.levels or {}, names),
            sequence=self._sequence(written.sequence or (), names),
            within=written.within or 0,
            absent=self._silence(written.absent, names) if written.absent else None,
            hold_for=written.hold_for or 0,
            keep_active_for=written.keep_active_for or 0,
            max_gap=written.max_gap,
            max_age=written.max_age,
            on_missing=written.on_missing or "hold",
            missing_after=written.missing_after,
            active_between=self._schedule(written.active_between),
            inhibits=written.inhibits,
            max_alerts=written.max_alerts or MAX_ALERTS,
            shadow=bool(written.shadow),
            late=written.late,
        )
        self._together(rule)
        return rule

    def _definition(self) -> AlertDefinition | None:
        written = self.written
        severity = min(written.levels, key=lambda one: one.digit) if written.levels else written.severity
        for key, found in {"category": written.category, "severity": severity}.items():
            if found is None:
                self._wrong("", f"`{key}` is missing", "write it in the rule or in the group's `defaults`")
        if written.category is None or severity is None:
            return None
        response = written.response
        return AlertDefinition(
            rule=written.id,
            title=written.title,
            category=written.category,
            severity=severity,
            latch=written.category is Category.FIRE if written.latch is None else written.latch,
            response=Response(text=Label(zh=response.zh, en=response.en), within=response.within) if response else None,
            cause=written.why.cause if written.why else None,
            consequence=written.why.consequence if written.why else None,
            version=version_of(json.dumps(written.model_dump(mode="json", exclude_none=True), sort_keys=True)),
        )

    def _for_each(self) -> ForEach | None:
        for_each = self.written.for_each
        if for_each is None:
            if self.written.absent is not None:
                return ForEach(sensor_kind=ANY)
            self._wrong("", "`for_each` is missing", "such as `for_each: {sensor_kind: smoke_detector}`")
            return None
        if len(for_each.chosen) != 1:
            self._wrong("for_each", "choose by one of sensor_kind, facility_kind, facility, zone, town")
            return None
        by, named = next(iter(for_each.chosen.items()))
        known: dict[str, Any] = {
            "sensor_kind": self._town.kinds,
            "facility_kind": self._town.facility_kinds,
            "facility": self._town.facilities,
            "zone": self._town.zones,
        }
        unknown = [one for one in named if one != ANY and one not in known[by]]
        for one in [one for one in unknown if not self._town.unsure.may_be(by, one)]:
            self.reader._say((*self.place, "for_each", by), f"there is no {by} `{one}`", suggest(one, known[by]))
        return None if unknown else for_each

    def _kinds(self, for_each: ForEach) -> tuple[str, ...]:
        named = for_each.chosen.get("sensor_kind", (ANY,))
        return tuple(self._town.kinds) if ANY in named else named

    def _expression(self, key: str, text: str | None, names: Names, *, below: Location = ()) -> Expression | None:
        if text is None:
            return None
        try:
            return compile_choice(text, names) if key == "where" else compile_condition(text, names)
        except ExpressionError as error:
            place = (*self.place, "for_each", key) if key == "where" else (*self.place, *below, key)
            self.reader._say(place, str(error), error.suggestion)
            return None

    def _levels(self, written: dict[Severity, WrittenLevel], names: Names) -> tuple[Level, ...]:
        found = []
        for severity in sorted(written, key=lambda one: one.digit):
            one, below = written[severity], ("levels", severity.value)
            when = self._expression("when", one.when, names, below=below)
            clear = self._expression("clear", one.clear, names, below=below)
            if when is None:
                continue
            if clear and contradicts(when.term, clear.term):
                self.reader._say((*self.place, *below, "clear"), _CONTRADICTS, _LEAVE_A_GAP)
            hold_for = self.written.hold_for if one.hold_for is None else one.hold_for
            found.append(Level(severity, when, clear, hold_for or 0))
        return tuple(found)

    def _sequence(self, written: tuple[WrittenStep, ...], names: Names) -> tuple[Step, ...]:
        found = []
        for number, one in enumerate(written):
            below: Location = ("sequence", number)
            if mistake := _step_mistake(one, first=number == 0):
                self.reader._say((*self.place, *below), *mistake)
                continue
            key, text = ("is", one.is_) if one.is_ is not None else ("not", one.not_)
            expression = self._expression(key, text, names, below=below)
            if expression is not None:
                found.append(Step(expression, one.within))
        if written and not self.written.within:
            self._wrong("", "`within` is missing", "say how long the whole sequence may take, such as `within: 30s`")
        if self.written.within is not None and not written:
            self._wrong("within", "`within` goes with `sequence`", "leave it out")
        return tuple(found)

    def _silence(self, absent: Absent, names: Names) -> Silence | None:
        if names.subject != "sensor":
            self._wrong("for_each", "`absent` watches sensors", "choose by `sensor_kind`")
            return None
        if absent.any_of is not None and absent.all_of is not None:
            self._wrong("absent", "write `any_of` or `all_of`, not both")
        for quantity in absent.any_of or absent.all_of or ():
            try:
                names.quantity(quantity, 1)
            except ExpressionError as error:
                self._wrong("absent", error.message, error.suggestion)
        limit = absent.silent_for
        return Silence(
            quantities=absent.any_of or absent.all_of or (),
            every=absent.all_of is not None,
            limit=limit if isinstance(limit, int) else None,
            intervals=limit.intervals if isinstance(limit, Intervals) else 0,
        )

    def _schedule(self, written: ActiveBetween | None) -> Schedule | None:
        if written is None:
            return None
        if written.start == written.end:
            self._wrong("active_between", "`from` and `to` are the same", "leave `active_between` out for all day")
        return Schedule(written.start, written.end, self._days(written.days), self._town.zone_info)

    def _days(self, days: str | Collection[str]) -> Callable[[date], bool]:
        town = self._town
        if not isinstance(days, str):
            return on_days(days)
        if not is_known(town.country) and not town.special_days:
            what = f"the holidays of {town.country} are not known"
            place = (*self.place, "active_between", "days")
            self.reader._warn(place, what, f"write them in {HOLIDAYS}; until then Monday to Friday are workdays")
        return town.is_workday if days == "workdays" else lambda day: not town.is_workday(day)

    def _together(self, rule: Rule) -> None:
        """What only the whole rule can get wrong."""
        if rule.absent is not None:
            for key in ("clear", "count", "hold_for", "on_missing", "active_between"):
                if getattr(self.own, key) is not None:
                    shown = "for" if key == "hold_for" else key
                    self._wrong(shown, f"`{shown}` does not go with `absent`", "leave it out")
        if rule.sequence:
            for key in ("clear", "count", "hold_for", "on_missing"):
                if getattr(self.own, key) is not None:
                    shown = "for" if key == "hold_for" else key
                    self._wrong(shown, f"`{shown}` does not go with `sequence`", "leave it out")
        if rule.on_missing == "raise" and rule.active_between is not None:
            self._wrong("on_missing", "`raise` does not go with `active_between`", "write a rule with `absent`")
        if rule.when and rule.clear and contradicts(rule.when.term, rule.clear.term):
            self._wrong("clear", _CONTRADICTS, _LEAVE_A_GAP)
        if rule.levels:
            self._with_levels(rule)
        if has_errors(self.reader.findings):
            return
        judged = judged_by(rule, self._town)
        if not judged and not self.reader.pack:
            self.reader._warn((*self.place, "for_each"), "nothing in this town is judged by this rule")
        if judged and not self.reader.pack and rule.conditions and not _is_measured(rule, judged, self._town):
            place = (*self.place, "for_each")
            self.reader._warn(place, "no sensor that it judges measures what it asks for", "it can never be true")
        self._too_short(rule, judged)

    def _with_levels(self, rule: Rule) -> None:
        for key in ("clear", "count", "severity"):
            if getattr(self.own, key) is not None:
                self._wrong(
                    key, f"`{key}` does not go with `levels`", "write it in each level" if key == "clear" else ""
                )
        if rule.on_missing == "raise":
            self._wrong("on_missing", "`raise` does not go with `levels`", "write a rule with `absent`")

    def _too_short(self, rule: Rule, judged: list[Judged]) -> None:
        if subject_kind(rule.for_each) != "sensor":
            return
        longest = max((one.members[0].interval for one in judged), default=0)
        spans: list[tuple[Location, Duration]] = [(("for",), rule.hold_for)] if rule.when else []
        spans += [(("levels", one.severity.value, "for"), one.hold_for) for one in rule.levels]
        for key, hold_for in spans:
            if 0 < hold_for < 2 * longest:
                shown = f"`for` is shorter than two intervals ({format_duration(longest)} each)"
                self.reader._warn((*self.place, *key), shown, "it will wait for the second reading")


def _is_measured(rule: Rule, judged: list[Judged], town: Town) -> bool:
    """Whether anything that the rule asks for is measured by any sensor of any of its subjects."""
    memory = Memory(town)
    for one in judged:
        sensor = one.members[0] if one.subject.kind == "sensor" else None
        view = View(memory, Watch(one.subject, one.members), max_age=None, sensor=sensor)
        if any(expression.tracks(view) for expression in rule.conditions):
            return True
    return False


def _step_mistake(step: WrittenStep, *, first: bool) -> tuple[str, str] | None:
    """What is wrong with a step of a sequence, and what to do."""
    if (step.is_ is None) == (step.not_ is None):
        return "a step is `is` or `not`", "such as `{is: door_contact.open}`"
    if step.is_ is not None:
        return ("`within` goes with `not`", "leave it out") if step.within is not None else None
    if first:
        return "a sequence begins with `is`", "what must not be so stands behind the step it is held against"
    if not step.within:
        return "`not` needs `within`", "write -10s for the time before the last step, 10s for the time after it"
    return None
