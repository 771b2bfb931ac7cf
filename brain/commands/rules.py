"""`town rules`: looks into the rules of a town."""

from pathlib import Path
from typing import Annotated, Any

import typer

from brain import options
from brain.output import FOUND_PROBLEMS, print_findings, print_json, print_table

rules = typer.Typer(help="Look into the rules of a town.", no_args_is_help=True)


@rules.callback()
def _rules() -> None:
    """Look into the rules of a town."""


@rules.command()
def graph(
    folder: Annotated[Path, typer.Argument(help="The town folder.")] = Path("towns/huangjiu"),
    dot: Annotated[bool, typer.Option("--dot", help="Print it for Graphviz.")] = False,
    json: options.Json = False,
) -> None:
    """List what each rule touches: whom it judges, which quantities it looks at, which rules it inhibits."""
    from dataclasses import asdict

    from brain.bundle import load_bundle
    from rules.graph import as_dot, touches

    bundle, findings = load_bundle(folder)
    if bundle is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    found = touches(bundle.rules, bundle.town)
    if dot:
        typer.echo(as_dot(found), nl=False)
    elif json:
        print_json([asdict(one) for one in found])
    else:
        columns = ("rule", "category", "severity", "judges", "looks at", "inhibits")
        rows: list[tuple[Any, ...]] = [
            (
                one.rule,
                one.category,
                one.severity,
                f"{one.subjects} {one.subject_kind}".strip(),
                ", ".join(one.quantities),
                ", ".join(one.inhibits),
            )
            for one in found
        ]
        print_table("", columns, rows)
