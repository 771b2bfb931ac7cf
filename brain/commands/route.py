"""`town route`: who would be told of an alert, and why."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options
from town.alert import Category, Severity

route = typer.Typer(help="Who would be told of an alert, and why.", no_args_is_help=True)


@route.callback()
def group() -> None:
    """Keep `explain` a command of its own while it is the only one."""


@route.command()
def explain(
    alert: Annotated[str | None, typer.Argument(help="An alert of the book, such as A-20261128-0001.")] = None,
    folder: Annotated[Path, typer.Option("--town", help="The town folder.")] = Path("towns/huangjiu"),
    category: Annotated[Category | None, typer.Option(help="Instead of an alert: its category.")] = None,
    severity: Annotated[Severity, typer.Option(help="Its severity.")] = Severity.CRITICAL,
    facility: Annotated[str | None, typer.Option(help="The facility it is in.")] = None,
    zone: Annotated[str | None, typer.Option(help="The zone, if it is in no facility.")] = None,
    at: Annotated[
        str | None, typer.Option(help="When it is raised, 2026-11-28T20:00:00+08:00 or 2026-11-28 20:00; default: now.")
    ] = None,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """Show who would be told, over which channel and when, why each route takes it or not, and each escalation step.

    Of an alert of the book it also shows what is still to be told. Exits 1 when nobody would be told.
    """
    from brain.route_explaining import run_explain

    asked = {"category": category, "severity": severity, "facility": facility, "zone": zone}
    run_explain(alert, folder, asked, at=at, state=state, json=json)
