"""Who is told of what happens in one transaction of the book: at once, and later as long as nobody has it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, select

from alerts import tables
from alerts.content import Knows, Note, content_of, note_of
from alerts.groups import TOLD, Together, all_over, told_together, write_together
from alerts.happening import Happening
from alerts.on_call import OnCall
from alerts.people import People, Way
from alerts.plan import Case, case_of
from alerts.planned import Kind, Planned, goes_on, held, next_steps, plans, reminder
from alerts.plans import Plans
from alerts.prepared import insert_rows
from alerts.record import SENDER, Record, write
from alerts.route import WANTS_SOMEBODY, Told, told
from alerts.step import Step
from alerts.swaps import read_swaps
from town.alert import DeliveryState, TimelineEntry
from town.language import Label
from town.moment import Moment
from town.town import Town

_OVERDUE = (Happening.OVERDUE_ACKNOWLEDGE, Happening.OVERDUE_RESOLVE, Happening.OVERDUE_VERIFY)
"""What lets the next step of an escalation wait no longer."""
_AGAIN = (Happening.RAISED, Happening.RAISED_AGAIN)
"""What begins an episode, in which everybody is to be told as if nothing had been."""
_WAITS = (Kind.ROUTE, Kind.GROUP)
_WORDS = {
    Kind.ROUTE: "waited", Kind.GROUP: "waited", Kind.ESCALATION: "escalated", Kind.REMINDER: "reminded",
    Kind.QUIET: "quiet_over",
}  # fmt: skip
"""What the timeline calls it."""


class Calls:
    """Follows the steps of alerts; whoever uses it keeps the records and the timeline entries that it returns."""

    def __init__(self, connection: Connection, *, town: Town, people: People, now: Moment) -> None:
        self._connection, self._town, self._people, self._now = connection, town, people, now
        self._plans = Plans(connection, now=now)
        self._heard: dict[str, list[Way]] = {}
        self._notes: list[Note] = []
        self._entries: list[tuple[str, TimelineEntry]] = []
        self._bundles: dict[str, list[Note]] = defaultdict(list)
        self._ending: dict[Together, set[Way]] = defaultdict(set)

    def begin(self, alert: str) -> None:
        """An alert was opened: nobody has heard of it."""
        self._heard[alert] = []

    def load(self, alerts: Sequence[str]) -> None:
        """Who has heard of alerts, and what is still to be told of them; what was loaded before is known better."""
        alerts = [name for name in alerts if name not in self._heard]
        self._heard |= {name: [] for name in alerts}
        for row in self._connection.execute(_told_ways(), {"alerts": alerts}):
            self._heard[row.alert].append(Way(row.target, row.channel))
        self._plans.load(alerts)

    def follow(self, step: Step, *, decided_at: Moment) -> tuple[Record, list[TimelineEntry]]:
        """Tell who has to be told of a step, plan what is to be told later, and drop what need not be told any more."""
        record, what = step.record, told(step.happened, step.before, step.record.facts)
        self._entries = []
        if step.happened:
            self._drop(record, step.happened[0])
        if any(happened in _OVERDUE for happened in step.happened):
            self._hasten(record.id)
        if what in WANTS_SOMEBODY:
            record = self._call(record, what, anew=_anew(step, what), decided_at=decided_at)
        elif what is Told.WAS_ACTIVE:
            case = case_of(record, self._town)
            names = [name for route in self._people.routes if not route.misses(case) for name in route.to]
            ways = self._reach(list(dict.fromkeys(names)), case)
            record = self._tell(record, what, ways, case=case, decided_at=decided_at)
        elif what is not None:
            self._note(record, what, self._alone(record.id), decided_at=decided_at)
        return record, [entry for _, entry in self._entries]

    def give(self, record: Record, to: str, *, decided_at: Moment) -> tuple[Record, list[TimelineEntry]]:
        """Tell a person of the town that they are to see to it; who is only an account sees it in the console."""
        self._entries = []
        if to in self._people.people:
            case = case_of(record, self._town)
            record = self._tell(record, Told.ASSIGNED, self._reach([to], case), case=case, decided_at=decided_at)
        return record, [entry for _, entry in self._entries]

    def due(self) -> list[Planned]:
        """What was planned to be told by now of the alerts that were loaded, the oldest first."""
        return self._plans.due()

    def run(self, record: Record, planned: Planned) -> tuple[Record, list[TimelineEntry]]:
        """Tell now what was planned, if it is still to be told."""
        self._entries = []
        if not goes_on(planned, record.facts):
            self._plans.end(planned, "needless")
            return record, []
        self._plans.end(planned, TOLD)
        record = self._told_later(record, planned)
        if planned.repeat is not None:
            step = planned.step + (planned.kind is Kind.REMINDER)
            self._plans.add(reminder(planned.to, planned.repeat, planned.plan, record, now=self._now, step=step))
        return record, [entry for _, entry in self._entries]

    def flush(self) -> None:
        """Write notifications and plans; the alerts must be there already."""
        for together, ways in self._ending.items():
            for over, what in all_over(self._connection, together):
                self._note(over, what, sorted(ways), decided_at=self._now, bundle=f"over/{together.bundle}")
        insert_rows(self._connection, tables.notification, [_note_row(note) for note in self._notes])
        write_together(self._connection, self._bundles, people=self._people, town=self._town, now=self._now)
        self._plans.flush()

    def _drop(self, record: Record, happened: Happening) -> None:
        """Nobody is called any more who need not come; suppressed at once, nobody at all."""
        for planned in self._plans.waiting(record.id):
            if not goes_on(planned, record.facts):
                self._plans.end(planned, happened.value)
        if happened is Happening.SUPPRESSED:
            for number, note in enumerate(self._notes):
                if note.alert == record.id:
                    suppressed = {"state": DeliveryState.SUPPRESSED, "answer": happened.value}
                    self._notes[number] = msgspec.structs.replace(note, **suppressed)

    def _call(self, record: Record, what: Told, *, anew: bool, decided_at: Moment) -> Record:
        """Call who is to come now, and plan who comes later; what is planned already stays as it is."""
        case = case_of(record, self._town)
        late = what is Told.OVERDUE  # whoever was to wait has waited long enough
        routes = [route for route in self._people.routes if not route.misses(case) and (late or not route.wait)]
        names = list(dict.fromkeys(name for route in routes for name in route.to))
        armed = {planned.source for planned in self._plans.waiting(record.id)}
        for planned in self._plans.waiting(record.id):
            if late and planned.kind in _WAITS:
                self._plans.end(planned, what.value)
        for planned in plans(self._people, case, record, told=what, now=self._now) if anew else ():
            told_now = planned.kind in _WAITS and set(planned.to) <= set(names)
            if planned.source not in armed and not told_now:
                self._plans.add(planned if planned.bundle is None else self._plans.together(planned))
        return self._tell(record, what, self._reach(names, case), case=case, decided_at=decided_at)

    def _told_later(self, record: Record, planned: Planned) -> Record:
        case = case_of(record, self._town)
        found = self._reach(planned.to, case, planned.channels)
        if planned.kind in _WAITS:
            before = self._told_since(planned)
            found = [way for way in found if way.target not in before]
        if found or planned.kind is Kind.ESCALATION:
            detail = {"to": list(planned.to), "step": planned.step, "told": [way.target for way in found]}
            record = self._write(record, _WORDS[planned.kind], detail)
        if not found and planned.kind is Kind.ESCALATION:
            self._hasten(record.id)
        return self._tell(record, planned.told, found, case=case, decided_at=self._now, bundle=planned.bundle)

    def _hasten(self, alert: str) -> None:
        """The next step of every escalation is due now."""
        for planned in next_steps(self._plans.waiting(alert)):
            self._plans.hasten(planned)

    def _tell(
        self,
        record: Record,
        what: Told,
        ways: Iterable[Way],
        *,
        case: Case,
        decided_at: Moment,
        bundle: str | None = None,
    ) -> Record:
        """Tell these, except those who want to be left alone now: they are told afterwards."""
        quiet = {one: self._on_call.quiet_until(one.target, case, self._now) for one in ways}
        at_once = [one for one, until in quiet.items() if until is None]
        self._note(record, what, at_once, decided_at=decided_at, bundle=bundle)
        waits = {planned.to for planned in self._plans.waiting(record.id) if planned.kind is Kind.QUIET}
        for way, until in quiet.items():
            if until is not None and (way.target,) not in waits:
                self._plans.add(held(way.target, way.channel, until, record, now=self._now))
                record = self._write(record, "held", {"target": way.target, "until": until})
        return record

    def _alone(self, alert: str) -> list[Way]:
        """Everybody who heard of an alert for itself; who was told of it with others hears when all are over."""
        together = told_together(self._connection, alert) if self._people.groups else {}
        for group, ways in together.items():
            if not group.over:
                self._ending[group] |= ways
        with_others = {way for ways in together.values() for way in ways}
        return [way for way in self._heard[alert] if way not in with_others]

    def _note(
        self, record: Record, what: Told, ways: Sequence[Way], *, decided_at: Moment, bundle: str | None = None
    ) -> None:
        heard = self._heard.setdefault(record.id, [])
        names = dict.fromkeys(one.target for one in (*ways, *heard))
        called = {name: self._people.called(name) or Label(zh=name, en=name) for name in names}
        knows = [Knows(target=name, name=label) for name, label in called.items()]
        content = content_of(record, self._town, knows) if ways else {}
        known = {(one.target,) for one in ways}
        for planned in self._plans.waiting(record.id):
            if planned.kind is Kind.QUIET and planned.to in known:
                self._plans.end(planned, TOLD)  # it could not wait: it got worse
        for one in ways:
            note = note_of(record, what, one, content=content, decided_at=decided_at, now=self._now)
            self._notes.append(note)
            if bundle is not None:
                self._bundles[bundle].append(note)
        heard += [one for one in ways if one not in heard]

    def _write(self, record: Record, event: str, detail: dict[str, Any]) -> Record:
        record, entry = write(record, event, at=self._now, by=SENDER, detail=detail)
        self._entries.append((record.id, entry))
        return record

    def _reach(self, names: Sequence[str], case: Case, channels: Sequence[str] = ()) -> list[Way]:
        return self._on_call.reach(names, self._now, channels=channels, avoid=case.avoid)

    def _told_since(self, planned: Planned) -> set[str]:
        """Who was called since it was planned."""
        table = tables.notification.c
        wants = [what.value for what in WANTS_SOMEBODY]
        query = select(table.target).where(table.alert == planned.alert, table.event.in_(wants))
        rows = self._connection.execute(query.where(table.created_at >= planned.armed_at))
        return {*rows.scalars(), *(note.target for note in self._notes if note.alert == planned.alert)}

    @cached_property
    def _on_call(self) -> OnCall:
        swaps = read_swaps(self._connection, after=self._now) if self._people.rotas else ()
        return OnCall(self._people, self._town, swaps)


@cache
def _told_ways() -> Select[Any]:
    """Who was told of `alerts`, over which channels. Made once: making a statement takes longer than running it."""
    table = tables.notification.c
    query = select(table.alert, table.target, table.channel).distinct()
    mine = table.alert.in_(bindparam("alerts", expanding=True))
    return query.where(mine, table.state != DeliveryState.SUPPRESSED.value).order_by(table.target)


def _anew(step: Step, what: Told) -> bool:
    """Whether what comes later is planned with it, and not only told once more."""
    return what not in (Told.CHATTERING, Told.OVERDUE) or any(happened in _AGAIN for happened in step.happened)


def _note_row(note: Note) -> dict[str, Any]:
    return {**msgspec.structs.asdict(note), "state": note.state.value, "attempts": 0, "possibly_doubled": False}
