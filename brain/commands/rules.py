"""`town rules`: looks into the rules of a town."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from brain import options
from brain.commands import roles
from brain.output import FOUND_PROBLEMS, print_findings, print_json, print_table


class _RunByDefault(TyperGroup):
    """`town rules DIR` is `town rules run DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


rules = typer.Typer(help="Run the rules of a town, or look into them.", no_args_is_help=True, cls=_RunByDefault)
rules.command("run")(roles.rules)


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


@rules.command()
def explain(
    rule: Annotated[str, typer.Argument(help="The id of the rule.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="The town folder.")] = Path("towns/huangjiu"),
    at: Annotated[str, typer.Option("--at", help="A time such as 2026-11-22T08:00:00+08:00, or how long ago.")] = "0s",
    subject: Annotated[str | None, typer.Option(help="A sensor, facility or zone; default: all, a line each.")] = None,
    warm_up: Annotated[
        str | None, typer.Option(help="How much before --at is judged. Default: a day, and what the rule looks back.")
    ] = None,
    store: options.StoreUrl = None,
    state: options.StateFolder = None,
    csv: Annotated[Path | None, typer.Option(help="Readings from this CSV file instead of the store.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Readings from this Parquet file instead of the store.")] = None,
    json: options.Json = False,
) -> None:
    """Say why a rule was or was not active: the values and their limits, the timers, hours and what inhibits it.

    Recorded readings go through the live engine up to that moment. Works while the brain runs and when it does not.
    """
    from brain.clock import wall_clock
    from brain.explaining import Wanted, run_explain
    from brain.replaying import moment_or_ago
    from town.errors import ConfigError
    from town.moment import parse_duration

    if csv is not None and parquet is not None:
        raise ConfigError("--csv and --parquet: one of them")
    try:
        warm = None if warm_up is None else parse_duration(warm_up)
    except ValueError as error:
        raise ConfigError(f"--warm-up: {error}") from None
    moment = moment_or_ago(at, wall_clock(), option="--at")
    wanted = Wanted(rule, moment, subject, warm, csv or parquet, "csv" if csv else "parquet", json)
    run_explain(folder, {"store_url": store, "state": state}, wanted)
