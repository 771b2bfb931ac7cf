"""`town people`: who is on duty, who stands in for whom, and rotas from spreadsheets."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options

people = typer.Typer(help="Who is on duty, and who stands in for whom.", no_args_is_help=True)

Town = Annotated[Path, typer.Argument(help="The town folder.")]
TownOption = Annotated[Path, typer.Option("--town", help="The town folder.")]
DEFAULT_TOWN = Path("towns/huangjiu")
_MOMENT = "2026-11-28T20:00:00+08:00, or 2026-11-28 20:00 in the town's time"


@people.command("who-is-on")
def who_is_on(
    folder: Town = DEFAULT_TOWN,
    at: Annotated[str | None, typer.Option(help=f"When: {_MOMENT}; default: now.")] = None,
    rota: Annotated[str | None, typer.Option(help="Only this rota.")] = None,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """Show who is on duty in each rota, until when, and who follows. Exits 1 when nobody is on duty in one of them."""
    from brain.duty import run_who_is_on

    run_who_is_on(folder, at=at, rota=rota, state=state, json=json)


@people.command()
def swap(
    out: Annotated[str, typer.Argument(help="Who is not on duty then.", show_default=False)],
    stands_in: Annotated[str, typer.Argument(help="Who is, instead.", show_default=False)],
    start: Annotated[str, typer.Option("--from", help=f"From when on: {_MOMENT}.")],
    end: Annotated[str, typer.Option("--to", help="Until when.")],
    rota: Annotated[str | None, typer.Option(help="Only in this rota; default: in all.")] = None,
    folder: TownOption = DEFAULT_TOWN,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show who would be on duty.")] = False,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """Let somebody stand in for somebody else; a running brain follows it at once."""
    from brain.duty import run_swap

    wanted = {"out": out, "stands_in": stands_in, "rota": rota}
    run_swap(folder, wanted, start=start, end=end, dry_run=dry_run, state=state, json=json)


@people.command()
def swaps(folder: Town = DEFAULT_TOWN, state: options.StateFolder = None, json: options.Json = False) -> None:
    """List the swaps that are not over, those of people.yaml among them."""
    from brain.duty import run_swaps

    run_swaps(folder, state=state, json=json)


@people.command("take-back")
def take_back(
    number: Annotated[int, typer.Argument(help="The number of the swap, as `town people swaps` shows it.")],
    folder: TownOption = DEFAULT_TOWN,
    state: options.StateFolder = None,
    json: options.Json = False,
) -> None:
    """End a swap from now on; what was is kept."""
    from brain.duty import run_take_back

    run_take_back(folder, number, state=state, json=json)


@people.command("import-rota")
def import_rota(
    file: Annotated[Path, typer.Argument(help="A CSV as a spreadsheet saves it.", show_default=False)],
    folder: Town = DEFAULT_TOWN,
    rota: Annotated[str | None, typer.Option(help="Which rota it is, when no column says so.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
    json: options.Json = False,
) -> None:
    """Take a duty table into rota.csv: a row a shift (rota,from,to,people), or a row a day and a column a shift.

    In the time the new shifts span they take the place of the old ones of the same rota. Writes nothing if anything is
    wrong, and exits 1.
    """
    from brain.rota_importing import run_import

    run_import(file, folder, rota=rota, dry_run=dry_run, json=json)
