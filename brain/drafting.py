"""Drafts of public warnings from the command line: what `town cap` does."""

import asyncio
from functools import partial
from pathlib import Path

import typer

from alerts.database import open_database
from alerts.questions import find_detail
from brain.alerting import book_url
from brain.clock import wall_clock
from brain.delivered import is_there
from brain.output import FOUND_PROBLEMS, errors, print_findings, screen
from brain.state import state_folder
from town.cap import cap_draft, sender_of
from town.errors import ConfigError
from town.folder import load_town
from town.outlines import read_outlines
from town.ports import AlertDetail
from town.settings import load_settings


def run_cap(folder: Path, alert: str, *, out: Path | None, state: Path | None) -> None:
    """Print the draft, or write it into a file; exits 1 when there is no such alert."""
    town, findings = load_town(folder)
    if town is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    settings = load_settings({"state": state}, folder).settings
    url = book_url(settings, state_folder(settings, town.id))
    detail = asyncio.run(_find(url, alert)) if is_there(url) else None
    if detail is None:
        errors.print(f"There is no alert {alert}.", style="red", markup=False)
        raise typer.Exit(FOUND_PROBLEMS)
    sender = sender_of(town, settings.public_url)
    document = cap_draft(detail.alert, town, sender=sender, now=wall_clock(), outlines=read_outlines(folder))
    if out is None:
        print(document, end="")
        return
    try:
        out.write_text(document, "utf-8")
    except OSError as error:
        raise ConfigError(f"--out {out}: {error.strerror}") from None
    screen.print(f"A draft in {out}: issuing it belongs to the authorities.", markup=False)


async def _find(url: str, alert: str) -> AlertDetail | None:
    async with open_database(url) as database:
        return await database.read(partial(find_detail, alert=alert))
