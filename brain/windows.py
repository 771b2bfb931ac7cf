"""Makes, lists and ends maintenance and drill windows from the command line, whether the brain runs or not."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from alerts.book import open_book
from alerts.people import NOBODY
from alerts.windows import Windows
from brain.alerting import book_url
from brain.clock import wall_clock
from brain.duty import folder_of, read_moment
from brain.output import print_json, print_table, screen
from brain.state import state_folder
from town.errors import ConfigError
from town.moment import Moment, as_datetime, format_moment, parse_duration
from town.ports import ActionRefused
from town.settings import load_settings
from town.town import Town
from town.window import ScopeKind, Window, WindowKind

R = TypeVar("R")
_COLUMNS = ("id", "kind", "where", "from", "to", "by", "why")


class Asked(NamedTuple):
    """A window as it is asked for on the command line."""

    kind: WindowKind
    facility: str | None
    zone: str | None
    start: str | None
    end: str | None
    lasts: str | None
    why: str


def run_list(folder: Path, *, past: bool, state: Path | None, json: bool) -> None:
    """Show the windows that are open or to come."""
    town, _ = folder_of(folder)
    found = _ask(folder, town, state, lambda desk: desk.windows(past=past))
    if json:
        print_json([_json(one, town) for one in found])
    elif found:
        print_table("", _COLUMNS, [_row(one, town) for one in found])
    else:
        screen.print("No window is open or to come.")


def run_add(folder: Path, asked: Asked, *, dry_run: bool, state: Path | None, json: bool) -> None:
    """Open a window, or only look whether it could be."""
    (town, _), by = folder_of(folder), getpass.getuser()
    scope_kind, scope = _scope(asked)
    starts_at, ends_at = _span(asked, town)
    asked_for = Window(
        id="W-?", kind=asked.kind, scope_kind=scope_kind, scope=scope, why=asked.why, starts_at=starts_at,
        ends_at=ends_at, made_by=by, made_at=wall_clock(),
    )  # fmt: skip

    async def work(desk: Windows) -> Window:
        if dry_run:
            desk.check(asked.kind, scope_kind, scope, starts_at=starts_at, ends_at=ends_at, why=asked.why)
            return asked_for
        return await desk.make_window(
            asked.kind, scope_kind, scope, starts_at=starts_at, ends_at=ends_at, why=asked.why, by=by
        )

    made = _ask(folder, town, state, work)
    if json:
        print_json({"written": not dry_run, "window": _json(made, town)})
        return
    print_table("", _COLUMNS, [_row(made, town)])
    end = f"`town windows end {made.id}` ends it before its time."
    screen.print(
        "Nothing was written." if dry_run else f"A running brain follows it within a second. {end}", markup=False
    )


def run_end(folder: Path, window: str, *, state: Path | None, json: bool) -> None:
    """End a window now."""
    (town, _), by = folder_of(folder), getpass.getuser()
    ended = _ask(folder, town, state, lambda desk: desk.end_window(window, by=by))
    if json:
        print_json({"ended": _json(ended, town)})
    else:
        screen.print(f"{ended.id} is over: what still holds there is told within a second.", markup=False)


def _scope(asked: Asked) -> tuple[ScopeKind, str]:
    if asked.facility and not asked.zone:
        return "facility", asked.facility
    if asked.zone and not asked.facility:
        return "zone", asked.zone
    raise ConfigError("say over what the window is: either --facility or --zone")


def _span(asked: Asked, town: Town) -> tuple[Moment, Moment]:
    start = read_moment("--from", asked.start, town) if asked.start else wall_clock()
    if bool(asked.end) is bool(asked.lasts):
        raise ConfigError("a window has an end: say either --to or --for")
    if asked.end:
        return start, read_moment("--to", asked.end, town)
    try:
        return start, start + parse_duration(asked.lasts or "")
    except ValueError as error:
        raise ConfigError(f"--for: {error}") from None


def _ask(folder: Path, town: Town, state: Path | None, work: Callable[[Windows], Awaitable[R]]) -> R:
    settings = load_settings({"state": state}, folder).settings
    url = book_url(settings, state_folder(settings, town.id))

    async def asking() -> R:
        async with open_book(url, town, clock=wall_clock, people=NOBODY) as book:
            try:
                return await work(book.windows)
            except ActionRefused as refused:
                raise ConfigError(str(refused)) from None

    return asyncio.run(asking())


def _row(window: Window, town: Town) -> tuple[str, ...]:
    names = town.facilities if window.scope_kind == "facility" else town.zones
    name = names[window.scope].name.text(town.language) if window.scope in names else ""
    moments = [f"{as_datetime(at, town.zone_info):%Y-%m-%d %H:%M}" for at in (window.starts_at, window.ends_at)]
    where = f"{window.scope} ({name})" if name else window.scope
    return window.id, window.kind.value, where, *moments, window.made_by, window.why


def _json(window: Window, town: Town) -> dict[str, Any]:
    moments = ("starts_at", "ends_at", "made_at")
    return {**window.model_dump(), **{name: format_moment(getattr(window, name), town.zone_info) for name in moments}}
