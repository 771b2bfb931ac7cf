"""The alert book: what is and was wrong in town, what people did about it, and who has to be told."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from alerts import tables
from alerts.coming import upcoming
from alerts.database import BUSY, Database, open_database
from alerts.desk import CHUNK, Desk, taken_key
from alerts.events import (
    Acknowledge,
    PersonEvent,
    Reset,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unshelve,
    Verify,
)
from alerts.ledger import find_deliveries
from alerts.life import Refusal, refusal
from alerts.people import People
from alerts.prepared import Prepared, insert_rows
from alerts.questions import (
    Timing,
    count_notifications,
    count_open,
    find_alerts,
    find_detail,
    find_state,
    find_timings,
)
from alerts.record import Record, alert_of, write
from alerts.refused import refused_because, require_reason, require_shelf, short_enough
from alerts.step import by_person
from alerts.windows import Windows
from town.alert import Alert, AlertDefinition, AlertState, DeliveryState, Subject, Transition, Verification
from town.delivery import Delivery, DeliveryFilter
from town.errors import Unavailable
from town.language import Label
from town.moment import DAY, HOUR, Duration, Moment
from town.ports import ActionRefused, AlertDetail, AlertFilter, Clock, Gauge, PartHealth
from town.town import Town

KEEP_TAKEN = 90 * DAY
"""How long a transition that comes again is known; the engine's snapshots are minutes old."""
_OPEN = "Open alerts."

Listener = Callable[[frozenset[str]], None]
"""Called with the ids of alerts after their change is in the book; it must be quick and must not raise."""

Dispatch = Callable[[Connection], Callable[[], None]]
"""Called at the end of a transaction that may have made something due; what it returns is called after the commit."""


