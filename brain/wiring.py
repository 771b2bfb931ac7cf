"""Puts the parts of one brain together: who is handed what, and which loops run."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alerts.book import Book, open_book
from alerts.outbox import Outbox
from alerts.senders.channels import Endpoints, build_senders
from alerts.sending import Sender
from brain.bundle import Bundle
from brain.clock import wall_clock
from brain.endpoints import endpoints_of
from brain.health import WholeHealth
from brain.judge import Judge
from brain.past import Past
from brain.receiver import LocalReceiver
from brain.rule_files import RuleFiles
from brain.secrets import secret
from brain.state import BOOK_FILE, SNAPSHOT_FILE
from console.access import Access
from console.live import LiveReadings
from console.parts import ConsoleParts, GatewayRow, QuarantineRow
from ingest.files import QUARANTINE_FILE, open_files
from ingest.intake import Intake
from ingest.quarantine import list_entries
from ingest.reason import REASON_LABELS
from ingest.session import SessionSettings, session_settings
from town.errors import ConfigError
from town.language import Label
from town.moment import parse_duration
from town.ports import Deliver, Store
from town.reading import Reading
from town.settings import Settings, size_in_bytes
from town.store.open import open_store
from town.store.own_rows import OwnRows
from town.store.retention import keep_of
from town.store.rollup import Rollups

log = logging.getLogger("brain")


@dataclass
class Brain:
    """The parts of a running brain. `loops` are what has to run, by name."""

    bundle: Bundle
    settings: Settings
    state: Path
    store: Store
    book: Book
    judge: Judge
    intake: Intake
    outbox: Outbox
    rule_files: RuleFiles
    past: Past
    rollups: Rollups
    own: OwnRows
    live: LiveReadings
    health: WholeHealth

    @property
    def connected(self) -> bool:
        """Whether messages can arrive."""
        return any(each.part == "broker" and each.state != "down" for each in self.intake.parts())

    def start(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Start every loop as a named task of the group."""
        loops = {
            "ingest": self.intake.run,
            "rules": self.judge.run,
            "outbox": self.outbox.run,
            "rule files": self.rule_files.run,
            "past": self.past.run,
            "rollups": self.rollups.run,
            "own measurements": self.own.run,
        }
        return [group.create_task(loop(), name=name) for name, loop in loops.items()]

    def console_parts(self, access: Access) -> ConsoleParts:
        """What the console is given."""
        return ConsoleParts(
            town=lambda: self.bundle.town,
            folder=self.bundle.folder,
            alerts=self.book,
            actions=self.book,
            history=self.store,
            latest=self.store,
            live=self.live,
            health=self.health,
            quarantine=self._quarantine_rows,
            gateways=self._gateway_rows,
            clock=wall_clock,
            access=access,
            language=self.settings.language or self.bundle.town.language,
            public_url=self.settings.public_url,
            called=self._called,
        )

    def _called(self, who: str) -> Label | None:
        return self.book.people.called(who)

    async def _quarantine_rows(self, *, limit: int = 50) -> list[QuarantineRow]:
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

    def _gateway_rows(self) -> list[GatewayRow]:
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
async def open_brain(
    bundle: Bundle, settings: Settings, *, state: Path, session: SessionSettings, receiver: LocalReceiver | None
) -> AsyncIterator[Brain]:
    """Open everything a brain needs, judge what was missed while it was down, and hand it out ready to start.

    With a `receiver` every notification goes there, over the real senders, instead of to the town's people.
    """
    town = bundle.town
    async with (
        open_store(settings, town, state) as store,
        open_book(book_url(settings, state), town, clock=wall_clock, people=bundle.people) as book,
        open_files(
            state,
            town,
            store=settings.store_url,
            spool_size=size_in_bytes(settings.spool_size),
            spool_age=parse_duration(settings.spool_age),
            clock=wall_clock,
        ) as files,
    ):
        live = LiveReadings()
        snapshot = state / SNAPSHOT_FILE
        saved = snapshot.read_bytes() if snapshot.exists() else None
        judge = Judge(bundle.rules, town, book=book, clock=wall_clock, snapshot=snapshot, saved=saved)
        past = Past(store, live, judge)
        await past.look()
        outbox = Outbox(
            book, _senders(settings, receiver), name=f"{socket.gethostname()}-{state}", link=alert_link(settings)
        )
        intake = Intake(
            town,
            session,
            store=store,
            judge=_both(live, judge),
            quarantine=files.quarantine,
            spool=files.spool,
            ledger_file=files.ledger,
            discovered=files.discovered,
            patience=parse_duration(settings.store_patience),
            judged_until=judge.reached,
            clock=wall_clock,
        )
        judge.heard_until = lambda: intake.heard_until
        rule_files = RuleFiles(bundle, judge, clock=wall_clock)
        rollups = Rollups(store, wall_clock, keep=keep_of(settings))
        own = OwnRows(store, wall_clock)
        health = WholeHealth((intake, judge, rule_files, book, outbox, rollups, own), clock=wall_clock)
        yield Brain(
            bundle, settings, state, store, book, judge, intake, outbox, rule_files, past, rollups, own, live, health
        )


def _both(live: LiveReadings, judge: Judge) -> Deliver:
    async def deliver(readings: Sequence[Reading]) -> None:
        live.update(readings)
        await judge.deliver(readings)

    return deliver


def _senders(settings: Settings, receiver: LocalReceiver | None) -> dict[str, Sender]:
    if receiver is not None:
        here = Endpoints(receiver.http_url, receiver.smtp_url, smtp_from="town@localhost.localdomain")
        return build_senders(here, secret=lambda _: receiver.secret, clock=wall_clock)
    return build_senders(endpoints_of(settings), secret=secret, clock=wall_clock)


def book_url(settings: Settings, state: Path) -> str:
    """The SQLAlchemy URL of the alert book."""
    if settings.book_url is not None:
        return settings.book_url.get_secret_value()
    return f"sqlite:///{state / BOOK_FILE}"


def alert_link(settings: Settings) -> Callable[[str], str | None]:
    """Where the page of an alert is, for messages."""
    base = (settings.public_url or f"http://{settings.http}").rstrip("/")
    return lambda alert: f"{base}/alerts/{alert}"


def broker_session(settings: Settings, town: str, *, embedded_port: int | None) -> SessionSettings:
    """How ingest reaches the broker that the settings name."""
    url = settings.mqtt_url if embedded_port is None else f"mqtt://127.0.0.1:{embedded_port + 1}"
    password = settings.mqtt_password
    return session_settings(
        url,
        client_id=f"town-{town}",
        password=password.get_secret_value() if password else None,
        ca=settings.mqtt_ca,
        share=settings.mqtt_share,
    )


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8080` or `[::1]:8080`; raises ConfigError for anything else."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ConfigError(f"TOWN_HTTP={address}: write it as 127.0.0.1:8080")
    return host.strip("[]"), int(port)
