"""Answers who is on duty, and keeps swaps, from the command line, whether the brain runs or not."""

import asyncio
import getpass
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import typer

from alerts.book import open_book
from alerts.duty import DutyDesk, changes_nothing, rotas_at
from alerts.people import People
from alerts.people_file import load_people
from alerts.rota_table import parse_local
from brain.alerting import book_url
from brain.clock import wall_clock
from brain.output import FOUND_PROBLEMS, print_findings, print_json, print_table, screen
from brain.state import state_folder
from town.duty import OnDuty, Swap, Watch
from town.errors import ConfigError
from town.findings import has_errors, suggest
from town.folder import load_town
from town.moment import Moment, as_datetime, format_moment, parse_moment
from town.ports import ActionRefused
from town.settings import load_settings
from town.town import Town

R = TypeVar("R")
_ZONED = re.compile(r"(Z|[+-]\d\d:\d\d)$")


def run_who_is_on(folder: Path, *, at: str | None, rota: str | None, state: Path | None, json: bool) -> None:
    """Show every rota at a moment; exits 1 when nobody is on duty in one of them."""
    town, people = folder_of(folder)
    moment = read_moment("--at", at, town) if at else wall_clock()
    if rota is not None and rota not in people.rotas:
        raise ConfigError(f"there is no rota {rota}; {suggest(rota, people.rotas) or _listed(people.rotas)}")
    found = [
        one for one in _ask(folder, town, people, state, lambda desk: desk.on_duty(moment)) if rota in (None, one.rota)
    ]
    if json:
        print_json({"at": format_moment(moment, town.zone_info), "rotas": [_rota_json(one, town) for one in found]})
    elif found:
        columns = ("rota", "on duty", "since", "until", "then", "until")
        print_table("", columns, [_rota_row(one, town) for one in found])
    else:
        screen.print("people.yaml has no rota.")
    if any(not one.now.people for one in found):
        raise typer.Exit(FOUND_PROBLEMS)


def run_swap(
    folder: Path,
    wanted: Mapping[str, str | None],
    *,
    start: str,
    end: str,
    dry_run: bool,
    state: Path | None,
    json: bool,
) -> None:
    """Arrange a swap, or show who would be on duty."""
    town, people = folder_of(folder)
    begins, ends = read_moment("--from", start, town), read_moment("--to", end, town)
    swap = Swap.model_validate({**wanted, "start": begins, "end": ends, "by": getpass.getuser()})

    async def work(desk: DutyDesk) -> Swap:
        desk.check(swap, at=wall_clock())
        return swap if dry_run else await desk.swap(swap, at=wall_clock())

    kept = _ask(folder, town, people, state, work)
    during = rotas_at(people, max(begins, wall_clock()), town, [swap])
    if json:
        rotas = [_rota_json(one, town) for one in during]
        idle = {"changes_nothing": changes_nothing(swap, people, town)}
        print_json({"written": not dry_run, "swap": _swap_json(kept, town), "on_duty_then": rotas, **idle})
        return
    print_table("", _SWAP_COLUMNS, [_swap_row(kept, town)])
    print_table("", ("rota", "on duty then"), [(one.rota, _people(one.now)) for one in during])
    screen.print("Nothing was written." if dry_run else "Arranged; a running brain follows it at once.")
    if changes_nothing(swap, people, town):
        screen.print(f"But {swap.out} has no watch in that time by the rota: this changes nothing yet.", markup=False)


def run_swaps(folder: Path, *, state: Path | None, json: bool) -> None:
    """List the swaps that are not over."""
    town, people = folder_of(folder)
    found = _ask(folder, town, people, state, lambda desk: desk.swaps(wall_clock()))
    if json:
        print_json([_swap_json(one, town) for one in found])
    elif found:
        print_table("", _SWAP_COLUMNS, [_swap_row(one, town) for one in found])
    else:
        screen.print("Nobody stands in for anybody.")


