"""`town boards`: Grafana's boards, made from code, checked against a real store, and sent to a Grafana."""

from pathlib import Path
from typing import Annotated

import typer

from town.language import Language

boards = typer.Typer(
    help="Grafana's boards: make them, check them against a real store, send them to a Grafana.", no_args_is_help=True
)

Lang = Annotated[str, typer.Option("--lang", help="Language of titles and headings: zh, zh-Hant or en.")]


@boards.command()
def build(
    folder: Annotated[
        Path | None, typer.Argument(help="Where json/ and provisioning/ are written. Default: dashboards/ itself.")
    ] = None,
    lang: Lang = "zh",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change; exits 1 then.")] = False,
) -> None:
    """Write every board as JSON and Grafana's provisioning as YAML: the same bytes at every build."""
    from brain.board_files import run_build

    run_build(folder, _language(lang), dry_run=dry_run)


def _language(text: str) -> Language:
    from town.errors import ConfigError

    languages: dict[str, Language] = {"zh": "zh", "zh-Hant": "zh-Hant", "en": "en"}
    if text not in languages:
        raise ConfigError(f"--lang {text}: write {', '.join(languages)}")
    return languages[text]
