"""Rule files while the brain runs: changed files are checked whole, and then put in force whole or not at all."""

import asyncio
import logging
from collections.abc import Sequence

import watchfiles

from brain.bundle import Bundle
from brain.judge import Judge
from rules.engine import Engine
from rules.folder import load_rules
from town.findings import Finding
from town.ports import Clock, Gauge, PartHealth

log = logging.getLogger("rules")


class RuleFiles:
    """Watches `rules/` of a town folder. `findings` is what is wrong with the newest files, while older rules go on."""

    def __init__(self, bundle: Bundle, judge: Judge, *, clock: Clock) -> None:
        self.findings: Sequence[Finding] = ()
        self._bundle, self._judge, self._clock = bundle, judge, clock
        self._since = clock()
        self._looking = asyncio.Lock()
        self._version = bundle.rules.version
        """Of the rules that were given to the judge last, which takes them when it comes to it."""

    async def run(self) -> None:
        """Look at once (whoever waited to judge began with older files) and at every change, until cancelled."""
        await self.look()
        folder = self._bundle.folder / "rules"
        stop = asyncio.Event()
        try:
            async for _ in watchfiles.awatch(folder, stop_event=stop, recursive=True, debounce=200):
                await self.look()
        finally:
            stop.set()

    async def look(self) -> None:
        """Check the files now; put them in force when nothing is wrong. All the work is done in another thread."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        rules, findings = await asyncio.to_thread(load_rules, self._bundle.folder, self._bundle.town)
        wrong = [finding for finding in findings if finding.level == "error"]
        if rules is None or wrong:
            self._since, self.findings = self._clock(), wrong
            for finding in wrong:
                log.error("%s:%d: %s: %s; the rules in force go on", *_said(finding))
            return
        self.findings = ()
        if rules.version != self._version:
            self._since, self._version = self._clock(), rules.version
            engine = await asyncio.to_thread(Engine, rules, self._bundle.town)
            self._judge.change(rules, self._bundle.town, built=engine)
            log.info("%d rules are in force, version %s", len(rules.rules), rules.version)

    def parts(self) -> list[PartHealth]:
        """Whether the newest files are in force."""
        if not self.findings:
            return [PartHealth("rule files", "ok", self._since)]
        file, line, _, message = _said(self.findings[0])
        more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
        return [PartHealth("rule files", "degraded", self._since, f"{file}:{line}: {message}{more}; old rules go on")]

    def figures(self) -> list[Gauge]:
        """How many mistakes the newest files have."""
        return [Gauge("town_rule_files_mistakes", len(self.findings), help="Mistakes in rule files not in force.")]


def _said(finding: Finding) -> tuple[str, int, str, str]:
    return finding.file, finding.line, finding.where, finding.message
