"""How well alerting works, kept current from the alert book: for the store, for /metrics, and for whoever asks."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, select

from alerts import tables
from alerts.book import Book
from alerts.figures import KEPT, Figures, History
from alerts.marks import COUNTED, marks_of
from town.alert import AlertState, TimelineEntry
from town.moment import DAY, MINUTE, SECOND, Duration, Moment
from town.own import OwnRow
from town.performance import Figure, Performance, Source
from town.ports import Gauge, PartHealth

EXPORTED: Duration = 7 * DAY
"""The time that the figures in the store and in /metrics are about, where they are not about ten minutes."""
FRESH: Duration = 10 * SECOND
"""How old what is told to people may be."""
_AGAIN: Duration = 2 * MINUTE
"""How far before the last look it looks again: what was being written then may be of a moment before."""
_AT_ONCE = 500
_STANDING = (AlertState.ACTIVE.value, AlertState.ACKNOWLEDGED.value)


class Performing:
    """The figures of the book's town, for so many operators at a time."""

    def __init__(self, book: Book, *, operators: int = 1) -> None:
        self._book, self._figures = book, Figures(operators)
        self._looked_at: Moment | None = None
        self._newest: list[Figure] = []

    async def refresh(self) -> None:
        """Take in what changed since the last look, the first time what happened in a month. Raises Unavailable."""
        now = self._book.clock()
        since = (now - KEPT if self._looked_at is None else self._looked_at - _AGAIN, "")
        while True:
            found = await self._book.database.read(partial(find_histories, after=since))
            for history, changed_at in found:
                self._figures.update(history)
                since = (changed_at, history.alert)
            if len(found) < _AT_ONCE:
                break
        self._figures.forget(now)
        self._looked_at = now
        self._newest = self.at(EXPORTED)

    def at(self, window: Duration) -> list[Figure]:
        """Every figure as of the last look; see `Figures.at`."""
        return self._figures.at(self._looked_at or self._book.clock(), window=window)

    async def look(self, window: Duration) -> Performance:
        """See `town.ports.AlertPerformance`."""
        if self._looked_at is None or self._book.clock() - self._looked_at > FRESH:
            await self.refresh()
        at = self._looked_at or self._book.clock()
        return Performance(at, window, self.at(window), self._figures.top_sources(at, window=window))

    async def rows(self, now: Moment) -> Sequence[OwnRow]:
        """The figures as rows for the store, after another look. Raises Unavailable."""
        await self.refresh()
        return [OwnRow("alert_figures", _tags(one), {"value": one.value}, now) for one in self._newest]

    def figures(self) -> list[Gauge]:
        """The figures of the last look, for /metrics."""
        help_ = "How well alerting works; docs/alerts.md says what each figure is."
        return [Gauge("town_alert_figure", one.value, _tags(one), help=help_) for one in self._newest]

    def parts(self) -> list[PartHealth]:
        """Nothing: the book says whether it answers."""
        return []


def _tags(figure: Figure) -> dict[str, str]:
    return {"figure": figure.name} | ({"facility": figure.facility} if figure.facility else {})


def find_histories(connection: Connection, after: tuple[Moment, str]) -> list[tuple[History, Moment]]:
    """What counts of the alerts that changed after that moment and id, and when each did, in this order; a part."""
    table = tables.alert.c
    names = ("id", "rule", "subject_kind", "subject", "facility", "state", "drill", "changed_at")
    columns = [table[name] for name in names]
    moment, alert = after
    later = (table.changed_at > moment) | ((table.changed_at == moment) & (table.id > alert))
    query = select(*columns).where(later).order_by(table.changed_at, table.id).limit(_AT_ONCE)
    rows = connection.execute(query).all()
    timelines = _timelines(connection, [row.id for row in rows])
    return [
        (
            History(
                alert=row.id,
                source=Source(row.rule, f"{row.subject_kind}:{row.subject}"),
                facility=row.facility,
                marks=marks_of(timelines[row.id]),
                active_since=_active_since(timelines[row.id]) if row.state in _STANDING else None,
                drill=row.drill is not None,
            ),
            row.changed_at,
        )
        for row in rows
    ]


def _timelines(connection: Connection, alerts: Sequence[str]) -> dict[str, list[TimelineEntry]]:
    found: dict[str, list[TimelineEntry]] = {alert: [] for alert in alerts}
    line = tables.timeline.c
    query = select(tables.timeline).where(line.alert.in_(alerts), line.event.in_(COUNTED))
    for row in connection.execute(query.order_by(line.alert, line.number)):
        found[row.alert].append(
            TimelineEntry(number=row.number, at=row.at, event=row.event, by=row.by, detail=row.detail)
        )
    return found


def _active_since(timeline: Sequence[TimelineEntry]) -> Moment | None:
    return next((entry.at for entry in reversed(timeline) if entry.event in ("raised", "raised_again")), None)
