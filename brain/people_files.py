"""Who is told, while the brain runs: people.yaml and rota.csv."""

import logging
from collections.abc import Sequence
from pathlib import Path

from alerts.book import Book
from alerts.people import People
from alerts.people_file import FILE, load_people
from alerts.rota_table import FILE as ROTA_FILE
from brain.watched_files import WatchedFiles
from town.findings import Finding
from town.ports import Clock, Gauge

log = logging.getLogger("people")


def people_files(folder: Path, book: Book, *, clock: Clock) -> WatchedFiles[People]:
    """Who watches both files of a town folder and gives changed people to the alert book."""
    return WatchedFiles(
        "people file",
        _PeopleFiles(folder, book, clock=clock),
        at=folder,
        only=(FILE, ROTA_FILE),
        mistakes=Gauge("town_people_file_mistakes", 0, help="Mistakes in people.yaml and rota.csv not in force."),
        meanwhile="who was told before goes on being told",
        clock=clock,
        log=log,
    )


class _PeopleFiles:
    def __init__(self, folder: Path, book: Book, *, clock: Clock) -> None:
        self._folder, self._book, self._clock = folder, book, clock
        self._told_somebody = (folder / FILE).exists()

    def read(self) -> tuple[People | None, Sequence[Finding]]:
        return load_people(self._folder, self._book.town, now=self._clock())

    def is_wrong(self, finding: Finding) -> bool:
        """A file that was taken away, too: a town that told people does not fall silent by an accident."""
        gone = self._told_somebody and finding.file == FILE and not (self._folder / FILE).exists()
        return finding.level == "error" or gone

    async def put_in_force(self, people: People, findings: Sequence[Finding]) -> bool:
        if people == self._book.people:
            return False
        self._told_somebody = (self._folder / FILE).exists()
        self._book.reload(self._book.town, people)
        counts = len(people.people), len(people.targets), len(people.routes)
        log.info("people.yaml is in force: %d people, %d targets, %d routes", *counts)
        for finding in findings:
            log.warning("%s", finding)
        return True
