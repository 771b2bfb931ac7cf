"""`town outbox`: what waits to be sent, what was given up and why, and once more please."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options

outbox = typer.Typer(help="What waits to be sent, and what was given up.", no_args_is_help=True)

Town = Annotated[Path, typer.Argument(help="The town folder.")]
TownOption = Annotated[Path, typer.Option("--town", help="The town folder.")]
Target = Annotated[str | None, typer.Option(help="Only what is for this person or target.")]
Channel = Annotated[str | None, typer.Option(help="Only what goes over this channel.")]
Limit = Annotated[int, typer.Option(min=1, max=1_000, help="So many at most, the oldest.")]
DEFAULT_TOWN = Path("towns/huangjiu")


@outbox.command("list")
def list_(
    folder: Town = DEFAULT_TOWN,
    target: Target = None,
    channel: Channel = None,
    limit: Limit = 100,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """List what waits, is being sent or is tried again, and who rests until when and why."""
    from brain.outboxing import WAITING, run_list
    from town.outbox import OutboxFilter

    run_list(folder, OutboxFilter(WAITING, target=target, channel=channel, limit=limit), state=state, json=json)


@outbox.command()
def dead(
    folder: Town = DEFAULT_TOWN,
    target: Target = None,
    channel: Channel = None,
    limit: Limit = 100,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """List what was given up, with the reason."""
    from brain.outboxing import DEAD, run_dead
    from town.outbox import OutboxFilter

    run_dead(folder, OutboxFilter(DEAD, target=target, channel=channel, limit=limit), state=state, json=json)


@outbox.command()
def digest(
    number: Annotated[str, typer.Argument(help="As it stands in the message: D-20260921-0007.", show_default=False)],
    folder: TownOption = DEFAULT_TOWN,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """Show every notification that a digest stands for, and what became of it."""
    from brain.outboxing import run_digest

    run_digest(folder, number, state=state, json=json)


@outbox.command()
def retry(
    notifications: Annotated[
        list[str] | None, typer.Argument(help="The keys, as `town outbox dead` shows them.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that was given up.")] = False,
    folder: TownOption = DEFAULT_TOWN,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be tried.")] = False,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """Try again at once what was given up, or waits for its next attempt; a channel that refused us rests no more."""
    from brain.outboxing import run_retry

    run_retry(folder, notifications or [], everything=everything, dry_run=dry_run, state=state, json=json)
