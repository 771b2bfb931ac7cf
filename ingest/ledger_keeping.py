"""Keeps the ledger: every two seconds it is checked gateway by gateway, and what changed is written down."""

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping

from ingest.ledger import Account, Imbalance, Ledger
from ingest.ledger_file import Change, LedgerFile
from town.moment import SECOND, Duration
from town.ports import Clock, Gauge, PartHealth

log = logging.getLogger("ingest.ledger")

EVERY: Duration = 2 * SECOND
VANISHED = "readings in the spool"
"""Of what is missing that was there when the last run ended."""

_Counts = dict[str, tuple[tuple[int, ...], Counter[tuple[str, str]]]]
"""By gateway: what is in COUNTS, and what was refused by scope and reason."""


class Keeping:
    """Checks and writes the ledger. `waiting` counts the readings in memory by gateway, one by one.

    Without a file it only checks.
    """

    def __init__(
        self, ledger: Ledger, *, waiting: Callable[[], Mapping[str, int]], file: LedgerFile | None, clock: Clock
    ) -> None:
        self.imbalances: list[Imbalance] = []
        """What did not add up at the last look."""
        self._ledger, self._waiting, self._file, self._clock = ledger, waiting, file, clock
        self._written: _Counts = {}
        self._since, self._trouble = clock(), ""
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY / 1000)

    async def look(self, *, ended: bool = False) -> None:
        """Check the ledger as it is now, and write down what changed; `ended` is said at the end of a run."""
        async with self._one_at_a_time:
            waiting = self._waiting()
            balance = self._ledger.balance()
            self._tell(self._ledger.imbalances(waiting) + self._vanished(balance.carried))
            now_there = {
                gateway: self._of(gateway, account, waiting) for gateway, account in self._ledger.accounts.items()
            }
            changes = [change for gateway in now_there if (change := self._change(gateway, now_there[gateway]))]
            if self._file is None:
                return
            write = self._file.write(
                changes, self._clock(), in_spool=balance.in_spool, carried=balance.carried, ended=ended
            )
            await self._finish(write, now_there)

    def _vanished(self, carried: int) -> list[Imbalance]:
        """What the last run had left in the spool and this one did not find there; so it stays as long as this runs."""
        missing = 0 if self._file is None else self._file.left - carried
        return [Imbalance("", VANISHED, missing)] if missing > 0 else []

    async def _finish(self, write: Coroutine[None, None, None], now_there: _Counts) -> None:
        """See a write through, also when we are cancelled: what is on disk must not be written again."""
        writing = asyncio.ensure_future(write)
        try:
            await asyncio.wait([writing])
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            raise
        finally:
            error = writing.exception() if writing.done() and not writing.cancelled() else None
            if isinstance(error, sqlite3.Error):
                self._failed(error)
            elif error is not None:
                raise error
            else:
                self._written, self._trouble = now_there, ""

    def health(self) -> PartHealth:
        """Down when something goes missing, degraded when it did before this run or counts cannot be written down."""
        if self.imbalances:
            told = "; ".join(f"{each.gateway or '-'}: {each.missing} {each.what}" for each in self.imbalances[:5])
            now = any(each.what != VANISHED for each in self.imbalances)
            return PartHealth(
                "ledger", "down" if now else "degraded", self._since, f"does not balance, missing of {told}"
            )
        if self._trouble:
            return PartHealth("ledger", "degraded", self._since, f"cannot be written down: {self._trouble}")
        return PartHealth("ledger", "ok", self._since, "balanced")

    def figures(self) -> list[Gauge]:
        """What is missing, for /metrics and for alerts on it."""
        missing = {(each.gateway, each.what): each.missing for each in self.imbalances}
        return [
            Gauge("town_ingest_ledger_balanced", float(not missing), help="Whether every reading is accounted for."),
            *(
                Gauge("town_ingest_ledger_missing", count, {"gateway": gateway, "of": what}, help="Not accounted for.")
                for (gateway, what), count in missing.items()
            ),
        ]

    def _of(
        self, gateway: str, account: Account, waiting: Mapping[str, int]
    ) -> tuple[tuple[int, ...], Counter[tuple[str, str]]]:
        """A gateway's counts in the order of COUNTS, and what was refused by scope and reason."""
        counts = (
            account.received, account.redelivered, account.decoded, account.rejected.total(), account.readings,
            account.carried, account.stored, account.spooled, account.replayed, account.quarantined.total(),
            account.duplicates, account.gaps, waiting.get(gateway, 0), self._ledger.in_spool.get(gateway, 0),
        )  # fmt: skip
        refused = Counter(
            {
                (scope, reason.value): count
                for scope, reasons in (
                    ("message", account.rejected),
                    ("reading", account.quarantined),
                    ("value", account.refused),
                    ("clock", account.clocks),
                )
                for reason, count in reasons.items()
            }
        )
        return counts, refused

    def _change(self, gateway: str, now: tuple[tuple[int, ...], Counter[tuple[str, str]]]) -> Change | None:
        counts, refused = now
        nothing: tuple[tuple[int, ...], Counter[tuple[str, str]]] = ((0,) * len(counts), Counter())
        before, refused_before = self._written.get(gateway, nothing)
        if counts == before and refused == refused_before:
            return None
        changed = tuple(one - other for one, other in zip(counts, before, strict=True))
        return Change(gateway, changed, refused - refused_before)

    def _tell(self, found: list[Imbalance]) -> None:
        if bool(found) != bool(self.imbalances):
            self._since = self._clock()
            log.log(logging.ERROR if found else logging.INFO, "the ledger %s", found or "balances again")
        self.imbalances = found

    def _failed(self, error: sqlite3.Error) -> None:
        if not self._trouble:
            log.error("the ledger cannot be written down, it is tried again: %s", error)
            self._since = self._clock()
        self._trouble = str(error)
