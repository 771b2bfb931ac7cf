"""The delivery ledger on the command line: what `town deliveries` does."""

import asyncio
from functools import partial
from pathlib import Path
from typing import NamedTuple

import typer
from sqlalchemy import make_url

from alerts.database import Database, open_database
from alerts.ledger import MOST_DELIVERIES, find_deliveries
from brain.alerting import book_url
from brain.output import FOUND_PROBLEMS, errors, print_findings, print_json, screen
from brain.state import state_folder
from town.delivery import Delivery, DeliveryFilter, csv_lines
from town.errors import ConfigError
from town.folder import load_town
from town.moment import Moment, format_moment, parse_moment
from town.settings import load_settings
from town.town import Town


class Asked(NamedTuple):
    """Which deliveries, as it was written."""

    alert: str | None
    target: str | None
    start: str | None
    end: str | None
    limit: int


def run_deliveries(folder: Path, asked: Asked, *, csv: Path | None, state: Path | None, json: bool) -> None:
    """Print the ledger, or write it into a file."""
    town, findings = load_town(folder)
    if town is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    settings = load_settings({"state": state}, folder).settings
    url = book_url(settings, state_folder(settings, town.id))
    most = None if csv else asked.limit
    wanted = _wanted(asked)
    found = asyncio.run(_ask(url, wanted, most=most)) if is_there(url) else []
    if csv is not None:
        _write(csv, found, town)
    elif json:
        print_json([one.model_dump(mode="json") for one in found])
    else:
        for one in found:
            screen.print(_line(one, town), markup=False)
    if not found:
        errors.print(
            "Nobody was told anything that fits."
            if asked._replace(limit=100) != _EVERYTHING
            else "Nobody was told anything yet."
        )


_EVERYTHING = Asked(None, None, None, None, 100)


def is_there(url: str) -> bool:
    """Whether there is a book: looking at it must not make one."""
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(str(parsed.database)).exists()


def _wanted(asked: Asked) -> DeliveryFilter:
    return DeliveryFilter(asked.alert, asked.target, _moment("--from", asked.start), _moment("--to", asked.end))


def _moment(option: str, text: str | None) -> Moment | None:
    try:
        return None if text is None else parse_moment(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from None


async def _ask(url: str, wanted: DeliveryFilter, *, most: int | None) -> list[Delivery]:
    async with open_database(url) as database:
        return await _pages(database, wanted, most=most)


async def _pages(database: Database, wanted: DeliveryFilter, *, most: int | None) -> list[Delivery]:
    found: list[Delivery] = []
    asked = (wanted.alert, wanted.target, wanted.start, wanted.end)
    before: tuple[Moment, str] | None = None
    while most is None or len(found) < most:
        size = MOST_DELIVERIES if most is None else min(MOST_DELIVERIES, most - len(found))
        page_wanted = DeliveryFilter(*asked, before=before, limit=size)
        page = await database.read(partial(find_deliveries, wanted=page_wanted))
        found += page
        if len(page) < size:
            break
        before = (page[-1].notification.created_at, page[-1].notification.id)
    return found


def _write(path: Path, found: list[Delivery], town: Town) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_lines(found, town.zone_info, language=town.language))
    except OSError as error:
        raise ConfigError(f"--csv {path}: {error.strerror}") from None
    screen.print(f"{len(found):,} deliveries in {path}", markup=False)


def _line(one: Delivery, town: Town) -> str:
    """Two lines for one delivery: what was told to whom, and what became of it."""
    note = one.notification
    when = format_moment(note.created_at, town.zone_info)[:19].replace("T", " ")
    what = f"{note.alert} {one.severity.mark} {one.title.text(town.language)} ({note.event})"
    tries = "1 try" if note.attempts == 1 else f"{note.attempts} tries"
    became = [
        f"{note.state.value}, {tries}",
        *([f"answered {note.answer}"] if note.answer else []),
        *(["perhaps told twice"] if note.possibly_doubled else []),
        *([f"in the digest {note.digest}"] if note.digest else []),
        *([f"{one.acknowledged_by} has it"] if one.acknowledged_by else []),
    ]
    return f"{when}  {what} -> {note.target} by {note.channel}\n    {'; '.join(became)}"
