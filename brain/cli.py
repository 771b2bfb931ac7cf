"""The `town` command."""

import sys
from collections.abc import Iterator

import typer

from brain.commands.account import account
from brain.commands.adopt import adopt, discovered
from brain.commands.backup import backup, restore
from brain.commands.bench import bench
from brain.commands.boards import boards
from brain.commands.cap import cap
from brain.commands.check import check
from brain.commands.decode import decode
from brain.commands.deliveries import deliveries
from brain.commands.demo import demo
from brain.commands.gateway import gateway
from brain.commands.ledger import ledger
from brain.commands.notify import notify
from brain.commands.outbox import outbox
from brain.commands.people import people
from brain.commands.quarantine import quarantine
from brain.commands.replay import replay
from brain.commands.roles import console, ingest
from brain.commands.route import route
from brain.commands.rules import rules
from brain.commands.settings import settings
from brain.commands.simulate import simulate
from brain.commands.store import store
from brain.commands.test import test
from brain.commands.up import up
from brain.commands.windows import windows
from brain.output import WRONG_USE, errors
from town.errors import ConfigError

app = typer.Typer(
    name="town",
    help="The town brain: takes every reading in, judges it, and tells the right people until somebody answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(up)
app.command()(demo)
app.command()(ingest)
app.command()(console)
app.command()(simulate)
app.command()(check)
app.command()(test)
app.command()(decode)
app.command()(replay)
app.command()(ledger)
app.command()(deliveries)
app.command()(cap)
app.command()(discovered)
app.command()(adopt)
app.command()(settings)
app.command()(backup)
app.command()(restore)
app.add_typer(rules, name="rules")
app.add_typer(quarantine, name="quarantine")
app.add_typer(account, name="account")
app.add_typer(gateway, name="gateway")
app.add_typer(store, name="store")
app.add_typer(notify, name="notify")
app.add_typer(outbox, name="outbox")
app.add_typer(people, name="people")
app.add_typer(route, name="route")
app.add_typer(windows, name="windows")
app.add_typer(boards, name="boards")
app.add_typer(bench, name="bench")


def main() -> None:
    """Run the command line; what the user can mend is one clear message and exit code 2, never a traceback."""
    try:
        app()
    except* ConfigError as group:
        for error in _leaves(group):
            errors.print(f"town: {error}", style="red", markup=False)
        sys.exit(WRONG_USE)


def _leaves(group: BaseExceptionGroup[ConfigError]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
