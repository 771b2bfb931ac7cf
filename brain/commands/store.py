"""`town store`: prepares the store of readings, shows what is in it, takes readings out and in."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options

store = typer.Typer(
    help="The store of readings: prepare it, look into it, take readings out and in.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="The Parquet file.", show_default=False)]


@store.command()
def init(
    folder: options.Folder,
    store: options.StoreUrl = None,
    state: options.StateFolder = None,
    organisation: Annotated[
        str | None, typer.Option(help="Organisation of an InfluxDB 2.x; made when it is missing.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    new_token: Annotated[bool, typer.Option("--new-token", help="Make a further token (2.x).")] = False,
    token_file: Annotated[
        Path | None, typer.Option(help="Keep the brain's token (2.x) in this file instead of showing it.")
    ] = None,
    boards_token_file: Annotated[
        Path | None, typer.Option(help="Make a token (2.x) for boards too, which only reads, and keep it in this file.")
    ] = None,
) -> None:
    """Make databases or buckets with their retention, and on InfluxDB 2.x a token that may do no more than needed.

    Doing it again changes nothing. A retention that differs from TOWN_STORE_KEEP_… is corrected, which may delete.
    """
    from brain.storekeeping import find, run_init
    from town.store.setup import Asked

    asked = Asked(organisation, dry_run, new_token, token_file, boards_token_file)
    run_init(find(folder, {"store_url": store, "state": state}), asked)


@store.command()
def info(
    folder: options.Folder,
    store: options.StoreUrl = None,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """Show what the store is, its size, the oldest and newest reading, what is in each family, and its rollups."""
    from brain.storekeeping import find, run_info

    run_info(find(folder, {"store_url": store, "state": state}), json=json)


@store.command()
def export(
    folder: options.Folder,
    file: File,
    start: Annotated[str, typer.Option("--from", help="2026-11-22T08:00:00+08:00, or 7d for seven days ago.")],
    end: Annotated[
        str | None, typer.Option("--to", help="The same; readings at this moment stay out. Default: now.")
    ] = None,
    store: options.StoreUrl = None,
    state: options.StateFolder = None,
) -> None:
    """Write all readings of a range into a Parquet file, one row a value."""
    from brain.storekeeping import find, run_export

    run_export(find(folder, {"store_url": store, "state": state}), file, start=start, end=end)


@store.command("import")
def import_(
    folder: options.Folder,
    file: File,
    store: options.StoreUrl = None,
    state: options.StateFolder = None,
) -> None:
    """Write the readings of a Parquet file into the store; doing it again changes nothing.

    Exits 1 when some are refused, such as those of sensors that the town does not have.
    """
    from brain.storekeeping import find, run_import

    run_import(find(folder, {"store_url": store, "state": state}), file)
