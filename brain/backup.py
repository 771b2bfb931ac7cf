"""Everything a town is and knows in one archive, taken while it runs, and a town made of it again."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import typer

from alerts.archive import read_book, write_book
from alerts.database import open_database
from brain.alerting import book_url
from brain.archive import FORM, MANIFEST, Manifest, copy_folder, pack, sums_of, unpack
from brain.clock import wall_clock
from brain.output import FOUND_PROBLEMS, errors, print_findings, screen
from brain.pipeline import ledger_row
from brain.recorded import Recorded, recorded
from brain.state import BOOK_FILE, held, state_folder
from ingest.files import LEDGER_FILE
from ingest.ledger_file import read_ledger
from town.errors import ConfigError, Unavailable
from town.folder import load_town
from town.moment import Moment, format_moment
from town.reading import Reading
from town.settings import Settings, load_settings
from town.store.duckdb import DuckStore
from town.store.influx import InfluxStore
from town.store.open import FILE_NAME, open_store
from town.store.parquet import export_readings, import_readings
from town.town import Town

READINGS = "readings.parquet"
TOWN, STATE, BOOK = "town", "state", "book"
_ALL_TIME: Moment = 9_223_372_036_854
"""The last moment a store has, in 2262."""


class Place(NamedTuple):
    """A town folder and what belongs to it."""

    folder: Path
    town: Town
    settings: Settings
    state: Path


def find_place(folder: Path, given: dict[str, str | Path | None]) -> Place:
    """The town, its settings and state; leaves with exit code 1 when the folder is wrong."""
    town, findings = load_town(folder)
    if town is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    settings = load_settings(given, folder).settings
    return Place(folder, town, settings, state_folder(settings, town.id))


async def back_up(place: Place, file: Path, *, readings: bool) -> Manifest:
    """Write the archive, whole or not at all, for its owner alone. Raises ConfigError and Unavailable.

    The state is copied first, then the book, then the readings: what comes later has at least what came before, and
    a brain that starts from it catches up from its store, as it does after a power cut.
    """
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as name:
        made = Path(name)
        _say("town folder and state")
        await asyncio.to_thread(copy_folder, place.folder, made / TOWN, set())
        own = {place.state / FILE_NAME, place.state / BOOK_FILE, place.state / "lock"}
        await asyncio.to_thread(copy_folder, place.state, made / STATE, own)
        _say("alert book")
        (made / BOOK).mkdir()
        async with open_database(book_url(place.settings, place.state)) as database:
            book = await write_book(database, made / BOOK)
        count = 0
        if readings:
            _say("readings")
            count = await export_readings(_Asked(place), made / READINGS, start=0, end=_ALL_TIME)
        files = await asyncio.to_thread(sums_of, made)
        manifest = Manifest(FORM, place.town.id, wall_clock(), version("town-brain"), count, book, files)
        (made / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        await asyncio.to_thread(pack, made, file)
    return manifest


class _Asked:
    """The readings of a store, or of the brain that holds it."""

    def __init__(self, place: Place) -> None:
        self._place = Recorded(place.town, place.settings, place.state)

    async def readings(self, *, start: Moment, end: Moment) -> AsyncIterator[list[Reading]]:
        """All of them, by arrival."""
        async for batch in recorded(self._place, start=start, end=end):
            yield batch


class Target(NamedTuple):
    """Where a town is to be made again; `given` are options and settings."""

    folder: Path
    given: dict[str, str | Path | None]
    dry_run: bool


async def restore(file: Path, target: Target) -> Manifest:
    """Make a town of an archive: nothing that is there is overwritten. Raises ConfigError and Unavailable."""
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=target.folder.parent) as name:
        made = Path(name)
        manifest = await asyncio.to_thread(unpack, file, made)
        _say(f"archive of {manifest.town}, made {format_moment(manifest.made_at)}: every file is as it was")
        town, findings = load_town(made / TOWN)
        if town is None:
            print_findings(findings)
            raise ConfigError(f"{file}: its town folder is not one that this version reads")
        settings = load_settings(target.given, target.folder).settings
        state = settings.state or Path("state") / town.id
        _require_room(target.folder, state)
        if target.dry_run:
            return manifest
        await asyncio.to_thread(shutil.copytree, made / TOWN, target.folder, dirs_exist_ok=True)
        await asyncio.to_thread(shutil.copytree, made / STATE, state, dirs_exist_ok=True)
        state.chmod(0o700)
        await _fill(Place(target.folder, town, settings, state.resolve()), made)
    return manifest


async def _fill(place: Place, made: Path) -> None:
    with held(place.state):
        _say("alert book")
        async with open_database(book_url(place.settings, place.state)) as database:
            await read_book(database, made / BOOK, tell_store=True)
        async with open_store(place.settings, place.town, place.state) as store:
            await store.prepare()
            if (made / READINGS).exists():
                _say("readings")
                done = await import_readings(store, made / READINGS)
                for reason, count in done.refused.items():
                    errors.print(f"{count} readings are refused: {reason} ({done.details[reason]})", style="yellow")
            await _tell_ledgers(store, place.state)


async def _tell_ledgers(store: DuckStore | InfluxStore, state: Path) -> None:
    """The loss ledger, which the store had a copy of."""
    for number, path in enumerate(await asyncio.to_thread(lambda: sorted(state.rglob(LEDGER_FILE)))):
        minutes = read_ledger(path, start=0, end=_ALL_TIME).minutes
        await store.write_own([ledger_row(minute, order=number) for minute in minutes])


def _require_room(folder: Path, state: Path) -> None:
    for place, option in ((folder, "DIR"), (state, "--state")):
        if place.exists() and any(place.iterdir()):
            raise ConfigError(f"{place} is not empty, and nothing is overwritten: name another folder as {option}")


def _say(what: str) -> None:
    screen.print(f"  {what}", markup=False)


def told(manifest: Manifest) -> str:
    """What is in an archive, in a line."""
    rows = f"{manifest.book.get('alert', 0):,} alerts, {manifest.book.get('notification', 0):,} notifications"
    return f"{manifest.readings:,} readings, {rows}, {len(manifest.files):,} files"


def run_backup(folder: Path, file: Path, given: dict[str, str | Path | None], *, readings: bool) -> None:
    """What `town backup` does."""
    manifest = _run(back_up(find_place(folder, given), file, readings=readings))
    size = file.stat().st_size / 1_000_000
    screen.print(f"{file}: {told(manifest)}; {size:,.1f} MB. It holds secrets: keep it where only you can read it.")


def run_restore(file: Path, target: Target) -> None:
    """What `town restore` does."""
    manifest = _run(restore(file, target))
    done = "could be restored (nothing was written)" if target.dry_run else f"restored to {target.folder}"
    screen.print(f"{done}: {told(manifest)}", markup=False)


def _run(work: Coroutine[Any, Any, Manifest]) -> Manifest:
    try:
        return asyncio.run(work)
    except Unavailable as error:
        raise ConfigError(f"{error}: nothing was finished; try again when it answers") from None
