"""Sends the boards to a running Grafana: what `town boards push` does."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from brain.board_files import known_in
from brain.output import print_json, screen
from dashboards.catalogue import boards
from dashboards.files import lint_boards
from dashboards.grafana import Grafana
from dashboards.provisioning import alerts_source, influx_source
from dashboards.push import Change, Push
from dashboards.words import Words
from town.errors import ConfigError
from town.language import Language
from town.settings import load_settings


class Asked(NamedTuple):
    """Addresses as Grafana reaches them; what is empty must be there already."""

    influx: str
    database: str
    console: str
    dry_run: bool
    renew: bool


def run_push(url: str, language: Language, asked: Asked, *, town: Path | None, json: bool) -> None:
    """Push and say what was done. Raises ConfigError when a board breaks a rule, or Grafana refuses something."""
    settings = load_settings({}).settings
    if settings.grafana_token is None:
        raise ConfigError(
            "TOWN_GRAFANA_TOKEN: give the token of a service account with the role Admin "
            "(Grafana: Administration, Users and access, Service accounts)"
        )
    token = settings.grafana_store_token
    authorization = f"Token {token.get_secret_value()}" if token else ""
    console = settings.grafana_console_token
    bearer = f"Bearer {console.get_secret_value()}" if console else ""
    sources = [
        influx_source(url=asked.influx, authorization=authorization, database=asked.database),
        alerts_source(url=asked.console, authorization=bearer),
    ]
    found = boards(language, known_in(town))
    problems = lint_boards({f"json/{board.folder.uid}/{board.uid}.json": board.build() for board in found})
    if problems:
        raise ConfigError("\n".join(map(str, problems)))
    grafana = Grafana(url, settings.grafana_token.get_secret_value())
    version = grafana.version()
    push = Push(grafana, dry_run=asked.dry_run, renew=asked.renew)
    _show(list(push.run(found, sources, Words(language))), version=version, dry_run=asked.dry_run, json=json)


def _show(changes: list[Change], *, version: str, dry_run: bool, json: bool) -> None:
    if json:
        print_json({"grafana": version, "dry_run": dry_run, "changes": [change._asdict() for change in changes]})
        return
    for change in changes:
        if change.did != "unchanged":
            would = "would be " if dry_run else ""
            screen.print(f"{change.kind} {change.name}: {would}{change.did}", markup=False)
    counts = Counter(change.did for change in changes)
    told = ", ".join(f"{counts[did]} {did}" for did in ("created", "changed", "unchanged"))
    screen.print(f"Grafana {version}: {told}{' (nothing was written)' if dry_run else ''}.", markup=False)
