"""`town windows`: maintenance and drills in a facility or zone."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options
from town.window import WindowKind

windows = typer.Typer(help="Maintenance and drills in a facility or zone.", no_args_is_help=True)

Town = Annotated[Path, typer.Argument(help="The town folder.")]
TownOption = Annotated[Path, typer.Option("--town", help="The town folder.")]
DEFAULT_TOWN = Path("towns/huangjiu")
_MOMENT = "2026-11-28T20:00:00+08:00, or 2026-11-28 20:00 in the town's time"


@windows.command("list")
def list_(
    folder: Town = DEFAULT_TOWN,
    past: Annotated[bool, typer.Option("--past", help="Those that are over as well.")] = False,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """List the windows that are open or to come."""
    from brain.windows import run_list

    run_list(folder, past=past, state=state, json=json)


@windows.command()
def add(
    kind: Annotated[WindowKind, typer.Argument(help="maintenance: nobody is told; drill: told, and marked.")],
    why: Annotated[str, typer.Option(help="What is done: who sees the window later has to understand it.")],
    facility: Annotated[str | None, typer.Option(help="Over this facility.")] = None,
    zone: Annotated[str | None, typer.Option(help="Over this zone.")] = None,
    start: Annotated[str | None, typer.Option("--from", help=f"From when on: {_MOMENT}; default: now.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Until when.")] = None,
    lasts: Annotated[str | None, typer.Option("--for", help="Or for how long, such as 2h.")] = None,
    folder: TownOption = DEFAULT_TOWN,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would be.")] = False,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """Open a window; a running brain follows it within a second."""
    from brain.windows import Asked, run_add

    asked = Asked(kind, facility, zone, start, end, lasts, why)
    run_add(folder, asked, dry_run=dry_run, state=state, json=json)


@windows.command("end")
def end_(
    window: Annotated[str, typer.Argument(help="The window, such as W-3.", show_default=False)],
    folder: TownOption = DEFAULT_TOWN,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """End a window now, or take back one that has not begun; what still holds is told."""
    from brain.windows import run_end

    run_end(folder, window, state=state, json=json)
