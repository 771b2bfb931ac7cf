"""Looks after the store from the command line: what `town store …` does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import typer
from rich.progress import Progress, TextColumn, TimeRemainingColumn

from brain.clock import wall_clock
from brain.output import FOUND_PROBLEMS, errors, print_findings, print_json, print_table, screen
from brain.state import held, state_folder
from town.errors import ConfigError, Unavailable
from town.folder import load_town
from town.moment import Moment, format_moment, parse_duration, parse_moment
from town.private_file import write_private
from town.settings import Settings, load_settings
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.store.info import StoreInfo
from town.store.open import open_store
from town.store.parquet import Told, export_readings, import_readings
from town.store.setup import Asked, prepare_store
from town.town import Town

T = TypeVar("T")


class Place(NamedTuple):
    """Whose store it is, and where."""

    town: Town
    settings: Settings
    state: Path


def find(folder: Path, given: Mapping[str, Any]) -> Place:
    """The town and its settings. Leaves with exit code 1 when the folder is wrong."""
    settings = load_settings(given, folder).settings
    town, findings = load_town(folder)
    if town is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    return Place(town, settings, state_folder(settings, town.id))


def run_init(place: Place, asked: Asked) -> None:
    """Prepare the store and say what was done."""
    with _alone(place):
        done = _run(prepare_store(place.settings, place.town, place.state, asked))
    screen.print(done.store, markup=False)
    for what in done.done:
        screen.print(f"  {'would ' if asked.dry_run else ''}{what}", markup=False)
    if not done.done:
        screen.print("  everything is there")
    for name, token in done.tokens.items():
        _hand_over(name, token, {"store_token": asked.token_file, "boards_token": asked.boards_token_file}[name])
    if done.hint:
        errors.print(f"({done.hint})", markup=False)


def _hand_over(name: str, token: str, file: Path | None) -> None:
    if file is None:
        screen.print(f"  TOWN_{name.upper()}={token}", markup=False)
        errors.print("The token is shown this once: put it where the brain finds it (TOWN_STORE_TOKEN_FILE).")
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(file, token + "\n")
    screen.print(f"  it is in {file}", markup=False)


def run_info(place: Place, *, json: bool) -> None:
    """Show what the store is and holds."""
    info = _run(_with_store(place, lambda store: store.info()))
    if json:
        print_json(msgspec.to_builtins(info))
        return
    for name, value in _facts(info):
        screen.print(f"{name:9} {value}", markup=False)
    unit = "values" if info.kind == "DuckDB" else "readings"
    print_table("", ("family", unit), [(one.family, f"{one.rows:,}") for one in info.families])
    rows = [
        (one.resolution, "yes" if one.computed else "not yet", _count(one.buckets), _count(one.waiting))
        for one in info.rollups
    ]
    print_table("", ("rollup", "computed", "buckets", "values that wait"), rows)


def _facts(info: StoreInfo) -> Iterator[tuple[str, str]]:
    yield "store", f"{info.kind} {info.version}, {info.place}"
    yield "size", "the server does not tell" if info.size is None else f"{info.size / 1_000_000:,.1f} MB"
    yield "oldest", "—" if info.oldest is None else format_moment(info.oldest)
    yield "newest", "—" if info.newest is None else format_moment(info.newest)
    yield "series", _count(info.series)


def _count(number: int | None) -> str:
    return "—" if number is None else f"{number:,}"


def run_export(place: Place, file: Path, *, start: str, end: str | None) -> None:
    """Write a range as Parquet."""
    first, last = read_moment(start, "--from"), read_moment(end, "--to") if end else wall_clock()
    with _progress(first, last) as told:
        count = _run(_with_store(place, lambda store: export_readings(store, file, start=first, end=last, told=told)))
    screen.print(f"{count:,} readings, {file.stat().st_size / 1_000_000:,.1f} MB: {file}", markup=False)


def run_import(place: Place, file: Path) -> None:
    """Write the readings of a Parquet file into the store. Leaves with exit code 1 when some were refused."""
    if not file.is_file():
        raise ConfigError(f"{file}: there is no such file")
    with _progress(None, None) as told:
        done = _run(_with_store(place, lambda store: import_readings(store, file, told=told), make=True))
    screen.print(f"{done.readings - done.refused.total():,} of {done.readings:,} readings are in the store.")
    for reason, count in done.refused.most_common():
        errors.print(f"{count:,} refused, {reason}: {done.details[reason]}", style="red", markup=False)
    if done.refused:
        raise typer.Exit(FOUND_PROBLEMS)


def read_moment(text: str, option: str) -> Moment:
    """`2026-11-22T08:00:00+08:00`, or `7d` for that long ago. Raises ConfigError naming the option."""
    with contextlib.suppress(ValueError):
        return wall_clock() - parse_duration(text)
    try:
        return parse_moment(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}; or 7d for seven days ago") from None


async def _with_store(
    place: Place, work: Callable[[DuckStore | InfluxStore], Awaitable[T]], *, make: bool = False
) -> T:
    async with _opened(place, make=make) as store:
        return await work(store)


@contextlib.asynccontextmanager
async def _opened(place: Place, *, make: bool) -> AsyncIterator[DuckStore | InfluxStore]:
    store = open_store(place.settings, place.town, place.state)
    if isinstance(store, DuckStore) and not make and not (store.path and store.path.exists()):
        where = store.path or "a store in memory"
        raise ConfigError(f"{where}: there is nothing yet; `town up` or `town store init` makes it")
    with _alone(place):
        async with store:
            yield store


@contextlib.contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Nobody else on an embedded store; a server may be asked while a brain runs."""
    if not place.settings.store_url.startswith("duckdb"):
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(place.state))
        except ConfigError as error:
            raise ConfigError(
                f"{error} The embedded store serves one process at a time; "
                f"while the brain runs, its API answers from it (http://{place.settings.http}/api/v1/)."
            ) from None
        yield


def _run(work: Awaitable[T]) -> T:
    async def whole() -> T:
        return await work

    try:
        return asyncio.run(whole())
    except Unavailable as error:
        raise ConfigError(str(error)) from None


@contextlib.contextmanager
def _progress(start: Moment | None, end: Moment | None) -> Iterator[Told]:
    """A bar on the terminal over the range, if one is known, and the count."""
    columns = (
        *Progress.get_default_columns()[:2],
        TextColumn("{task.fields[count]:,} readings"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, disable=not errors.is_terminal, transient=True) as progress:
        total = None if start is None or end is None else max(1, end - start)
        task = progress.add_task("readings", total=total, count=0)

        def told(count: int, at: Moment) -> None:
            progress.update(task, completed=at - (start or at), count=count)

        yield told
