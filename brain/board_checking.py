"""`town boards check`: the lint, and every question of every board against a real InfluxDB."""

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import typer

from brain.bench.servers import free_ports, influx_on, program
from brain.board_check import EMPTY, FAILED, NOT_HERE, Answer, ask_all
from brain.board_filling import fill
from brain.bundle import Bundle, load_bundle
from brain.clock import wall_clock
from brain.output import FOUND_PROBLEMS, errors, print_findings, print_json, print_table, screen
from dashboards.catalogue import boards
from dashboards.files import HOME, built, lint_boards, out_of_date, read_boards
from dashboards.lint import Problem
from dashboards.provisioning import watchdog_board
from dashboards.words import Words
from town.errors import ConfigError
from town.language import Language
from town.moment import Duration
from town.settings import Settings, load_settings
from town.store.influx_server import InfluxServer
from town.store.open import open_influx
from town.town import Town

EXAMPLE = HOME.parent / "towns" / "huangjiu"
_LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Checked(NamedTuple):
    """What was found; `stale` are committed files that the code no longer makes."""

    lint: Sequence[Problem]
    stale: Sequence[str]
    answers: Sequence[Answer]

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.lint and not self.stale and all(answer.good for answer in self.answers)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "good": self.good,
            "lint": [str(problem) for problem in self.lint],
            "stale": list(self.stale),
            "queries": [answer.as_json() for answer in self.answers],
        }


def run_check(folder: Path | None, influx: str | None, *, length: Duration, json: bool) -> None:
    """Check and show. Leaves with exit code 1 when a board breaks a rule, or a question has no answer."""
    logging.basicConfig(level=logging.ERROR)
    place = folder or EXAMPLE
    if not place.is_dir():
        raise ConfigError(f"{place}: there is no such town folder; name one")
    checked = asyncio.run(_against(influx, place) if influx else check_own(place, length=length))
    if json:
        print_json(checked.as_json())
    else:
        _show(checked)
    if not checked.good:
        raise typer.Exit(FOUND_PROBLEMS)


async def _against(influx: str, folder: Path) -> Checked:
    """A store that is there already, whatever is in it; nothing is written."""
    settings = load_settings({"store_url": influx}, folder).settings
    return await check(open_influx(settings), town=_bundle(folder).town)


async def check_own(folder: Path, *, length: Duration) -> Checked:
    """An InfluxDB of our own, which a brain and the simulator have filled."""
    influxd, bundle = program("influxd"), _bundle(folder)
    if influxd is None:
        raise ConfigError(
            "influxd is not here: install it (Debian: apt-get install influxdb), or name a server with --influx"
        )
    with tempfile.TemporaryDirectory(prefix="town-influx-") as place:
        async with influx_on(influxd, free_ports(2), Path(place)) as server:
            settings = _settings(folder, server.url)
            errors.print(f"Filling InfluxDB: a brain takes in {length // 1000} s of the simulated town …")
            await fill(bundle, settings, length=length)
            return await check(open_influx(settings), town=bundle.town)


def _settings(folder: Path, store: str) -> Settings:
    given = {"store_url": store, "mqtt_url": "embedded", "mqtt_port": free_ports(2), "notify": "local"}
    return load_settings(given, folder).settings


def _bundle(folder: Path) -> Bundle:
    bundle, findings = load_bundle(folder)
    if bundle is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    return bundle


async def check(influx: InfluxServer, *, town: Town | None) -> Checked:
    """The committed boards as they are, and the questions of all boards in both languages."""
    async with influx as server:
        await server.version()
        made = [board.build() for language in _LANGUAGES for board in boards(language)]
        made.append(watchdog_board(Words("en")))
        answers = await ask_all(made, server, now=wall_clock(), town=town)
    return Checked(lint_boards(read_boards(HOME)), out_of_date(HOME, built()), answers)


def _show(checked: Checked) -> None:
    rows = [
        (board, len(some), sum(one.rows for one in some), f"{max(one.took_ms for one in some):.0f} ms", *_wrong(some))
        for board, some in _by_board(checked.answers).items()
    ]
    print_table("", ("board", "queries", "rows", "slowest", "empty", "failed", "not in this town"), rows)
    for answer in checked.answers:
        if not answer.good:
            one = answer.question
            what = answer.problem or answer.state
            errors.print(f"{one.board}: {one.where}: {one.ref}: {what}", style="red", markup=False)
            errors.print(f"    {one.query}", markup=False)
    for problem in checked.lint:
        errors.print(str(problem), style="red", markup=False)
    for path in checked.stale:
        errors.print(f"{path} is not what the code makes: run `town boards build`", style="red", markup=False)
    screen.print("Every board has its answers." if checked.good else "NOT good.")


def _by_board(answers: Sequence[Answer]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    for answer in answers:
        found.setdefault(answer.question.board, []).append(answer)
    return found


def _wrong(some: Sequence[Answer]) -> tuple[int, int, int]:
    states = [one.state for one in some]
    return states.count(EMPTY), states.count(FAILED), states.count(NOT_HERE)
