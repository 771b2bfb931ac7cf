"""From readings to people: rules, alert book, senders, and what all of them tell the store."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alerts.book import Book, open_book
from alerts.clockwork import Clockwork
from alerts.escalation import Caller
from alerts.heartbeat import Heartbeat
from alerts.links import Links, load_key
from alerts.outbox import Outbox
from alerts.people import People
from alerts.performance import Performing
from alerts.sender_alerts import SenderWatch
from alerts.senders.call import HttpCall
from alerts.senders.channels import Endpoints, build_senders, close_senders
from alerts.sending import Publish, Sender
from alerts.telling import Teller, to_store
from brain.air import AirQualityRows
from brain.alert_broker import AlertBroker
from brain.bundle import Bundle
from brain.clock import wall_clock
from brain.endpoints import endpoints_of, heartbeat_address
from brain.hangup import Hangup
from brain.health import Part
from brain.judge import Judge
from brain.people_files import people_files
from brain.process import Loops
from brain.receiver import LocalReceiver
from brain.rule_files import rule_files
from brain.secrets import secret
from brain.standing import Standing
from brain.state import BOOK_FILE, LINK_KEY_FILE, SNAPSHOT_FILE
from brain.watched_files import WatchedFiles
from console.live import LiveReadings
from ingest.session import SessionSettings
from rules.ruleset import RuleSet
from town.language import Label
from town.settings import Settings
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.store.own_rows import OwnRows
from town.store.retention import keep_of
from town.store.rollup import Rollups


@dataclass(frozen=True)
class Alerting:
    """One town's, in one process: whoever has readings gives them to `judge` and to `live`."""

    book: Book
    judge: Judge
    live: LiveReadings
    caller: Caller
    outbox: Outbox
    rule_files: WatchedFiles[RuleSet]
    people_files: WatchedFiles[People]
    rollups: Rollups
    own: OwnRows
    tellers: Sequence[Teller]
    standing: Standing
    performance: Performing
    links: Links
    broker: AlertBroker
    heartbeat: Heartbeat | None

    def loops(self) -> Loops:
        """What has to run, by name; the judge runs when whoever feeds it says so."""
        return {
            "caller": self.caller.run,
            "outbox": self.outbox.run,
            "refused senders": SenderWatch(self.book).run,
            "clockwork": Clockwork(self.book).run,
            "rule files": self.rule_files.run,
            "people file": self.people_files.run,
            "hang-up": Hangup(self.rule_files.look, self.people_files.look).run,
            "rollups": self.rollups.run,
            "own measurements": self.own.run,
            "standing": self.standing.run,
            "alerts' broker": self.broker.run,
            **{teller.parts()[0].part: teller.run for teller in self.tellers},
            **({"heartbeat": self.heartbeat.run} if self.heartbeat else {}),
        }

    def health(self) -> Sequence[Part]:
        """What knows how it is."""
        told: Sequence[Part] = (self.own, *self.tellers, self.broker, self.performance)
        beating = (self.heartbeat,) if self.heartbeat else ()
        return (self.judge, self.rule_files, self.people_files, self.book, self.outbox, self.rollups, *told, *beating)


@asynccontextmanager
async def open_alerting(
    bundle: Bundle,
    settings: Settings,
    session: SessionSettings,
    *,
    state: Path,
    store: DuckStore | InfluxStore,
    receiver: LocalReceiver | None,
) -> AsyncIterator[Alerting]:
    """Open book and rules where they stood; with a `receiver` every notification goes there, over the real senders."""
    town = bundle.town
    async with open_book(book_url(settings, state), town, clock=wall_clock, people=bundle.people) as book:
        live, own = LiveReadings(), OwnRows(store, wall_clock)
        snapshot = state / SNAPSHOT_FILE
        saved = await asyncio.to_thread(snapshot.read_bytes) if snapshot.exists() else None
        judge = Judge(bundle.rules, town, book=book, clock=wall_clock, snapshot=snapshot, saved=saved)
        broker = AlertBroker(book, session, may_acknowledge=settings.mqtt_acknowledge == "on")
        senders = _senders(settings, receiver, publish=broker.publish)
        links = await links_of(book, settings, state)
        performance = Performing(book, operators=settings.operators)
        outbox = Outbox(book, senders, name=f"{socket.gethostname()}-{state}", link=links.of)
        needed = (judge, book, outbox)
        try:
            yield Alerting(
                book,
                judge,
                live,
                Caller(book),
                outbox,
                rule_files(bundle, judge, clock=wall_clock),
                people_files(bundle.folder, book, clock=wall_clock),
                Rollups(store, wall_clock, keep=keep_of(settings)),
                own,
                [to_store(book, store)],
                Standing(book, live, own, clock=wall_clock, more=[performance.rows, AirQualityRows(store, town).rows]),
                performance,
                links,
                broker,
                None if receiver else _heartbeat(settings, town.id, needed),
            )
        finally:
            await close_senders(senders)


async def links_of(book: Book, settings: Settings, state: Path) -> Links:
    """Links by which people acknowledge from a message: made by the rules and answered by the console."""
    told = settings.link_key
    if told is not None:
        key = hashlib.sha256(told.get_secret_value().encode()).digest()
    else:
        key = await asyncio.to_thread(load_key, state / LINK_KEY_FILE)
    return Links(book, key, base=_base(settings))


def book_url(settings: Settings, state: Path) -> str:
    """The SQLAlchemy URL of the alert book."""
    if settings.book_url is not None:
        return settings.book_url.get_secret_value()
    return f"sqlite:///{state / BOOK_FILE}"


def _senders(settings: Settings, receiver: LocalReceiver | None, *, publish: Publish) -> dict[str, Sender]:
    if receiver is not None:
        here = Endpoints(receiver.http_url, receiver.smtp_url, smtp_from="town@localhost.localdomain")
        return build_senders(here, secret=lambda _: receiver.secret, clock=wall_clock)
    return build_senders(endpoints_of(settings), secret=secret, clock=wall_clock, publish=publish)


def _heartbeat(settings: Settings, town: str, needed: Sequence[Part]) -> Heartbeat | None:
    """The sign of life, when somebody watches for it: given while `needed` work."""
    if (url := heartbeat_address(settings)) is None:
        return None
    return Heartbeat(
        url, HttpCall(), town=town, health=lambda: [one for part in needed for one in part.parts()], clock=wall_clock
    )


def called(people: People, who: str) -> Label | None:
    """What people call whom the town tells."""
    return people.called(who)


def _base(settings: Settings) -> str:
    """How people reach the console."""
    return (settings.public_url or f"http://{settings.http}").rstrip("/")
