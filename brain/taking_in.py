"""Ingest as a part of a process: its files, its intake, and what the console shows of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from brain.clock import wall_clock
from console.parts import GatewayRow, QuarantineRow
from ingest.files import QUARANTINE_FILE, open_files
from ingest.intake import Intake
from ingest.quarantine import list_entries
from ingest.reason import REASON_LABELS
from ingest.session import SessionSettings
from town.gateway import Gateway
from town.moment import Moment, parse_duration
from town.ports import Deliver, ReadingWriter
from town.settings import Settings, size_in_bytes
from town.town import Town


@dataclass(frozen=True)
class TakingIn:
    """An intake and the folder that it writes into."""

    intake: Intake
    state: Path

    async def quarantine(self, *, limit: int = 50) -> list[QuarantineRow]:
        """The newest entries of the quarantine, newest first."""
        entries = await asyncio.to_thread(list_entries, self.state / QUARANTINE_FILE, limit=limit)
        return [
            QuarantineRow(
                str(entry.id),
                entry.at,
                entry.gateway,
                entry.topic,
                entry.scope,
                entry.reason,
                REASON_LABELS[entry.reason],
                entry.detail,
                entry.size,
            )
            for entry in entries
        ]

    def gateways(self) -> list[GatewayRow]:
        """How every gateway is, as seen from here."""
        accounts = self.intake.ledger.accounts
        return [
            GatewayRow(
                status.gateway,
                status.online,
                status.since,
                status.last_message_at,
                accounts[status.gateway].received,
                accounts[status.gateway].rejected.total(),
            )
            for status in self.intake.statuses()
        ]


@asynccontextmanager
async def open_taking_in(
    town: Town,
    settings: Settings,
    session: SessionSettings,
    *,
    state: Path,
    store: ReadingWriter,
    judge: Deliver,
    judged_until: Moment | None = None,
    takes: Callable[[Gateway], bool] = lambda _: True,
) -> AsyncIterator[TakingIn]:
    """Open spool, quarantine and ledger, and an intake that has every batch judged by `judge` before it is stored."""
    async with open_files(
        state,
        town,
        store=settings.store_url,
        spool_size=size_in_bytes(settings.spool_size),
        spool_age=parse_duration(settings.spool_age),
        clock=wall_clock,
    ) as files:
        intake = Intake(
            town,
            session,
            store=store,
            judge=judge,
            quarantine=files.quarantine,
            spool=files.spool,
            ledger_file=files.ledger,
            discovered=files.discovered,
            patience=parse_duration(settings.store_patience),
            judged_until=judged_until,
            takes=takes,
            clock=wall_clock,
        )
        yield TakingIn(intake, state)
