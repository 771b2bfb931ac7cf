"""`town notify`: whether people can be told."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options

notify = typer.Typer(help="Whether people can be told.", no_args_is_help=True)


@notify.callback()
def group() -> None:
    """Keep `test` a command of its own while it is the only one."""


@notify.command("test")
def test(
    target: Annotated[str, typer.Argument(help="A person, target or rota of people.yaml.", show_default=False)],
    folder: Annotated[Path, typer.Option("--town", help="The town folder.")] = Path("towns/huangjiu"),
    channel: Annotated[
        str | None, typer.Option(help="sms, voice, email …, or `all` of them one after the other; default: the first.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be sent, with secrets masked.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Send a test message through the real sender and show what the provider answers. Exits 1 if it is not taken.

    Of a rota, whoever is on duty now is told.
    """
    from brain.notifying import run_test

    run_test(target, folder, channel=channel, dry_run=dry_run, json=json)
