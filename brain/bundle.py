"""A town folder as every room reads it: town, rules, people and scenarios, with all mistakes at once."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from alerts.people import People
from alerts.people_file import load_people
from brain.clock import wall_clock
from rules.folder import load_rules
from rules.ruleset import RuleSet
from simulators.scenario import Scenario, load_scenarios
from town.findings import Finding, has_errors
from town.folder import read_town
from town.moment import DAY, Duration
from town.town import Town

_YEAR: Duration = 365 * DAY


class Bundle(NamedTuple):
    """A checked town folder."""

    folder: Path
    town: Town
    rules: RuleSet
    people: People
    scenarios: dict[str, Scenario]

    def hurried(self) -> "Bundle":
        """For hours that are played in seconds: all of it is late, and none of it is a gateway that comes back."""
        return self._replace(rules=replace(self.rules, backlog_after=_YEAR))


def load_bundle(folder: Path) -> tuple[Bundle | None, list[Finding]]:
    """Read the folder whole. The bundle is None when any finding is an error; warnings do not stop a town."""
    town, findings = read_town(folder)
    if town is None:
        return None, findings
    rules, in_rules = load_rules(folder, town)
    people, in_people = load_people(folder, town, now=wall_clock())
    scenarios, in_scenarios = load_scenarios(folder, town)
    others = [*in_rules, *in_people, *in_scenarios]
    if has_errors(findings):
        # A sensor that could not be read leaves rules without subjects: only mistakes of their own are told.
        others = [finding for finding in others if finding.level == "error"]
    findings = sorted([*findings, *others])
    if rules is None or people is None or has_errors(findings):
        return None, findings
    return Bundle(folder, town, rules, people, scenarios), findings
