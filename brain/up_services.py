"""The whole town on servers and processes of its own: what `town up --profile services` does."""

import logging
import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import typer

from brain import banner
from brain.addresses import split_address
from brain.asking import is_ready
from brain.bundle import load_bundle
from brain.clock import wall_clock
from brain.hangup import Hangup
from brain.listeners import require_free
from brain.log import set_up_logging
from brain.output import FOUND_PROBLEMS, errors, print_findings
from brain.play import default_scenario, find_scenario
from brain.process import run_until_stopped
from brain.servers import TLS_STEP
from brain.services import DEFAULT_STORE, Layout, start_servers, with_vitals, write_environment
from brain.state import BOOK_FILE, held, state_folder
from brain.supervisor import Service, Supervisor, supervised
from console.access import Access
from town.settings import load_settings

log = logging.getLogger("brain")


class Asked(NamedTuple):
    """What the command line says beside the settings."""

    simulate: bool | None
    scenario: str | None
    seed: int
    ingest: int
    postgresql: int | None


def run_services(folder: Path, given: Mapping[str, Any], asked: Asked, *, verbose: bool) -> None:
    """Check the folder, start servers and processes, and keep them until stopped. Exits 1 when the folder is wrong."""
    loaded = load_settings(given, folder)
    settings = loaded.settings
    set_up_logging(settings.log, verbose=verbose)
    bundle, findings = load_bundle(folder)
    print_findings(findings)
    if bundle is None:
        errors.print(f"Nothing was started: mend {folder} first; `town check {folder}` looks again.", style="red")
        raise typer.Exit(FOUND_PROBLEMS)
    if loaded.origins["store_url"] == "default":
        settings = settings.model_copy(update={"store_url": DEFAULT_STORE})
    state = state_folder(settings, bundle.town.id)
    layout = Layout(bundle, settings, state, settings.mqtt_port, asked.ingest, asked.postgresql)
    simulate = bool(bundle.scenarios) if asked.simulate is None else asked.simulate
    scenario = find_scenario(bundle, asked.scenario or default_scenario(bundle)).id if simulate else None
    run_until_stopped(_up(layout, scenario, asked.seed))


async def _up(layout: Layout, scenario: str | None, seed: int) -> None:
    lock = layout.state / "services"
    lock.mkdir(exist_ok=True, mode=0o700)
    host, port = split_address(layout.settings.http)
    with held(lock):
        require_free(host, port, purpose="the console", instead="Choose another with --http-port.")
        _require_free(layout)
        first_time = not (layout.state / BOOK_FILE).exists() and not (layout.secrets / "book_url").exists()
        _, password = Access.open(layout.state, clock=wall_clock)
        async with supervised() as supervisor:
            write_environment(layout)
            await start_servers(layout, supervisor)
            await start_line(layout, supervisor, notify=layout.settings.notify or ("local" if scenario else "send"))
            others = [replace(layout.role("console", "console"), ready=lambda: is_ready(layout.settings.http))]
            if scenario is not None:
                others.append(simulator(layout, scenario, seed=seed, history="24h" if first_time else "0s"))
            await supervisor.start(*others)
            _show(layout, password)
            await Hangup(lambda: _hang_up(supervisor)).run()


async def _hang_up(supervisor: Supervisor) -> None:
    """The process that judges looks at the files again."""
    if (judging := supervisor.pid("rules")) is not None:
        os.kill(judging, signal.SIGHUP)


def _require_free(layout: Layout) -> None:
    mqtt = layout.mqtt_port
    for port in (mqtt, mqtt + TLS_STEP, mqtt + TLS_STEP + 1):
        require_free("127.0.0.1", port, purpose="Mosquitto", instead="Choose another with --mqtt-port.")
    other = "Choose another with --store influxdb://127.0.0.1:PORT/town."
    require_free("127.0.0.1", layout.store_port, purpose="InfluxDB", instead=other)
    if layout.postgresql is not None:
        other = "Choose another with --postgresql-port."
        require_free("127.0.0.1", layout.postgresql, purpose="PostgreSQL", instead=other)


async def start_line(layout: Layout, supervisor: Supervisor, *, notify: str) -> list[Service]:
    """Start ingest and rules."""
    rules = layout.role("rules", "rules", "run", TOWN_NOTIFY=notify)
    line = [with_vitals(one) for one in (*layout.takers(), rules)]
    await supervisor.start(*line)
    return line


def simulator(layout: Layout, scenario: str, *, seed: int, history: str) -> Service:
    """The town's gateways, each with an account of its own; over when the scenario is."""
    options = ["--scenario", scenario, "--seed", str(seed), "--history", history]
    options += ["--mqtt", f"mqtt://127.0.0.1:{layout.mqtt_port}", "--credentials", str(layout.accounts)]
    return replace(layout.role("simulator", "simulate", options=options), once=True)


def _show(layout: Layout, password: str | None) -> None:
    settings, port = layout.settings, layout.mqtt_port
    broker = f"mqtt://127.0.0.1:{port}, mqtts://127.0.0.1:{port + TLS_STEP} (TLS)"
    store = settings.store_url + ("" if layout.postgresql is None else f", postgresql://127.0.0.1:{layout.postgresql}")
    where = banner.Where(f"http://{settings.http}", password, broker, store, layout.state)
    banner.show(layout.bundle.town, where, language=settings.language or layout.bundle.town.language)
