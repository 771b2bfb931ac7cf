"""A rule case as it stands on disk: its town, its rules, its readings, and what is expected."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rules.case_reason import ExpectedObservation, moment_of
from rules.case_tables import ReadingTable, small_town
from rules.folder import load_rule_files, load_rules
from rules.ruleset import RuleSet
from town.alert import AlertState, Cause, Severity
from town.errors import ConfigError
from town.findings import Finding, has_errors
from town.folder import load_town
from town.moment import Moment, parse_moment
from town.reading import Reading
from town.source import read_yaml
from town.town import Town

DEFAULT_START = "2026-01-05T00:00:00+08:00"
EXPECT = "expect.yaml"


def _as_list(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ExpectedNotifications(_Written):
    """How many notifications a target was sent since the start."""

    target: str
    count: int = Field(ge=0)


class Expectation(_Written):
    """What must be so at a moment; what is not named is not compared."""

    at: str
    rule: str | None = None
    subject: str | None = None
    state: AlertState | None = None
    not_state: AlertState | None = Field(None, alias="not")
    severity: Severity | None = None
    activations: int | None = Field(None, ge=0)
    chattering: bool | None = None
    reason: Cause | None = None
    because: tuple[ExpectedObservation, ...] = ()
    notifications: tuple[ExpectedNotifications, ...] = ()


class Acknowledged(_Written):
    """A person acknowledges the alert of a rule about a subject."""

    at: str
    rule: str
    subject: str


class WrittenReload(_Written):
    """Other rules, sensors or kinds are put in force; `refused` when there must be a mistake in them."""

    at: str
    rules: str = "rules.yaml"
    sensors: str = "sensors.csv"
    kinds: str = "kinds.yaml"
    refused: bool = False


class WrittenDown(_Written):
    """It is stopped, and started again; what arrives meanwhile waits."""

    at: str
    until: str


class ExpectFile(_Written):
    """`expect.yaml`."""

    start: str = DEFAULT_START
    rules: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    restart_at: str | None = None
    restarts: tuple[WrittenDown, ...] = ()
    reload: tuple[WrittenReload, ...] = ()
    acknowledge: tuple[Acknowledged, ...] = ()
    expect: tuple[Expectation, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Reload:
    """Other rules and perhaps another town; without rules there was a mistake in them, as was expected."""

    rules: RuleSet | None
    town: Town


class Down(NamedTuple):
    """It did not run between the two."""

    at: Moment
    until: Moment


@dataclass(frozen=True)
class Case:
    """A case, ready to be played."""

    name: str
    town: Town
    rules: RuleSet
    start: Moment
    readings: list[Reading]
    """By arrival."""
    expect: list[tuple[Moment, Expectation]]
    restarts: tuple[Down, ...] = ()
    reload: tuple[tuple[Moment, Reload], ...] = ()
    acknowledge: tuple[tuple[Moment, Acknowledged], ...] = ()


def find_cases(path: Path) -> list[Path]:
    """The case folders at a path (a case, a town, or a folder of cases); raises ConfigError when there is none."""
    if not path.is_dir():
        raise ConfigError(f"{path}: there is no such folder")
    if (path / EXPECT).is_file():
        return [path]
    root = path / "rules" / "cases" if (path / "town.yaml").is_file() else path
    return sorted(file.parent for file in root.rglob(EXPECT))


def town_folder(path: Path) -> Path | None:
    """The town folder that a path is or stands in."""
    found = (one for one in (path, *path.resolve().parents) if (one / "town.yaml").is_file())
    return next(found, None)


Towns = dict[Path, tuple[Town | None, list[Finding]]]
"""Town folders that were read already: many cases stand on top of one."""


def load_case(folder: Path, towns: Towns) -> tuple[Case | None, list[Finding]]:
    """Read a case folder, or say everything that is wrong with it."""
    source, findings = read_yaml(folder / EXPECT, root=folder)
    file, wrong = source.parse(ExpectFile) if source else (None, [])
    findings = [*findings, *wrong]
    town, wrong = _town(folder, towns)
    findings += wrong
    if file is None or town is None or has_errors(findings):
        return None, findings
    rules, wrong = _rules(folder, town, file.rules)
    findings += [one for one in wrong if one.level == "error"]
    reloads = [_reload(folder, town, one, findings) for one in file.reload]
    try:
        start = parse_moment(file.start)
        table = ReadingTable(town, start, tuple(one.town for one in reloads))
        readings = table.read(folder / "readings.csv")
        timed = [(moment_of(one.at, start), one) for one in file.expect]
        acknowledge = tuple((moment_of(one.at, start), one) for one in file.acknowledge)
        reload = tuple((moment_of(one.at, start), made) for one, made in zip(file.reload, reloads, strict=True))
        downs = [WrittenDown(at=file.restart_at, until=file.restart_at)] if file.restart_at else []
        restarts = tuple(
            Down(moment_of(one.at, start), moment_of(one.until, start)) for one in (*downs, *file.restarts)
        )
        _check_moments(timed, restarts, start)
    except ValueError as error:
        return None, [*findings, Finding(EXPECT, 0, "", str(error))]
    findings += table.findings
    if rules is None or has_errors(findings):
        return None, findings
    return Case(folder.name, town, rules, start, readings, timed, restarts, reload, acknowledge), findings


def _check_moments(timed: list[tuple[Moment, Expectation]], restarts: tuple[Down, ...], start: Moment) -> None:
    """Raises ValueError for a moment at which nothing can be: an end before its beginning, what is no time at all."""
    if any(one.until < one.at for one in restarts):
        raise ValueError("restarts: `until` is before `at`")
    if any(at < start for at, _ in timed):
        raise ValueError("expect: `at` is before the start of the case")
    for one in (seen for _, expected in timed for seen in expected.because):
        if one.measured is not None:
            moment_of(one.measured, start)


def _reload(folder: Path, town: Town, written: WrittenReload, findings: list[Finding]) -> Reload:
    """What is put in force; mistakes that are not expected, and expected ones that are not there, are findings."""
    later, wrong = _own_town(folder, town, written.sensors, written.kinds)
    rules, more = load_rule_files([folder / written.rules], later or town, root=folder)
    mistakes = [one for one in (*wrong, *more) if one.level == "error"]
    if written.refused and not mistakes:
        findings.append(Finding(EXPECT, 0, "reload", f"expected a mistake in {written.rules}, there is none"))
    findings += [] if written.refused else mistakes
    return Reload(None if mistakes else rules, later or town)


def _rules(folder: Path, town: Town, named: tuple[str, ...]) -> tuple[RuleSet | None, list[Finding]]:
    own = folder / "rules.yaml"
    if not named:
        home = town_folder(folder)
        return load_rule_files([own], town, root=folder) if own.exists() or home is None else load_rules(home, town)
    files = sorted({folder / one.partition("#")[0] for one in named})
    wanted = {one.partition("#")[2] for one in named}
    rules, findings = load_rule_files(files, town, root=folder, whole=False)
    if rules is None or "" in wanted:
        return rules, findings
    missing = [Finding(EXPECT, 0, "rules", f"there is no rule `{one}`") for one in sorted(wanted - set(rules.rules))]
    return RuleSet({rule: rules.rules[rule] for rule in wanted & set(rules.rules)}), [*findings, *missing]


def _town(folder: Path, towns: Towns) -> tuple[Town | None, list[Finding]]:
    home, table = town_folder(folder), folder / "sensors.csv"
    if home is not None and home not in towns:
        towns[home] = load_town(home)
    base, findings = towns[home] if home is not None else (None, [])
    if table.is_file():
        return _own_town(folder, base, table.name, "kinds.yaml")
    errors = [one for one in findings if one.level == "error"]
    return base, errors or ([] if base else [Finding(table.name, 0, "", "the file is missing")])


def _own_town(folder: Path, base: Town | None, sensors: str, kinds: str) -> tuple[Town | None, list[Finding]]:
    """The town of a case's own sensors, with its own kinds when it has some."""
    own = folder / kinds
    if not (folder / sensors).is_file():
        return base, []
    return small_town(folder / sensors, base, kinds=own if own.is_file() else None)
