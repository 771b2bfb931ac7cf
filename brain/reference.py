"""What the references in docs/ say of commands and settings, read off the program itself."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import typer

from brain.cli import app
from town.settings import PREFIX, Settings


class CommandReference(NamedTuple):
    """One command: how it is called, what it does, and each argument and option with its meaning and default."""

    call: str
    does: str
    options: list[tuple[str, str, str]]


def commands() -> Iterator[CommandReference]:
    """Every command, in the order of the help."""
    yield from _below("town", typer.main.get_command(app))


def _below(path: str, group: Any) -> Iterator[CommandReference]:
    for name, command in group.commands.items():
        if getattr(command, "commands", None):
            yield from _below(f"{path} {name}", command)
        else:
            yield _reference(f"{path} {name}", command)


def _reference(path: str, command: Any) -> CommandReference:
    shown = [one for one in command.params if one.name != "help"]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    words = [one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments]
    return CommandReference(" ".join([path, *words]), " ".join(command.help.split()), [_option(one) for one in shown])


def _option(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        return parameter.name.upper(), parameter.help or "", ""
    written = ", ".join([*parameter.opts, *parameter.secondary_opts])
    default = "" if parameter.default in (None, False) else str(parameter.default)
    return written, parameter.help or "", default


def settings() -> Iterator[tuple[str, str, str]]:
    """Every setting: its name, its default, its meaning."""
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        yield PREFIX + name.upper(), default, field.description or ""
