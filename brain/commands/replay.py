"""`town replay`: stored readings through the live engine."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options


def replay(
    folder: options.Folder,
    from_: Annotated[str, typer.Option("--from", help="A time such as 2026-11-22T08:00:00+08:00, or how long ago.")],
    to: Annotated[str, typer.Option(help="Until when; default: now.")] = "0s",
    rules: Annotated[Path | None, typer.Option(help="A rule file to try instead of the town's rules.")] = None,
    warm_up: Annotated[str, typer.Option(help="How much before --from is judged and not told.")] = "1h",
    store: options.StoreUrl = None,
    state: options.StateFolder = None,
    csv: Annotated[Path | None, typer.Option(help="Readings from this CSV file instead of the store.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Readings from this Parquet file instead of the store.")] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="List every alert that differs from those really raised.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Also write one page with a timeline of every rule.")] = None,
    json: options.Json = False,
) -> None:
    """Judge stored readings once more, with the town's rules or with others. Nothing is sent, nothing is changed."""
    from brain.clock import wall_clock
    from brain.replaying import Wanted, moment_or_ago, run_replay
    from town.errors import ConfigError
    from town.moment import parse_duration

    if csv is not None and parquet is not None:
        raise ConfigError("--csv and --parquet: one of them")
    now = wall_clock()
    try:
        warm = parse_duration(warm_up)
    except ValueError as error:
        raise ConfigError(f"--warm-up: {error}") from None
    wanted = Wanted(
        start=moment_or_ago(from_, now, option="--from"),
        end=moment_or_ago(to, now, option="--to"),
        warm_up=warm,
        rules=rules,
        file=csv or parquet,
        form="csv" if csv else "parquet",
        diff=diff,
        json=json,
        html=html,
    )
    run_replay(folder, {"store_url": store, "state": state}, wanted)
