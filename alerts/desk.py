"""One transaction's work on the alert book: what it loaded, what it changed, written together at its end."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    select,
    tuple_,
    update,
)

from alerts import tables
from alerts.calls import Calls
from alerts.people import People
from alerts.prepared import Prepared, insert_rows
from alerts.record import Record, from_row, new_record, to_row
from alerts.step import Step, by_rule
from alerts.windows import cover_of, open_windows
from town.alert import AlertDefinition, Condition, TimelineEntry, Transition
from town.moment import Moment, as_datetime
from town.town import Town
from town.window import Window

CHUNK = 500
"""How many rows one statement asks for: both databases limit their parameters."""


class Key(NamedTuple):
    """What there is one open alert of."""

    rule: str
    subject_kind: str
    subject: str


def key_of(transition: Transition) -> Key:
    """The key of the alert a transition is about."""
    return Key(transition.rule, transition.subject.kind, transition.subject.id)


def taken_key(transition: Transition) -> str:
    """What tells a transition from every other one."""
    one = transition
    parts = (*key_of(one), str(one.at), one.condition.value, one.cause.value, one.severity.value)
    return blake2b("\0".join(parts).encode(), digest_size=20).hexdigest()


class Desk:
    """Load, change, flush: inside one write transaction, by one task."""

    def __init__(self, connection: Connection, *, town: Town, people: People, now: Moment) -> None:
        self._connection = connection
        self._town, self._people, self._now = town, people, now
        self._day = as_datetime(now, town.zone_info).strftime("%Y%m%d")
        self._last: int | None = None
        self._last_loaded: int | None = None
        self._open: dict[Key, Record] = {}
        self._loaded: dict[str, Record] = {}
        self._changed: dict[str, Record] = {}
        self._calls = Calls(connection, town=town, people=people, now=now)
        self._entries: list[tuple[str, TimelineEntry]] = []
        self._pending: dict[Key, tuple[Transition, AlertDefinition] | None] = {}
        self._windows: list[Window] = []

    def load_one(self, alert: str) -> Record | None:
        """The alert of that id, held until the transaction ends."""
        query = select(tables.alert).where(tables.alert.c.id == alert).with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        self._hold([from_row(row)])
        return self._loaded[alert]

    def load_open(self, *where: ColumnElement[bool], limit: int | None = None) -> list[Record]:
        """The open alerts of which that is so, held until the transaction ends."""
        query = select(tables.alert).where(tables.alert.c.closed.is_(None), *where).order_by(tables.alert.c.id)
        rows = self._connection.execute(query.limit(limit).with_for_update())
        records = [from_row(row) for row in rows.mappings()]
        self._hold(records)
        return records

    def newest(self, record: Record) -> Record:
        """The record as this transaction has made it."""
        return self._changed.get(record.id, record)

    def load(self, alerts: Sequence[str]) -> None:
        """The alerts of these ids, held until the transaction ends."""
        for ids in _chunks(alerts):
            query = select(tables.alert).where(tables.alert.c.id.in_(ids)).order_by(tables.alert.c.id)
            rows = self._connection.execute(query.with_for_update()).mappings()
            self._hold([from_row(row) for row in rows])

    def load_for(self, transitions: Sequence[Transition]) -> None:
        """The open alerts that transitions are about, and the day's last number when new ones may be opened."""
        if any(one.condition is Condition.ACTIVE for one in transitions):
            # Held first: whoever opens alerts beside us waits here, and then sees ours instead of running into them.
            found = _LAST.rows(self._connection, of=self._day)
            self._last_loaded = found[0]["last"] if found else None
            self._last = self._last_loaded or 0
            self._windows = open_windows(self._connection, self._now)
        keys = {key_of(one) for one in transitions}
        if len(keys) == 1:
            self._hold([from_row(row) for row in _OPEN_OF_ONE.rows(self._connection, **keys.pop()._asdict())])
        for some in _chunks(keys):
            rows = self._connection.execute(_open_of(), {"keys": some})
            self._hold([from_row(row) for row in rows.mappings()])

    def _hold(self, records: Sequence[Record]) -> None:
        """Remember records, who has heard of each, and what is still to be told."""
        for record in records:
            self._loaded[record.id] = record
            if record.facts.closed is None:
                self._open[Key(record.rule, record.subject_kind, record.subject)] = record
        for ids in _chunks(record.id for record in records):
            self._calls.load(list(ids))

    def take(self, transition: Transition, definitions: Mapping[str, AlertDefinition]) -> None:
        """Apply one transition; a rule that opens an alert must be among the definitions."""
        key = key_of(transition)
        record = self._open.get(key)
        if transition.condition is Condition.PENDING and record is None:
            self._pending[key] = (transition, definitions[transition.rule])
            return
        self._pending[key] = None
        if record is None and transition.condition is Condition.ACTIVE:
            record = self._new(transition, definitions[transition.rule])
        if record is not None:
            cover = cover_of(self._windows, record.facility, record.zone)
            step = by_rule(record, transition, now=self._now, deadlines=self._people.deadlines, cover=cover)
            self.put(step, decided_at=transition.decided_at)

    def _new(self, transition: Transition, definition: AlertDefinition) -> Record:
        """A new alert, named by its day and its number in it: short, in order, and easy to say on the telephone."""
        assert self._last is not None, "load_for() comes before take()"
        self._last += 1
        name = f"A-{self._day}-{self._last:04}"
        self._calls.begin(name)
        deadlines = self._people.deadlines
        return new_record(transition, definition, town=self._town, deadlines=deadlines, name=name, now=self._now)

    def put(self, step: Step, *, decided_at: Moment) -> None:
        """Keep what a step made of a record, its timeline, and the notifications that follow."""
        record = step.record
        key = Key(record.rule, record.subject_kind, record.subject)
        if record.facts != step.before or step.happened:
            self._changed[record.id] = record
        if record.facts.closed is None:
            self._open[key] = record
        else:
            self._open.pop(key, None)
        self._entries += [(record.id, entry) for entry in step.entries]
        self._keep(record, *self._calls.follow(step, decided_at=decided_at))

    def run_due(self) -> None:
        """Tell what was planned to be told by now of the alerts that were loaded."""
        for planned in self._calls.due():
            record = self._changed.get(planned.alert) or self._loaded[planned.alert]
            self._keep(record, *self._calls.run(record, planned))

    def _keep(self, before: Record, record: Record, entries: Sequence[TimelineEntry]) -> None:
        """Keep what telling wrote on the timeline."""
        self._entries += [(record.id, entry) for entry in entries]
        if record is not before:
            self._changed[record.id] = record
            if record.facts.closed is None:
                self._open[Key(record.rule, record.subject_kind, record.subject)] = record

    def add(self, record: Record, entry: TimelineEntry) -> None:
        """Keep a record with one more timeline entry that changes no fact."""
        self._changed[record.id] = record
        self._entries.append((record.id, entry))

    def give(self, record: Record, to: str) -> None:
        """Tell a person that an alert is theirs now; `add` it first."""
        self._keep(record, *self._calls.give(record, to, decided_at=self._now))

    def flush(self) -> list[Record]:
        """Write everything; the records that changed, in the order in which they did."""
        self._number()
        # Before the new ones: an alert that closes makes room for the next of its rule and subject.
        self._update([to_row(one) for name, one in self._changed.items() if name in self._loaded])
        new = [to_row(one) for name, one in self._changed.items() if name not in self._loaded]
        insert_rows(self._connection, tables.alert, new)
        lines = [{"alert": name, **one.model_dump()} for name, one in self._entries]
        insert_rows(self._connection, tables.timeline, lines)
        self._calls.flush()
        self._flush_pending()
        return list(self._changed.values())

    def _update(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
            statement = update(tables.alert).where(tables.alert.c.id == bindparam("new_id")).values(columns)
            self._connection.execute(statement, [{f"new_{k}": v for k, v in row.items()} for row in rows])

    def _number(self) -> None:
        if self._last == (self._last_loaded or 0) or self._last is None:
            return
        if self._last_loaded is None:
            insert_rows(self._connection, tables.day, [{"day": self._day, "last": self._last}])
        else:
            _COUNTED.change(self._connection, of=self._day, last=self._last)

    def _flush_pending(self) -> None:
        if len(self._pending) == 1:
            _ONE_NO_LONGER_PENDING.change(self._connection, **next(iter(self._pending))._asdict())
        for keys in _chunks(self._pending) if len(self._pending) > 1 else ():
            self._connection.execute(_no_longer_pending(), {"keys": keys})
        running = [(key, one) for key, one in self._pending.items() if one]
        rows = [
            {
                **key._asdict(),
                "transition": msgspec.to_builtins(transition),
                "definition": definition.model_dump(mode="json"),
            }
            for key, (transition, definition) in running
        ]
        insert_rows(self._connection, tables.pending, rows)


def _is_of(table: Table) -> ColumnElement[bool]:
    """Whether a row is of the one key that is given."""
    return and_(*(table.c[name] == bindparam(name) for name in Key._fields))


_LAST = Prepared(lambda: select(tables.day.c.last).where(tables.day.c.day == bindparam("of")).with_for_update())
_COUNTED = Prepared(
    lambda: update(tables.day).where(tables.day.c.day == bindparam("of")).values(last=bindparam("last"))
)
_OPEN_OF_ONE = Prepared(
    lambda: select(tables.alert).where(_is_of(tables.alert), tables.alert.c.closed.is_(None)).with_for_update()
)
_ONE_NO_LONGER_PENDING = Prepared(lambda: delete(tables.pending).where(_is_of(tables.pending)))


@cache
def _open_of() -> Select[Any]:
    """The open alerts of `keys`. Made once, as what follows: making a statement takes longer than running it."""
    table = tables.alert.c
    wanted = tuple_(table.rule, table.subject_kind, table.subject).in_(bindparam("keys", expanding=True))
    return select(tables.alert).where(wanted, table.closed.is_(None)).order_by(table.id).with_for_update()


@cache
def _no_longer_pending() -> Delete:
    table = tables.pending.c
    keys = tuple_(table.rule, table.subject_kind, table.subject).in_(bindparam("keys", expanding=True))
    return delete(tables.pending).where(keys)


def _chunks(items: Iterable[Any]) -> Iterable[Collection[Any]]:
    everything = list(items)
    return (everything[start : start + CHUNK] for start in range(0, len(everything), CHUNK))
