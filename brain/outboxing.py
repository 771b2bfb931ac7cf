"""Shows the outbox on the command line, and tries again what was given up, whether the brain runs or not."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from alerts.book import open_book
from alerts.outbox_desk import OutboxDesk
from brain.alerting import book_url
from brain.clock import wall_clock
from brain.duty import folder_of
from brain.output import print_json, print_table, screen
from brain.state import state_folder
from town.alert import DeliveryState, Notification
from town.errors import ConfigError
from town.moment import Moment, as_datetime, format_moment
from town.outbox import OutboxFilter, Rest
from town.ports import ActionRefused
from town.settings import load_settings
from town.town import Town

R = TypeVar("R")
WAITING = frozenset((DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED))
DEAD = frozenset((DeliveryState.DEAD,))
_COLUMNS = ("notification", "told", "state", "due", "tries", "answer")


def run_list(folder: Path, wanted: OutboxFilter, *, state: Path | None, json: bool) -> None:
    """Show what waits and who rests."""

    async def work(desk: OutboxDesk) -> tuple[Sequence[Notification], Sequence[Rest]]:
        return await desk.notifications(wanted), await desk.resting()

    town, (found, resting) = _ask(folder, state, work)
    if json:
        rests = [{**one.model_dump(), **_times(town, since=one.since, until=one.until)} for one in resting]
        print_json({"notifications": [_json(one, town) for one in found], "resting": rests})
        return
    _show(found, town, nothing="Nothing waits.")
    if resting:
        rows = [(one.target, one.channel, _local(one.until, town), one.kind, one.reason) for one in resting]
        print_table("", ("rests", "channel", "until", "why", "answer"), rows)


def run_dead(folder: Path, wanted: OutboxFilter, *, state: Path | None, json: bool) -> None:
    """Show what was given up."""
    town, found = _ask(folder, state, lambda desk: desk.notifications(wanted))
    if json:
        print_json({"notifications": [_json(one, town) for one in found]})
        return
    _show(found, town, nothing="Nothing was given up.")
    if found:
        screen.print("Try again: town outbox retry NOTIFICATION …, or --all")


def run_digest(folder: Path, digest: str, *, state: Path | None, json: bool) -> None:
    """Show what a digest stands for."""
    town, found = _ask(folder, state, lambda desk: desk.held(digest))
    if not found:
        raise ConfigError(f"there is no digest {digest}: its number stands in the message, as D-20260921-0007")
    if json:
        print_json({"notifications": [_json(one, town) for one in found]})
    else:
        _show(found, town, nothing="")


def run_retry(
    folder: Path, notifications: Sequence[str], *, everything: bool, dry_run: bool, state: Path | None, json: bool
) -> None:
    """Try again what was given up, or show what would be."""

    async def work(desk: OutboxDesk) -> Sequence[Notification]:
        dead = await desk.notifications(OutboxFilter(DEAD, limit=1_000)) if everything or dry_run else []
        names = [one.id for one in dead if one.event != "digest"] if everything else list(notifications)
        if dry_run:
            return [one for one in dead if one.id in names]
        return await desk.retry(names, by=getpass.getuser())

    if bool(notifications) is everything:
        raise ConfigError("name the notifications to try again (town outbox dead lists them), or give --all")
    town, found = _ask(folder, state, work)
    if json:
        print_json({"tried": not dry_run, "notifications": [_json(one, town) for one in found]})
        return
    _show(found, town, nothing="Nothing was given up.")
    if found:
        screen.print("Nothing was changed." if dry_run else "The running brain sends them within five seconds.")


def _ask(folder: Path, state: Path | None, work: Callable[[OutboxDesk], Awaitable[R]]) -> tuple[Town, R]:
    town, people = folder_of(folder)
    settings = load_settings({"state": state}, folder).settings
    url = book_url(settings, state_folder(settings, town.id))

    async def asking() -> R:
        async with open_book(url, town, clock=wall_clock, people=people) as book:
            try:
                return await work(OutboxDesk(book))
            except ActionRefused as refused:
                raise ConfigError(str(refused)) from None

    return town, asyncio.run(asking())


def _show(found: Sequence[Notification], town: Town, *, nothing: str) -> None:
    if not found:
        screen.print(nothing)
        return
    rows = [(one.id, one.event, one.state, _local(one.due_at, town), one.attempts, one.answer or "—") for one in found]
    print_table("", _COLUMNS, rows)


def _local(at: Moment, town: Town) -> str:
    return f"{as_datetime(at, town.zone_info):%m-%d %H:%M:%S}"


def _times(town: Town, **moments: Moment | None) -> dict[str, str | None]:
    return {name: None if at is None else format_moment(at, town.zone_info) for name, at in moments.items()}


def _json(one: Notification, town: Town) -> dict[str, Any]:
    times = _times(town, created_at=one.created_at, due_at=one.due_at, answered_at=one.answered_at)
    return {**one.model_dump(mode="json"), **times}
