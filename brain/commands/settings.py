"""`town settings`: every setting, its value and where it came from."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from brain.output import print_json, print_table
from town.settings import PREFIX, Settings, load_settings


def settings(
    folder: Annotated[Path | None, typer.Argument(help="A town folder: `town.toml` beside it is read.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show every setting with its value and origin. Secrets are never shown."""
    loaded = load_settings({}, folder)
    rows = [
        (PREFIX + name.upper(), shown(getattr(loaded.settings, name)), loaded.origins[name], field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    if json:
        print_json([dict(zip(("setting", "value", "origin", "meaning"), row, strict=True)) for row in rows])
    else:
        print_table("", ("setting", "value", "from", "meaning"), rows)


def shown(value: object) -> str:
    """A value as it may be shown: secrets as dots."""
    if value is None:
        return "—"
    return "•••" if isinstance(value, SecretStr) else str(value)
