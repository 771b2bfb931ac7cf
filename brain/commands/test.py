"""`town test`: runs rule cases through the live engine and a real alert book."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from alerts.people import People, load_people
from brain import options
from brain.case_alerts import BookOfACase
from brain.output import FOUND_PROBLEMS, print_json, screen
from rules.case import CaseAlerts, CaseResult, run_cases, untouched_rules
from rules.case_folder import town_folder
from rules.report import report, write_junit
from town.town import Town


def test(
    path: Annotated[Path, typer.Argument(help="A town, a case, or a folder of cases.", show_default=False)],
    junit: Annotated[Path | None, typer.Option(help="Also write the results as JUnit XML to this file.")] = None,
    json: options.Json = False,
) -> None:
    """Run rule cases: readings through the live engine, states and notifications held against what is expected."""
    with ExitStack() as stack:
        results = run_cases(path, _maker(path, stack))
    untouched = untouched_rules(path, results)
    if junit is not None:
        write_junit(results, junit)
    if json:
        print_json({"cases": [_as_json(each) for each in results], "untouched_rules": untouched})
    else:
        screen.print(report(results, untouched), markup=False)
    if not results:
        screen.print(f"There is no case at {path}: a case is a folder with an expect.yaml.", markup=False)
    if not results or any(not each.passed for each in results):
        raise typer.Exit(FOUND_PROBLEMS)


def _maker(path: Path, stack: ExitStack) -> Callable[[Town], CaseAlerts]:
    """Makes the alert side of each case, and ends that of the case before."""
    home = town_folder(path)

    def make(town: Town) -> CaseAlerts:
        stack.close()
        people = load_people(home, town)[0] if home else None
        return stack.enter_context(BookOfACase(town, people or People()))

    return make


def _as_json(result: CaseResult) -> dict[str, object]:
    return {"name": result.name, "folder": str(result.folder), "passed": result.passed, "problems": result.problems}
