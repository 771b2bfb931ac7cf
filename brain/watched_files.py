"""Files that change while the brain runs: checked whole, and then put in force whole or not at all."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import watchfiles

from town.findings import Finding
from town.ports import Clock, Gauge, PartHealth

Read = TypeVar("Read")
_SETTLES_MS = 200


class Files(Protocol[Read]):
    """Files of one purpose: how they are read, what is wrong in them, and how they come in force."""

    def read(self) -> tuple[Read | None, Sequence[Finding]]:
        """Read and check them; called in another thread. None when they cannot be used."""

    def is_wrong(self, finding: Finding) -> bool:
        """Whether nothing may come in force because of it."""

    async def put_in_force(self, read: Read, findings: Sequence[Finding]) -> bool:
        """Go on with them; False when they say what is in force already."""


class WatchedFiles(Generic[Read]):
    """Looks at files at once and at every change, one look after the other. Nobody else puts them in force.

    `findings` is what is wrong with the newest files, while older ones go on; `meanwhile` says so to people.
    """

    def __init__(
        self, name: str, files: Files[Read], *, at: Path, only: Collection[str] = (), mistakes: Gauge, meanwhile: str,
        clock: Clock, log: logging.Logger,
    ) -> None:  # fmt: skip
        """`at` is the folder they are in, and below; `only` those names, directly in it."""
        self.findings: Sequence[Finding] = ()
        self._name, self._files, self._at, self._only = name, files, at, only
        self._mistakes, self._meanwhile, self._clock, self._log = mistakes, meanwhile, clock, log
        self._since = clock()
        self._looking = asyncio.Lock()

    async def run(self) -> None:
        """Look at once (whoever waited to judge began with older files) and at every change, until cancelled."""
        await self.look()
        stop = asyncio.Event()
        try:
            async for _ in watchfiles.awatch(
                self._at, watch_filter=self._is_ours, stop_event=stop, recursive=not self._only, debounce=_SETTLES_MS
            ):
                await self.look()
        finally:
            stop.set()

    async def look(self) -> None:
        """Check the files now; put them in force when nothing is wrong."""
        async with self._looking:
            read, found = await asyncio.to_thread(self._files.read)
            wrong = [finding for finding in found if self._files.is_wrong(finding)]
            if read is None or wrong:
                self._since, self.findings = self._clock(), wrong
                for finding in wrong:
                    self._log.error("%s; %s", finding, self._meanwhile)
                return
            changed = await self._files.put_in_force(read, found)
            if changed or self.findings:
                self._since, self.findings = self._clock(), ()

    def parts(self) -> list[PartHealth]:
        """Whether the newest files are in force."""
        if not self.findings:
            return [PartHealth(self._name, "ok", self._since)]
        first = self.findings[0]
        more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
        what = f"{first.file}:{first.line}: {first.message}{more}"
        return [PartHealth(self._name, "degraded", self._since, f"{what}; {self._meanwhile}")]

    def figures(self) -> list[Gauge]:
        """How many mistakes the newest files have."""
        return [Gauge(self._mistakes.name, len(self.findings), help=self._mistakes.help)]

    def _is_ours(self, change: watchfiles.Change, path: str) -> bool:
        return Path(path).name in self._only if self._only else _ordinary(change, path)


_ordinary = watchfiles.DefaultFilter()
"""Not what editors and version control leave beside files."""