class Book:
    """Reads, takes transitions and people's actions; `database` is for the outbox of the same book."""

    def __init__(self, database: Database, town: Town, *, clock: Clock, people: People) -> None:
        self.database = database
        self.town, self.people, self.clock = town, people, clock
        self.dispatch: Dispatch | None = None
        """The outbox that runs on this book leases what transitions made due, in their own transaction."""
        self.windows = Windows(database, town=lambda: self.town, clock=clock)
        self._listeners: list[Listener] = []
        self._pruned_at: Moment | None = None
        self._open: dict[tuple[str, str, str], int] = {}
        self._away = ""
        self._since = clock()

    def reload(self, town: Town, people: People) -> None:
        """Go on with another reading of the town folder: open alerts stay as they are."""
        self.town, self.people = town, people

    def names(self) -> dict[str, Label]:
        """What the town's people are called, by id, as people.yaml says now."""
        return self.people.names()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have every change told from now on; call what is returned to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def announce(self, alerts: Collection[str]) -> None:
        """Tell the listeners which alerts changed."""
        if alerts:
            for listener in list(self._listeners):
                listener(frozenset(alerts))

    async def refresh(self) -> None:
        """Look again at what `figures` and `parts` tell; the outbox does so while it runs. Never raises Unavailable."""
        try:
            self._open = await self.counts()
            why = ""
        except Unavailable as error:
            why = str(error)
        if bool(why) != bool(self._away):
            self._since = self.clock()
        self._away = why

    def figures(self) -> list[Gauge]:
        """How many alerts are open, by category, severity and state, as `refresh` found them."""
        return [
            Gauge("town_alerts_open", number, {"category": category, "severity": severity, "state": state}, help=_OPEN)
            for (category, severity, state), number in sorted(self._open.items())
        ]

    def parts(self) -> list[PartHealth]:
        """Whether the book answers."""
        return [PartHealth("alert book", "down" if self._away else "ok", self._since, self._away)]

    async def take(
        self, transitions: Sequence[Transition], definitions: dict[str, AlertDefinition], now: Moment
    ) -> list[Alert]:
        """Apply transitions in their order with timeline and outbox, all or nothing; one taken before changes nothing.

        Returns the alerts that changed, as they are now. Raises Unavailable when the book is away: take them again.
        """
        if not transitions:
            return []

        def work(connection: Connection) -> tuple[list[Record], Callable[[], None] | None]:
            changed = self._take(connection, transitions, definitions, now)
            return changed, self.dispatch(connection) if changed and self.dispatch else None

        changed, begin = await self.database.write(work)
        if begin is not None:
            begin()
        self.announce([record.id for record in changed])
        return [alert_of(record) for record in changed]

    def _take(
        self,
        connection: Connection,
        transitions: Sequence[Transition],
        definitions: dict[str, AlertDefinition],
        now: Moment,
    ) -> list[Record]:
        fresh = {taken_key(one): one for one in transitions}
        for key in _taken(connection, list(fresh)):
            fresh.pop(key, None)
        if not fresh:
            return []
        self._forget(connection, now)
        insert_rows(connection, tables.taken, [{"key": key, "taken_at": now} for key in fresh])
        desk = Desk(connection, town=self.town, people=self.people, now=now)
        desk.load_for(list(fresh.values()))
        for transition in fresh.values():
            desk.take(transition, definitions)
        return desk.flush()

    def _forget(self, connection: Connection, now: Moment) -> None:
        if self._pruned_at is None or now - self._pruned_at > HOUR:
            connection.execute(delete(tables.taken).where(tables.taken.c.taken_at < now - KEEP_TAKEN))
            self._pruned_at = now

    async def acknowledge(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Somebody has it: who was not called yet is not called. ActionRefused: closed, already_acknowledged."""
        return await self._act(alert, Acknowledge(), by=by, at=at, comment=comment)

    async def reset(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Close a latched alert whose condition is gone. ActionRefused: closed, not_latched, still_active."""
        return await self._act(alert, Reset(), by=by, at=at, comment=comment)

    async def comment(self, alert: str, *, by: str, at: Moment, text: str) -> Alert:
        """Say something on the timeline, of a closed alert too. ActionRefused: empty, too_long."""
        if not text.strip():
            raise ActionRefused("empty", "there is nothing in this comment")
        short_enough(text)
        return await self._note(alert, "comment", by=by, at=at, detail={"text": text.strip()})

    async def assign(self, alert: str, *, by: str, at: Moment, to: str, comment: str = "") -> Alert:
        """Say who is to see to it, and tell them unless they said so; nobody when `to` is empty.

        ActionRefused: closed, unchanged, too_long.
        """
        short_enough(to, comment)

        def fits(record: Record) -> None:
            if record.facts.closed is not None:
                raise ActionRefused("closed", refused_because(record, Refusal.CLOSED, self.town))
            if record.assigned_to == (to or None):
                raise ActionRefused("unchanged", f"{record.id} is {to}'s already" if to else f"{record.id} is nobody's")

        detail = {"to": to, **_said(comment)}
        changes, told = {"assigned_to": to or None}, to if to != by else None
        return await self._note(alert, "assigned", by=by, at=at, detail=detail, fits=fits, changes=changes, told=told)

    async def shelve(
        self, alert: str, *, by: str, at: Moment, until: Moment, reason: str, as_administrator: bool = False
    ) -> Alert:
        """Hear no more of it until then. ActionRefused: closed, out_of_service, no_reason, too_far, administrator."""
        require_reason(reason)

        def fits(record: Record) -> None:
            require_shelf(record, at=at, until=until, as_administrator=as_administrator)

        detail = {"until": until, "reason": reason.strip()}
        return await self._act(alert, Shelve(until), by=by, at=at, detail=detail, fits=fits)

    async def unshelve(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Take it from the shelf before its time. ActionRefused: closed, not_shelved."""
        return await self._act(alert, Unshelve(), by=by, at=at, comment=comment)

    async def take_out_of_service(self, alert: str, *, by: str, at: Moment, reason: str) -> Alert:
        """Hear no more of it until it is returned to service. ActionRefused: closed, out_of_service, no_reason."""
        require_reason(reason)
        return await self._act(alert, TakeOutOfService(), by=by, at=at, detail={"reason": reason.strip()})

    async def return_to_service(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """It counts again, and is told when it needs somebody. ActionRefused: closed, in_service."""
        return await self._act(alert, ReturnToService(), by=by, at=at, comment=comment)

    async def verify(self, alert: str, *, by: str, at: Moment, verdict: Verification, comment: str = "") -> Alert:
        """Say what was found on site, of a closed alert too. ActionRefused: not_to_verify, already_verified."""
        detail = {"verdict": verdict.value}
        if verdict is Verification.UNVERIFIED:
            raise ActionRefused("already_verified", "say what was found: true, false, drill or unreachable")
        return await self._act(alert, Verify(verdict), by=by, at=at, comment=comment, detail=detail)

    async def _note(
        self,
        alert: str,
        event: str,
        *,
        by: str,
        at: Moment,
        detail: Mapping[str, Any],
        fits: Callable[[Record], None] | None = None,
        changes: Mapping[str, Any] | None = None,
        told: str | None = None,
    ) -> Alert:
        """Write what changes no fact; `told` is who is told that it is theirs."""

        def work(connection: Connection) -> Record:
            desk = self._desk(connection)
            found = _found(desk, alert)
            if fits is not None:
                fits(found)
            record, entry = write(found, event, at=at, by=by, detail=detail)
            record = msgspec.structs.replace(record, changed_at=at, **(changes or {}))
            desk.add(record, entry)
            if told:
                desk.give(record, told)
            desk.flush()
            return record

        return self._done(await self.database.write(work))

    async def _act(
        self,
        alert: str,
        event: PersonEvent,
        *,
        by: str,
        at: Moment,
        comment: str = "",
        detail: Mapping[str, Any] | None = None,
        fits: Callable[[Record], None] | None = None,
    ) -> Alert:
        short_enough(comment)

        def work(connection: Connection) -> Record:
            desk = self._desk(connection)
            record = _found(desk, alert)
            if (reason := refusal(record.facts, event)) is not None:
                raise ActionRefused(reason.value, refused_because(record, reason, self.town))
            if fits is not None:
                fits(record)
            said = {**(detail or {}), **_said(comment)}
            step = by_person(record, event, by=by, at=at, deadlines=self.people.deadlines, detail=said)
            desk.put(step, decided_at=at)
            desk.flush()
            return step.record

        return self._done(await self.database.write(work))

    def _desk(self, connection: Connection) -> Desk:
        return Desk(connection, town=self.town, people=self.people, now=self.clock())

    def _done(self, record: Record) -> Alert:
        self.announce([record.id])
        return alert_of(record)

    async def alerts(self, wanted: AlertFilter) -> list[Alert]:
        """Alerts, open ones first, then by severity, then the newest first; pending ones only when asked for."""
        return await self.database.read(lambda link: find_alerts(link, wanted, self.town))

    async def detail(self, alert: str) -> AlertDetail | None:
        """One alert with its timeline and everyone who was told, oldest first; None if there is none of that id."""
        return await self.database.read(lambda link: self._detail(link, alert))

    def _detail(self, connection: Connection, alert: str) -> AlertDetail | None:
        found = find_detail(connection, alert)
        if found is None or found.alert.closed_at is not None:
            return found
        coming = upcoming(connection, alert, people=self.people, town=self.town, now=self.clock())
        return msgspec.structs.replace(found, upcoming=coming)

    async def state(self, rule: str, subject: Subject) -> AlertState:
        """Where the open alert of a rule and subject stands; `pending` or `normal` without one."""
        return await self.database.read(lambda link: find_state(link, rule, subject))

    async def counts(self) -> dict[tuple[str, str, str], int]:
        """How many alerts are open, by category, severity and state."""
        return await self.database.read(count_open)

    async def ledger(self, wanted: DeliveryFilter) -> list[Delivery]:
        """Notifications with every attempt, the newest first; see `town.ports.DeliveryLedger`."""
        return await self.database.read(lambda link: find_deliveries(link, wanted))

    async def deliveries(self) -> dict[DeliveryState, int]:
        """How many notifications there are in each state."""
        return await self.database.read(count_notifications)

    async def timings(self, since: Moment = 0) -> list[Timing]:
        """How long the notifications took that were created since then, oldest first."""
        return await self.database.read(lambda link: find_timings(link, since))


@asynccontextmanager
async def open_book(
    url: str, town: Town, *, clock: Clock, people: People, busy: Duration = BUSY
) -> AsyncIterator[Book]:
    """The alert book at a SQLAlchemy URL, brought to its newest form. ConfigError when it cannot be opened."""
    async with open_database(url, busy=busy) as database:
        yield Book(database, town, clock=clock, people=people)


_TAKEN = Prepared(lambda: select(tables.taken.c.key).where(tables.taken.c.key == bindparam("one")))


def _taken(connection: Connection, keys: Sequence[str]) -> list[str]:
    """Those of the keys of transitions that were taken before."""
    if len(keys) == 1:
        return [row["key"] for row in _TAKEN.rows(connection, one=keys[0])]
    known: list[str] = []
    for start in range(0, len(keys), CHUNK):
        some = select(tables.taken.c.key).where(tables.taken.c.key.in_(keys[start : start + CHUNK]))
        known += connection.execute(some).scalars()
    return known


def _found(desk: Desk, alert: str) -> Record:
    record = desk.load_one(alert)
    if record is None:
        raise ActionRefused("unknown_alert", f"there is no alert {alert[:40]}")
    return record


def _said(comment: str) -> dict[str, Any]:
    return {"comment": comment.strip()} if comment.strip() else {}
