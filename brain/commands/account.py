"""`town account`: who may sign in to the console, and tokens for programs."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from brain import options
from brain.clock import wall_clock
from brain.output import print_json, print_table, screen
from brain.state import state_folder
from console.access import Access
from console.roles import Role
from town.errors import ConfigError
from town.folder import load_town
from town.private_file import write_private
from town.settings import load_settings

account = typer.Typer(help="Who may sign in to the console, and tokens for programs.", no_args_is_help=True)

Town = Annotated[Path, typer.Option("--town", help="The town folder.")]
Name = Annotated[str, typer.Argument(help="The account.", show_default=False)]
_ROLES = "administrator (everything), operator (handles alerts) or viewer (looks)."
RoleOption = Annotated[Role, typer.Option(help=f"What it may do: {_ROLES}")]
DEFAULT_TOWN = Path("towns/huangjiu")


def _access(folder: Path, state: Path | None) -> Access:
    town, _ = load_town(folder)
    settings = load_settings({"state": state}, folder).settings
    return Access(state_folder(settings, town.id if town else folder.name), clock=wall_clock)


def _password() -> str:
    """Asked twice on a terminal, or one line from standard input: never an argument, which others could see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != first:
        raise ConfigError("the two passwords differ; nothing was changed")
    return first


@account.command("list")
def list_(folder: Town = DEFAULT_TOWN, state: options.StateFolder = None, json: options.Json = False) -> None:
    """List the accounts and what each is."""
    roles = _access(folder, state).roles()
    if json:
        print_json([{"name": name, "role": role.value} for name, role in roles.items()])
    else:
        print_table("", ("account", "role"), [(name, role.value) for name, role in roles.items()])


@account.command()
def add(
    name: Name, role: RoleOption = Role.OPERATOR, folder: Town = DEFAULT_TOWN, state: options.StateFolder = None
) -> None:
    """Let somebody in; the password is asked, or read from standard input."""
    _access(folder, state).add_account(name, _password(), role=role)
    screen.print(f"{name} may sign in as {role}.", markup=False)


@account.command("role")
def role_(
    name: Name,
    role: Annotated[Role, typer.Argument(help=_ROLES, show_default=False)],
    folder: Town = DEFAULT_TOWN,
    state: options.StateFolder = None,
) -> None:
    """Make an account another role; who is signed in has it at once."""
    _access(folder, state).set_role(name, role)
    screen.print(f"{name} is {role} now.", markup=False)


@account.command()
def password(name: Name, folder: Town = DEFAULT_TOWN, state: options.StateFolder = None) -> None:
    """Give an account another password; who is signed in with the old one is signed out."""
    _access(folder, state).set_password(name, _password())
    screen.print(f"{name} has a new password.", markup=False)


@account.command()
def token(
    name: Name,
    role: RoleOption = Role.OPERATOR,
    folder: Town = DEFAULT_TOWN,
    state: options.StateFolder = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep it in this file instead of showing it; a file that is there stays.")
    ] = None,
) -> None:
    """Make a token for a program, for `Authorization: Bearer`; it is shown once. The one it had before ends."""
    if keep is not None and keep.exists():
        return
    made = _access(folder, state).create_token(name, role=role)
    if keep is None:
        screen.print(made, markup=False)
    else:
        write_private(keep, made + "\n")
        screen.print(f"Token of {name} in {keep}", markup=False)
