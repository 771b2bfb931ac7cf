"""Builds the boards' files: what `town boards build` does."""

from pathlib import Path

import typer

from brain.output import FOUND_PROBLEMS, errors, print_findings, screen
from dashboards.files import HOME, built, lint_boards, out_of_date, read_boards, write
from dashboards.words import Known
from town.folder import load_town
from town.language import Language


def known_in(folder: Path | None) -> Known | None:
    """The kinds of a town with its limits. Leaves with exit code 1 when its folder has mistakes."""
    if folder is None:
        return None
    town, findings = load_town(folder)
    if town is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    return town


def run_build(folder: Path | None, language: Language, *, town: Path | None, dry_run: bool) -> None:
    """Write what differs. Leaves with exit code 1 when a board breaks a rule, or a dry run finds differences."""
    where, files = folder or HOME, built(language, known_in(town))
    changed = out_of_date(where, files)
    for path in changed:
        screen.print(f"{'would write' if dry_run else 'writes'} {path}", markup=False)
    if dry_run:
        screen.print(f"{len(changed)} of {len(files)} files differ.")
        raise typer.Exit(FOUND_PROBLEMS if changed else 0)
    write(where, files)
    problems = lint_boards(read_boards(where))
    for problem in problems:
        errors.print(str(problem), style="red", markup=False)
    screen.print(f"{len(files)} files in {where}, {len(changed)} of them changed.", markup=False)
    if problems:
        raise typer.Exit(FOUND_PROBLEMS)
