"""`town quarantine`: what could not be used, and why. Works while the brain runs and when it does not."""

from pathlib import Path
from typing import Annotated, Any

import typer

from brain import options
from brain.output import FOUND_PROBLEMS, errors, print_json, print_table, screen
from brain.state import ingest_folder, state_folder
from ingest.files import QUARANTINE_FILE
from ingest.quarantine import Entry, list_entries, show_entry, tallies
from ingest.reason import REASON_LABELS, Reason
from town.errors import ConfigError
from town.folder import load_town
from town.moment import as_datetime, format_moment
from town.settings import load_settings

quarantine = typer.Typer(help="What could not be used, and why.", no_args_is_help=True)

Folder = Annotated[Path | None, typer.Argument(help="The town folder; towns/huangjiu unless told.", show_default=False)]
Town = Annotated[Path | None, typer.Option("--town", help="The same, as an option.", show_default=False)]
DEFAULT_TOWN = Path("towns/huangjiu")
_LONGEST_ID = 18


def _file(folder: Path | None, state: Path | None, process: str | None) -> Path:
    folder = folder or DEFAULT_TOWN
    town, _ = load_town(folder)
    settings = load_settings({"state": state}, folder).settings
    return ingest_folder(state_folder(settings, town.id if town else folder.name), process) / QUARANTINE_FILE


@quarantine.command("list")
def list_(
    folder: Folder = None,
    town: Town = None,
    state: options.StateFolder = None,
    process: options.Process = None,
    reason: Annotated[Reason | None, typer.Option(help="Only this reason.")] = None,
    gateway: Annotated[str | None, typer.Option(help="Only this gateway.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 50,
    json: options.Json = False,
) -> None:
    """List what was put aside, the newest first."""
    entries = list_entries(_file(folder or town, state, process), limit=limit, reason=reason, gateway=gateway)
    if json:
        print_json([_as_json(entry) for entry in entries])
        return
    rows = [
        (
            each.id,
            _local(each.at),
            each.gateway or "—",
            each.topic or "—",
            each.reason.value,
            each.scope.value,
            each.detail,
        )
        for each in entries
    ]
    print_table("", ("id", "at", "gateway", "topic", "reason", "of", "detail"), rows)
    if not rows:
        screen.print("Nothing was put aside.")


@quarantine.command()
def show(
    which: Annotated[
        list[str],
        typer.Argument(
            help="The town folder, if it is another, and the id that `list` shows.", metavar="[FOLDER] ENTRY"
        ),
    ],
    town: Town = None,
    state: options.StateFolder = None,
    process: options.Process = None,
    json: options.Json = False,
) -> None:
    """Show one entry with what is kept of its payload."""
    folder, entry = _which(which)
    found = show_entry(_file(folder or town, state, process), entry)
    if found is None:
        errors.print(
            f"There is no entry {entry} (any more); `town quarantine list` shows those there are.", style="red"
        )
        raise typer.Exit(FOUND_PROBLEMS)
    if json:
        print_json(_as_json(found))
        return
    label = REASON_LABELS[found.reason]
    for name, value in (
        ("at", _local(found.at)),
        ("gateway", found.gateway or "—"),
        ("topic", found.topic or "—"),
        ("reason", f"{found.reason.value}: {label.en} {label.zh}"),
        ("of", found.scope.value),
        ("detail", found.detail),
        ("size", f"{found.size} bytes, SHA-256 {found.sha256}"),
    ):
        screen.print(f"{name:8} {value}", markup=False)
    screen.print(found.payload.decode("utf-8", "backslashreplace"), markup=False)


@quarantine.command()
def summary(
    folder: Folder = None,
    town: Town = None,
    state: options.StateFolder = None,
    process: options.Process = None,
    json: options.Json = False,
) -> None:
    """Count everything that was refused, entries that are no longer kept included."""
    rows = [
        (
            each.gateway or "—",
            each.reason.value,
            each.scope.value,
            each.refused,
            _local(each.first_at),
            _local(each.last_at),
        )
        for each in tallies(_file(folder or town, state, process))
    ]
    columns = ("gateway", "reason", "of", "count", "first", "last")
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table("", columns, rows)


def _which(words: list[str]) -> tuple[Path | None, int]:
    *folders, entry = words
    if len(folders) > 1 or not entry.isdecimal() or len(entry) > _LONGEST_ID:
        raise ConfigError("name one entry by its id, such as `town quarantine show towns/huangjiu 17`")
    return (Path(folders[0]) if folders else None), int(entry)


def _local(at: int) -> str:
    return as_datetime(at).astimezone().strftime("%m-%d %H:%M:%S")


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": format_moment(entry.at),
        "gateway": entry.gateway,
        "topic": entry.topic,
        "reason": entry.reason.value,
        "scope": entry.scope.value,
        "detail": entry.detail,
        "size": entry.size,
        "sha256": entry.sha256,
        "payload": entry.payload.decode("utf-8", "backslashreplace"),
    }
