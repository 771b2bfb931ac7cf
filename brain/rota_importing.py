"""Takes a duty table into the rota.csv of a town folder: what `town people import-rota` does."""

from pathlib import Path
from typing import Any

import typer

from alerts.rota import Dated
from alerts.rota_import import Shifts, merged, read_sheet, read_shifts
from alerts.rota_table import MAX_BYTES, local_text, write_rota_table
from brain.duty import folder_of
from brain.output import FOUND_PROBLEMS, findings_as_json, print_findings, print_json, print_table, screen
from town.errors import ConfigError
from town.town import Town


def run_import(file: Path, folder: Path, *, rota: str | None, dry_run: bool, json: bool) -> None:
    """Read the table, and write rota.csv with it; exits 1, and writes nothing, when anything is wrong."""
    town, people = folder_of(folder)
    try:
        shifts, findings = read_shifts(read_sheet(_content(file), file.name), people, town, rota=rota)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    writes = not findings and not dry_run and bool(shifts)
    if writes:
        before = {one.id: one.dated for one in people.rotas.values() if one.dated}
        write_rota_table(folder, merged(before, shifts), town)
    if json:
        print_json({"written": writes, "findings": findings_as_json(findings), "shifts": _plain(shifts, town)})
    else:
        print_findings(findings)
        print_table("", ("rota", "from", "to", "people"), [tuple(one.values()) for one in _plain(shifts, town)])
        screen.print("Written to rota.csv." if writes else "Nothing was written.")
    if findings or not shifts:
        raise typer.Exit(FOUND_PROBLEMS)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{file} is bigger than {MAX_BYTES:,} bytes: a duty table is not")
    return content


def _plain(shifts: Shifts, town: Town) -> list[dict[str, Any]]:
    def plain(rota: str, one: Dated) -> dict[str, Any]:
        times = {"from": local_text(one.start, town), "to": local_text(one.end, town)}
        return {"rota": rota, **times, "people": ";".join(one.people)}

    return [plain(rota, one) for rota in sorted(shifts) for one in shifts[rota]]
