"""A rule case as it stands on disk: its town, its rules, its readings, and what is expected."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rules.case_tables import ReadingTable, moment_of, small_town
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
    notifications: tuple[ExpectedNotifications, ...] = ()


class Acknowledged(_Written):
    """A person acknowledges the alert of a rule about a subject."""

    at: str
    rule: str
    subject: str


class ExpectFile(_Written):
    """`expect.yaml`."""

    start: str = DEFAULT_START
    rules: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    restart_at: str | None = None
    acknowledge: tuple[Acknowledged, ...] = ()
    expect: tuple[Expectation, ...] = Field(min_length=1)


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
    restart_at: Moment | None = None
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
    try:
        start = parse_moment(file.start)
        table = ReadingTable(town, start)
        readings = table.read(folder / "readings.csv")
        expect = [(moment_of(one.at, start), one) for one in file.expect]
        restart_at = moment_of(file.restart_at, start) if file.restart_at else None
        acknowledge = tuple((moment_of(one.at, start), one) for one in file.acknowledge)
    except ValueError as error:
        return None, [*findings, Finding(EXPECT, 0, "", str(error))]
    findings += table.findings
    if rules is None or has_errors(findings):
        return None, findings
    return Case(folder.name, town, rules, start, readings, expect, restart_at, acknowledge), findings


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
        return small_town(table, base)
    errors = [one for one in findings if one.level == "error"]
    return base, errors or ([] if base else [Finding(table.name, 0, "", "the file is missing")])