def run_take_back(folder: Path, number: int, *, state: Path | None, json: bool) -> None:
    """End a swap from now on."""
    town, people = folder_of(folder)
    by = getpass.getuser()
    ended = _ask(folder, town, people, state, lambda desk: desk.take_back(number, by=by, at=wall_clock()))
    if json:
        print_json({"taken_back": _swap_json(ended, town)})
    else:
        screen.print(f"Swap {number} is taken back: {ended.out} is on duty again as the rota says.", markup=False)


def who_is_on(folder: Path, town: Town, people: People, rota: str) -> Sequence[str]:
    """Who is on duty in a rota now."""
    found = _ask(folder, town, people, None, lambda desk: desk.on_duty(wall_clock()))
    return next(one.now.people for one in found if one.rota == rota)


def folder_of(folder: Path) -> tuple[Town, People]:
    """The town and its people; prints what is wrong and exits 1 when they cannot be used."""
    town, findings = load_town(folder)
    people = None
    if town is not None:
        people, findings = load_people(folder, town)
    if town is None or people is None:
        print_findings(finding for finding in findings if has_errors([finding]))
        raise typer.Exit(FOUND_PROBLEMS)
    return town, people


def read_moment(option: str, text: str, town: Town) -> Moment:
    """A moment with its zone, or one of the town's own time; ConfigError for anything else."""
    try:
        return parse_moment(text) if _ZONED.search(text) else parse_local(text, town)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from None


def _ask(folder: Path, town: Town, people: People, state: Path | None, work: Callable[[DutyDesk], Awaitable[R]]) -> R:
    settings = load_settings({"state": state}, folder).settings
    url = book_url(settings, state_folder(settings, town.id))

    async def asking() -> R:
        async with open_book(url, town, clock=wall_clock, people=people) as book:
            try:
                return await work(DutyDesk(book))
            except ActionRefused as refused:
                raise ConfigError(str(refused)) from None

    return asyncio.run(asking())


def _listed(names: Mapping[str, object]) -> str:
    return f"there are: {', '.join(names)}" if names else "people.yaml has none"


def _people(watch: Watch | None) -> str:
    if watch is None:
        return "—"
    called = zip(watch.people, watch.names, strict=True)
    return ", ".join(f"{name.zh} ({one})" if name.zh != one else one for one, name in called) or "NOBODY"


def _local(at: Moment | None, town: Town) -> str:
    return "—" if at is None else f"{as_datetime(at, town.zone_info):%Y-%m-%d %H:%M}"


def _rota_row(one: OnDuty, town: Town) -> Sequence[str]:
    after = one.next.end if one.next else None
    start, end = _local(one.now.start, town), _local(one.now.end, town)
    return one.rota, _people(one.now), start, end, _people(one.next), _local(after, town)


def _rota_json(one: OnDuty, town: Town) -> dict[str, Any]:
    def watch(found: Watch | None) -> dict[str, Any] | None:
        return (
            found
            if found is None
            else {
                "people": [
                    {"id": name, "name": label.model_dump()}
                    for name, label in zip(found.people, found.names, strict=True)
                ],
                "from": format_moment(found.start, town.zone_info),
                "to": None if found.end is None else format_moment(found.end, town.zone_info),
            }
        )

    return {"rota": one.rota, "name": one.name.model_dump(), "now": watch(one.now), "next": watch(one.next)}


_SWAP_COLUMNS = ("number", "out", "stands in", "from", "to", "rota", "by")


def _swap_row(swap: Swap, town: Town) -> Sequence[object]:
    span = _local(swap.start, town), _local(swap.end, town)
    return "—" if swap.id is None else swap.id, swap.out, swap.stands_in, *span, swap.rota or "all", swap.by


def _swap_json(swap: Swap, town: Town) -> dict[str, Any]:
    times = {"from": format_moment(swap.start, town.zone_info), "to": format_moment(swap.end, town.zone_info)}
    return {**swap.model_dump(exclude={"start", "end"}), **times}
