"""What the roles of a town have in common when each has a process of its own: the broker, the store, how they run."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import typer

from brain.addresses import broker_session, split_address
from brain.bundle import Bundle, load_bundle
from brain.clock import wall_clock
from brain.health import WholeHealth
from brain.log import set_up_logging
from brain.output import FOUND_PROBLEMS, errors, print_findings
from brain.process import Loops
from brain.reporting import process_topic
from brain.state import state_folder
from brain.vitals import serve_vitals
from console.live import LiveReadings
from ingest.session import Session, SessionSettings
from town.errors import ConfigError, Unavailable
from town.settings import Settings, load_settings
from town.store.influx import InfluxStore
from town.store.open import open_store

log = logging.getLogger("brain")

_AGAIN = 5.0


class Place(NamedTuple):
    """What a role works on."""

    bundle: Bundle
    settings: Settings
    state: Path


def find_place(folder: Path, given: Mapping[str, Any], *, verbose: bool) -> Place:
    """Check folder and settings. Leaves with exit code 1 when the folder is wrong; raises ConfigError."""
    settings = load_settings(given, folder).settings
    set_up_logging(settings.log, verbose=verbose)
    bundle, findings = load_bundle(folder)
    print_findings(findings)
    if bundle is None:
        errors.print(f"Nothing was started: mend {folder} first; `town check {folder}` looks again.", style="red")
        raise typer.Exit(FOUND_PROBLEMS)
    require_shared(settings)
    return Place(bundle, settings, state_folder(settings, bundle.town.id))


def require_shared(settings: Settings) -> None:
    """Raise ConfigError unless several processes can use the broker and the store that are named."""
    if settings.mqtt_url == "embedded":
        raise ConfigError(
            "TOWN_MQTT_URL: processes of one role each need a broker between them: name it with --mqtt "
            "mqtt://host:1883. `town up` runs everything in one process with a broker of its own."
        )
    if settings.store_url.startswith("duckdb"):
        raise ConfigError(
            "TOWN_STORE_URL: DuckDB serves one process, and these are several: name an InfluxDB with --store "
            "influxdb://host:8086/town. `town up` runs everything in one process on DuckDB."
        )


def session_of(place: Place, name: str, **more: Any) -> SessionSettings:
    """The broker as the settings name it, under the client id of this process."""
    plain = broker_session(place.settings, place.bundle.town.id, embedded_port=None)
    return replace(plain, **{"client_id": f"{plain.client_id}-{name}", "share": None, **more})


def outwards_of(place: Place, name: str) -> Session:
    """A session that hears nothing: for what is told, and for the broker's word that this process is gone."""
    will = (process_topic(place.bundle.town.id, name), b"")
    settings = session_of(place, f"{name}-out", session_expiry=0, will=will)
    return Session(settings, (), take=lambda *_: None, clock=wall_clock)


@asynccontextmanager
async def opened_store(place: Place) -> AsyncIterator[InfluxStore]:
    """The store, made ready; when it is away, ingest spools and tries by itself, and the others ask again."""
    store = open_store(place.settings, place.bundle.town, place.state)
    assert isinstance(store, InfluxStore), "require_shared() comes first"
    async with store:
        try:
            log.info("%s", await store.prepare())
        except Unavailable as error:
            log.warning("the store is away: %s", error)
        yield store


async def prime(store: InfluxStore, live: LiveReadings) -> None:
    """Have the newest values of everything from the store, as soon as it answers."""
    while True:
        with contextlib.suppress(Unavailable):
            live.prime(await store.latest())
            return
        await asyncio.sleep(_AGAIN)


async def run_loops(place: Place, loops: Loops, health: WholeHealth) -> None:
    """Run every loop as a named task, and say how it is to whoever asks."""
    async with asyncio.TaskGroup() as group:
        for name, loop in loops.items():
            group.create_task(loop(), name=name)
        if place.settings.vitals is not None:
            host, port = split_address(place.settings.vitals)
            group.create_task(serve_vitals(health, host=host, port=port), name="vitals")
