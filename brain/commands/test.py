"""`town test`: runs rule cases through the live engine and a real alert book."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options
from brain.output import FOUND_PROBLEMS, print_json, screen


def test(
    path: Annotated[Path, typer.Argument(help="A town, a case, or a folder of cases.", show_default=False)],
    junit: Annotated[Path | None, typer.Option(help="Also write the results as JUnit XML to this file.")] = None,
    json: options.Json = False,
) -> None:
    """Run rule cases: readings through the live engine, states and notifications held against what is expected."""
    from brain.case_alerts import run_with_book
    from rules.case import untouched_rules
    from rules.report import report, write_junit

    results = run_with_book(path)
    untouched = untouched_rules(path, results)
    if junit is not None:
        write_junit(results, junit)
    if json:
        cases = [
            {"name": each.name, "folder": str(each.folder), "passed": each.passed, "problems": each.problems}
            for each in results
        ]
        print_json({"cases": cases, "untouched_rules": untouched})
    else:
        screen.print(report(results, untouched), markup=False)
    if not results:
        screen.print(f"There is no case at {path}: a case is a folder with an expect.yaml.", markup=False)
    if not results or any(not each.passed for each in results):
        raise typer.Exit(FOUND_PROBLEMS)
