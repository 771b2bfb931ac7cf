"""`town backup` and `town restore`: everything a town is and knows, in one archive."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options

File = Annotated[Path, typer.Argument(help="The archive, such as huangjiu-2026-11-28.tar.gz.", show_default=False)]
Book = Annotated[
    str | None, typer.Option("--book", help="SQLAlchemy URL of the alert book; default SQLite in the state folder.")
]


def backup(
    folder: options.Folder,
    file: File,
    store: options.StoreUrl = None,
    book: Book = None,
    state: options.StateFolder = None,
    readings: Annotated[
        bool, typer.Option("--readings/--no-readings", help="With all readings, or without: a store has its own means.")
    ] = True,
) -> None:
    """Write town folder, state, alert book and readings into one archive, while the brain runs.

    It holds secrets (hashes of passwords, keys) and is readable for its owner alone.
    """
    from brain.backup import run_backup

    run_backup(folder, file, {"store_url": store, "book_url": book, "state": state}, readings=readings)


def restore(
    file: File,
    folder: Annotated[Path, typer.Argument(help="Where the town folder is made; empty or not there yet.")],
    store: options.StoreUrl = None,
    book: Book = None,
    state: options.StateFolder = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every file of the archive and write nothing.")
    ] = False,
) -> None:
    """Make a town of an archive, on any store and any empty alert book. Nothing that is there is overwritten."""
    from brain.backup import Target, run_restore

    run_restore(file, Target(folder, {"store_url": store, "book_url": book, "state": state}, dry_run))
