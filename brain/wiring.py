"""Puts the parts of one brain together, all in one process: who is handed what, and which loops run."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alerts.book import Book
from alerts.duty import DutyDesk
from alerts.outbox_desk import OutboxDesk
from brain.alerting import Alerting, called, open_alerting
from brain.bundle import Bundle
from brain.callbacks import Callbacks, twilio_callback
from brain.clock import wall_clock
from brain.health import WholeHealth
from brain.history_socket import serve_history
from brain.judge import Judge
from brain.own_alerts import OwnAlerts
from brain.past import Past
from brain.pipeline import Pipeline
from brain.process import Loops
from brain.receiver import LocalReceiver
from brain.rules_shown import rules_shown
from brain.secrets import secret
from brain.taking_in import TakingIn, open_taking_in
from console.access import Access
from console.live import LiveReadings
from console.parts import ConsoleParts
from ingest.files import LEDGER_FILE
from ingest.intake import Intake
from ingest.session import SessionSettings
from town.ports import Deliver, Store
from town.reading import Reading
from town.settings import Settings
from town.store.open import open_store


@dataclass
class Brain:
    """The parts of a running brain."""

    bundle: Bundle
    settings: Settings
    state: Path
    store: Store
    alerting: Alerting
    taking_in: TakingIn
    past: Past
    health: WholeHealth

    @property
    def book(self) -> Book:
        """The alert book."""
        return self.alerting.book

    @property
    def judge(self) -> Judge:
        """The loop of the rules."""
        return self.alerting.judge

    @property
    def intake(self) -> Intake:
        """The hot path."""
        return self.taking_in.intake

    @property
    def connected(self) -> bool:
        """Whether messages can arrive."""
        return any(each.part == "broker" and each.state != "down" for each in self.intake.parts())

    def start(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Start every loop as a named task of the group."""
        loops: Loops = {"ingest": self.intake.run, "rules": self.judge.run, "past": self.past.run}
        loops |= self.alerting.loops()
        loops["own alerts"] = OwnAlerts(self.health.parts, self.book, clock=wall_clock).run
        loops["pipeline"] = Pipeline(
            self.health.figures, self.alerting.own, ledger=self.state / LEDGER_FILE, name="", clock=wall_clock
        ).run
        if self.settings.store_url.startswith("duckdb:"):
            loops["history for other commands"] = partial(serve_history, self.state, self.store)
        return [group.create_task(loop(), name=name) for name, loop in loops.items()]

    def console_parts(self, access: Access) -> ConsoleParts:
        """What the console is given."""
        return ConsoleParts(
            town=lambda: self.bundle.town,
            folder=self.bundle.folder,
            alerts=self.book,
            actions=self.book,
            windows=self.book.windows,
            outbox=OutboxDesk(self.book),
            performance=self.alerting.performance,
            ledger=self.book,
            rules=lambda: rules_shown(self.judge.rules, self.judge.errors),
            history=self.store,
            latest=self.store,
            live=self.alerting.live,
            health=self.health,
            quarantine=self.taking_in.quarantine,
            gateways=self.taking_in.gateways,
            clock=wall_clock,
            access=access,
            language=self.settings.language or self.bundle.town.language,
            public_url=self.settings.public_url,
            links=self.alerting.links,
            called=lambda who: called(self.book.people, who),
            duty=DutyDesk(self.book),
            receipts=Callbacks(self.book, url=twilio_callback(self.settings), secret=secret),
            people=self.book.names,
        )


@asynccontextmanager
async def open_brain(
    bundle: Bundle, settings: Settings, *, state: Path, session: SessionSettings, receiver: LocalReceiver | None
) -> AsyncIterator[Brain]:
    """Open everything a brain needs, judge what was missed while it was down, and hand it out ready to start.

    With a `receiver` every notification goes there, over the real senders, instead of to the town's people.
    """
    town = bundle.town
    async with (
        open_store(settings, town, state) as store,
        open_alerting(bundle, settings, session, state=state, store=store, receiver=receiver) as alerting,
    ):
        live, judge = alerting.live, alerting.judge
        past = Past(store, live, judge)
        await past.look()
        deliver, reached = both(live, judge), judge.reached
        async with open_taking_in(
            town, settings, session, state=state, store=store, judge=deliver, judged_until=reached
        ) as taking_in:
            intake = taking_in.intake
            judge.heard_until = intake.close_receipt
            health = WholeHealth((intake, *alerting.health()), clock=wall_clock)
            yield Brain(bundle, settings, state, store, alerting, taking_in, past, health)


def both(live: LiveReadings, judge: Judge) -> Deliver:
    """Readings for the screens and for the rules."""

    async def deliver(readings: Sequence[Reading]) -> None:
        live.update(readings)
        await judge.deliver(readings)

    return deliver
