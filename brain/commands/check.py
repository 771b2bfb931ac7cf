"""`town check`: whether a town folder is sound."""

from pathlib import Path
from typing import Annotated

import typer

from brain.output import FOUND_PROBLEMS, findings_as_json, print_findings, print_json, screen


def check(
    folder: Annotated[Path, typer.Argument(help="The town folder.", show_default=False)],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are mistakes too.")] = False,
) -> None:
    """Check a town folder: every mistake with file, line and a suggestion. Exits 1 if there is any."""
    from brain.bundle import load_bundle

    bundle, findings = load_bundle(folder)
    wrong = bundle is None or (strict and bool(findings))
    if json:
        print_json({"ok": not wrong, "findings": findings_as_json(findings)})
    else:
        print_findings(findings)
        if bundle is not None:
            town = bundle.town
            screen.print(
                f"{town.name.zh} {town.name.en}: {len(town.facilities)} facilities, {len(town.sensors)} sensors behind "
                f"{len(town.gateways)} gateways, {len(bundle.rules.rules)} rules, "
                f"{len(bundle.scenarios)} scenarios."
            )
        errors = sum(finding.level == "error" for finding in findings)
        screen.print(f"{errors} mistakes, {len(findings) - errors} warnings." if findings else "No mistakes.")
    if wrong:
        raise typer.Exit(FOUND_PROBLEMS)
