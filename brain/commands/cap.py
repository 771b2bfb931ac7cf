"""`town cap`: an alert as a draft of a public warning, for the authorities."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options


def cap(
    alert: Annotated[str, typer.Argument(help="The alert, A-20261128-0007.", show_default=False)],
    folder: Annotated[Path, typer.Option("--town", help="The town folder.")] = Path("towns/huangjiu"),
    out: Annotated[Path | None, typer.Option("--out", help="Write it into this file instead of printing it.")] = None,
    state: options.StateFolder = None,
) -> None:
    """Print an alert as a CAP 1.2 draft in zh and en, for approval. Exits 1 when there is no such alert.

    It is never more than a draft (an exercise, of a drill): issuing a public warning belongs to the authorities.
    """
    from brain.drafting import run_cap

    run_cap(folder, alert, out=out, state=state)
