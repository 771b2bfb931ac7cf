"""Maintenance and drill windows in the book: made and ended by people, begun and ended by the clock."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, insert, select, update

from alerts import tables
from alerts.database import Database
from alerts.prepared import Prepared
from alerts.rows import Row
from alerts.step import Cover
from town.moment import DAY, MINUTE, Duration, Moment, format_duration
from town.ports import ActionRefused, Clock
from town.town import Town
from town.window import ScopeKind, Window, WindowKind

LONGEST: dict[WindowKind, Duration] = {WindowKind.MAINTENANCE: 31 * DAY, WindowKind.DRILL: DAY}
"""What is longer is not a window but a rule or a sensor that should go."""
FARTHEST: Duration = 366 * DAY
LONGEST_WHY = 500
SHOWN = 500


class Windows:
    """The windows of a town's alert book; `Clockwork` applies them to alerts."""

    def __init__(self, database: Database, *, town: Callable[[], Town], clock: Clock) -> None:
        self._database, self._town, self._clock = database, town, clock

    async def windows(self, *, past: bool = False) -> list[Window]:
        """Those that are open or to come, the first to begin first; with `past` those that are over too."""
        return await self._database.read(lambda link: find_windows(link, self._clock(), past=past))

    async def make_window(
        self,
        kind: WindowKind,
        scope_kind: ScopeKind,
        scope: str,
        *,
        starts_at: Moment,
        ends_at: Moment,
        why: str,
        by: str,
    ) -> Window:
        """Open a window, now or later. ActionRefused says what is wrong with it."""
        now = self._clock()
        self.check(kind, scope_kind, scope, starts_at=starts_at, ends_at=ends_at, why=why)
        row = {
            "kind": kind.value, "scope_kind": scope_kind, "scope": scope, "why": why.strip(), "made_by": by,
            "starts_at": starts_at, "ends_at": ends_at, "made_at": now, "due_at": max(starts_at, now),
        }  # fmt: skip

        def work(connection: Connection) -> Window:
            made = connection.execute(insert(tables.window).values(row).returning(tables.window))
            return _window(made.mappings().one())

        return await self._database.write(work)

    async def end_window(self, window: str, *, by: str) -> Window:
        """End a window now, or never begin it. ActionRefused: unknown_window, over."""
        now = self._clock()

        def work(connection: Connection) -> Window:
            found = find_window(connection, window)
            if found is None:
                raise ActionRefused("unknown_window", f"there is no window {window[:40]}")
            if found.ends_at <= now:
                raise ActionRefused("over", f"{window} is over already")
            changed = update(tables.window).where(tables.window.c.number == _number(window))
            ended = changed.values(ends_at=now, ended_by=by, due_at=now).returning(tables.window)
            return _window(connection.execute(ended).mappings().one())

        return await self._database.write(work)

    def check(
        self, kind: WindowKind, scope_kind: ScopeKind, scope: str, *, starts_at: Moment, ends_at: Moment, why: str
    ) -> None:
        """Refuse a window that cannot be."""
        town, now = self._town(), self._clock()
        known = town.facilities if scope_kind == "facility" else town.zones
        if scope not in known:
            raise ActionRefused("unknown_place", f"there is no {scope_kind} {scope[:60]}")
        if not why.strip():
            raise ActionRefused("no_reason", "say why: who sees the window later has to understand it")
        if len(why) > LONGEST_WHY:
            raise ActionRefused("too_long", f"a reason may have {LONGEST_WHY} characters")
        if ends_at - starts_at < MINUTE:
            raise ActionRefused("too_short", "a window lasts a minute at least, and ends after it begins")
        if ends_at - starts_at > LONGEST[kind]:
            raise ActionRefused("too_far", f"a {kind} window lasts {format_duration(LONGEST[kind])} at most")
        if starts_at > now + FARTHEST:
            raise ActionRefused("too_far", "a window begins within a year")
        if ends_at <= now:
            raise ActionRefused("in_the_past", "this window would be over already")


def find_windows(connection: Connection, now: Moment, *, past: bool) -> list[Window]:
    """Those that are open or to come, the first to begin first; with `past` the newest of those that are over too."""
    table = tables.window.c
    query = select(tables.window).order_by(table.starts_at, table.number)
    if past:
        newest = select(table.number).order_by(table.starts_at.desc(), table.number.desc()).limit(SHOWN)
        return [_window(row) for row in connection.execute(query.where(table.number.in_(newest))).mappings()]
    return [_window(row) for row in connection.execute(query.where(table.ends_at > now)).mappings()]


def find_window(connection: Connection, window: str) -> Window | None:
    """The window of that id."""
    query = select(tables.window).where(tables.window.c.number == _number(window)).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    return _window(row) if row else None


def open_windows(connection: Connection, now: Moment) -> list[Window]:
    """Those that count now."""
    return [_window(row) for row in _OPEN.rows(connection, now=now)]


def _open() -> Select[Any]:
    table, now = tables.window.c, bindparam("now", type_=BigInteger)
    return select(tables.window).where(table.starts_at <= now, table.ends_at > now).order_by(table.number)


_OPEN = Prepared(_open)


def due_windows(connection: Connection, now: Moment) -> list[Window]:
    """Those that began or ended and of which open alerts do not know it yet, held until the transaction ends."""
    query = select(tables.window).where(tables.window.c.due_at <= now).order_by(tables.window.c.number)
    return [_window(row) for row in connection.execute(query.with_for_update()).mappings()]


def settle_window(connection: Connection, window: Window, now: Moment) -> None:
    """Open alerts know of it; they have to be looked at again when it ends, and never after that."""
    due_at = window.ends_at if window.ends_at > now else None
    table = tables.window
    connection.execute(update(table).where(table.c.number == _number(window.id)).values(due_at=due_at))


def cover_of(windows: Iterable[Window], facility: str | None, zone: str | None) -> Cover:
    """The windows over a place; when there are several of a kind, the one that ends last."""
    over = sorted((one for one in windows if one.covers(facility=facility, zone=zone)), key=lambda one: one.ends_at)
    return Cover(_last(over, WindowKind.MAINTENANCE), _last(over, WindowKind.DRILL))


def _last(windows: Sequence[Window], kind: WindowKind) -> str | None:
    return next((one.id for one in reversed(windows) if one.kind is kind), None)


def _window(row: Row) -> Window:
    names = [name for name in Window.model_fields if name != "id"]
    return Window(id=f"W-{row['number']}", **{name: row[name] for name in names})


def _number(window: str) -> int:
    number = window.removeprefix("W-")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
