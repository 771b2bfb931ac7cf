"""Who is told, while the brain runs: changed files are checked whole, and then put in force whole or not at all."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import watchfiles

from alerts.book import Book
from alerts.people_file import FILE, load_people
from alerts.rota_table import FILE as ROTA_FILE
from town.findings import Finding
from town.ports import Clock, Gauge, PartHealth

log = logging.getLogger("people")


class PeopleFiles:
    """Watches people.yaml and rota.csv. `findings` is what is wrong with the newest, while older ones go on."""

    def __init__(self, folder: Path, book: Book, *, clock: Clock) -> None:
        self.findings: Sequence[Finding] = ()
        self._folder, self._book, self._clock = folder, book, clock
        self._told_somebody = (folder / FILE).exists()
        self._since = clock()

    async def run(self) -> None:
        """Look at once (whoever waited to judge began with older files) and at every change, until cancelled."""
        await self.look()
        stop = asyncio.Event()
        try:
            async for _ in watchfiles.awatch(
                self._folder, watch_filter=_is_ours, stop_event=stop, recursive=False, debounce=200
            ):
                await self.look()
        finally:
            stop.set()

    async def look(self) -> None:
        """Check the files now; put them in force when nothing is wrong. They are read in another thread."""
        people, found = await asyncio.to_thread(load_people, self._folder, self._book.town, now=self._clock())
        wrong = [finding for finding in found if finding.level == "error" or self._is_gone(finding)]
        if people is None or wrong:
            self._since, self.findings = self._clock(), wrong
            for one in wrong:
                log.error("%s; who was told before goes on being told", one)
            return
        if self.findings:
            self._since, self.findings = self._clock(), ()
        if people != self._book.people:
            self._since, self._told_somebody = self._clock(), (self._folder / FILE).exists()
            self._book.reload(self._book.town, people)
            counts = len(people.people), len(people.targets), len(people.routes)
            log.info("people.yaml is in force: %d people, %d targets, %d routes", *counts)
            for one in found:
                log.warning("%s", one)

    def _is_gone(self, finding: Finding) -> bool:
        """Whether the file was taken away: a town that told people does not fall silent by an accident."""
        return self._told_somebody and finding.file == FILE and not (self._folder / FILE).exists()

    def parts(self) -> list[PartHealth]:
        """Whether the newest files are in force."""
        if not self.findings:
            return [PartHealth("people file", "ok", self._since)]
        first = self.findings[0]
        more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
        told = f"{first.file}:{first.line}: {first.message}{more}; who was told before goes on being told"
        return [PartHealth("people file", "degraded", self._since, told)]

    def figures(self) -> list[Gauge]:
        """How many mistakes the newest files have."""
        number = len(self.findings)
        return [Gauge("town_people_file_mistakes", number, help="Mistakes in people.yaml and rota.csv not in force.")]


def _is_ours(_change: watchfiles.Change, path: str) -> bool:
    return Path(path).name in (FILE, ROTA_FILE)
