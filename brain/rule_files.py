"""The rule files of a town while the brain runs."""

import asyncio
import logging
from collections.abc import Sequence

from brain.bundle import Bundle
from brain.judge import Judge
from brain.watched_files import WatchedFiles
from rules.engine import Engine
from rules.folder import load_rules
from rules.ruleset import RuleSet
from town.findings import Finding
from town.ports import Clock, Gauge

log = logging.getLogger("rules")


def rule_files(bundle: Bundle, judge: Judge, *, clock: Clock) -> WatchedFiles[RuleSet]:
    """Who watches `rules/` of the town folder and gives changed rules to the judge."""
    return WatchedFiles(
        "rule files",
        _RuleFiles(bundle, judge),
        at=bundle.folder / "rules",
        mistakes=Gauge("town_rule_files_mistakes", 0, help="Mistakes in rule files not in force."),
        meanwhile="old rules go on",
        clock=clock,
        log=log,
    )


class _RuleFiles:
    def __init__(self, bundle: Bundle, judge: Judge) -> None:
        self._bundle, self._judge = bundle, judge
        self._version = bundle.rules.version
        """Of the rules that were given to the judge last, which takes them when it comes to it."""

    def read(self) -> tuple[RuleSet | None, Sequence[Finding]]:
        return load_rules(self._bundle.folder, self._bundle.town)

    def is_wrong(self, finding: Finding) -> bool:
        return finding.level == "error"

    async def put_in_force(self, rules: RuleSet, _findings: Sequence[Finding]) -> bool:
        """The engine is built in another thread, and handed over whole."""
        if rules.version == self._version:
            return False
        self._version = rules.version
        engine = await asyncio.to_thread(Engine, rules, self._bundle.town)
        self._judge.change(rules, self._bundle.town, built=engine)
        log.info("%d rules are in force, version %s", len(rules.rules), rules.version)
        return True
