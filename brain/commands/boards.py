"""`town boards`: Grafana's boards, made from code, checked against a real store, and sent to a Grafana."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options
from town.language import Language

boards = typer.Typer(
    help="Grafana's boards: make them, check them against a real store, send them to a Grafana.", no_args_is_help=True
)

Kinds = Annotated[
    Path | None,
    typer.Option(
        "--town", help="A town folder whose kinds.yaml has limits and names of its own. Default: built-in ones."
    ),
]
Lang = Annotated[str, typer.Option("--lang", help="Language of titles and headings: zh, zh-Hant or en.")]


@boards.command()
def build(
    folder: Annotated[
        Path | None, typer.Argument(help="Where json/ and provisioning/ are written. Default: dashboards/ itself.")
    ] = None,
    lang: Lang = "zh",
    town: Kinds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change; exits 1 then.")] = False,
) -> None:
    """Write every board as JSON and Grafana's provisioning as YAML: the same bytes at every build."""
    from brain.board_files import run_build

    run_build(folder, _language(lang), town=town, dry_run=dry_run)


@boards.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="The town whose simulated day fills the store. Default: the example town.")
    ] = None,
    influx: Annotated[
        str | None, typer.Option(help="Ask this InfluxDB as it is: influxdb://host:8086/town. Default: one of its own.")
    ] = None,
    length: Annotated[str, typer.Option("--for", help="How long to play into a store of its own.")] = "10s",
    json: options.Json = False,
) -> None:
    """Lint the boards, and run every query of every board: an empty or failing one exits 1.

    Without --influx it starts influxd (Debian: influxdb) in a temporary folder, and a brain takes in what is simulated.
    """
    from brain.board_checking import run_check
    from town.errors import ConfigError
    from town.moment import parse_duration

    try:
        wall = parse_duration(length)
    except ValueError as error:
        raise ConfigError(f"--for: {error}") from None
    run_check(folder, influx, length=wall, json=json)


@boards.command()
def push(
    url: Annotated[str, typer.Argument(help="The Grafana: https://town.example/grafana", show_default=False)],
    lang: Lang = "zh",
    town: Kinds = None,
    influx: Annotated[str, typer.Option(help="InfluxDB as Grafana reaches it: http://influxdb:8086.")] = "",
    database: Annotated[str, typer.Option(help="Its database.")] = "town",
    console: Annotated[str, typer.Option(help="The console as Grafana reaches it: http://console:8080.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help="Write also what seems unchanged, such as a new token of InfluxDB.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Send folders, data sources, boards and the playlist of the wall to a running Grafana; again changes nothing.

    Needs TOWN_GRAFANA_TOKEN, of a service account with the role Admin. Grafana reads InfluxDB with
    TOWN_GRAFANA_STORE_TOKEN. Without --influx and --console the data sources must be there already.
    """
    from brain.board_pushing import Asked, run_push

    run_push(url, _language(lang), Asked(influx, database, console, dry_run, renew), town=town, json=json)


def _language(text: str) -> Language:
    from town.errors import ConfigError

    languages: dict[str, Language] = {"zh": "zh", "zh-Hant": "zh-Hant", "en": "en"}
    if text not in languages:
        raise ConfigError(f"--lang {text}: write {', '.join(languages)}")
    return languages[text]
