"""`town deliveries`: who was told what, when, by which channel, what the provider answered, who acknowledged."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options


def deliveries(
    folder: Annotated[Path, typer.Argument(help="The town folder.")] = Path("towns/huangjiu"),
    alert: Annotated[str | None, typer.Option(help="Only of this alert, A-20261128-0007.")] = None,
    target: Annotated[str | None, typer.Option(help="Only to this person, room, robot or hook.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="From this time on, 2026-11-22T08:00:00+08:00; default: all there is.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Up to this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many at most, the newest; --csv takes all.")] = 100,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write all of them into this file, for spreadsheets.")
    ] = None,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """Show the delivery ledger, the newest first: every notification with each attempt and its answer.

    Works while the brain runs and when it does not.
    """
    from brain.delivered import Asked, run_deliveries

    asked = Asked(alert=alert, target=target, start=start, end=end, limit=limit)
    run_deliveries(folder, asked, csv=csv, state=state, json=json)
