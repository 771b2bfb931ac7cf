"""The whole brain in one process: what `town up` does."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import typer

from brain import banner
from brain.addresses import broker_session, split_address
from brain.broker import embedded_broker
from brain.bundle import Bundle, load_bundle
from brain.clock import wall_clock
from brain.listeners import require_free
from brain.log import set_up_logging
from brain.output import FOUND_PROBLEMS, errors, print_findings
from brain.play import default_scenario, find_scenario, simulate
from brain.process import run_until_stopped
from brain.receiver import LocalReceiver, local_receiver
from brain.state import BOOK_FILE, held, state_folder
from brain.wiring import open_brain
from console.access import Access
from console.app import run as run_console
from town.moment import DAY
from town.settings import Settings, load_settings

EMBEDDED = "embedded"

log = logging.getLogger("brain")


def run_up(
    folder: Path, given: Mapping[str, Any], *, simulate: bool | None, scenario: str | None, seed: int, verbose: bool
) -> None:
    """Check the folder, start everything, and run until stopped. Leaves with exit code 1 when the folder is wrong."""
    settings = load_settings(given, folder).settings
    set_up_logging(settings.log, verbose=verbose)
    bundle, findings = load_bundle(folder)
    print_findings(findings)
    if bundle is None:
        errors.print(f"Nothing was started: mend {folder} first; `town check {folder}` looks again.", style="red")
        raise typer.Exit(FOUND_PROBLEMS)
    embedded = settings.mqtt_url == EMBEDDED
    if simulate is None:
        simulate = embedded and bool(bundle.scenarios)
    plan = Plan(bundle, settings, (scenario or default_scenario(bundle)) if simulate else None, seed)
    run_until_stopped(_up(plan))


class Plan(NamedTuple):
    """What is to run. `scenario` is None when the sensors are real."""

    bundle: Bundle
    settings: Settings
    scenario: str | None
    seed: int


async def _up(plan: Plan) -> None:
    bundle, settings = plan.bundle, plan.settings
    scenario = find_scenario(bundle, plan.scenario) if plan.scenario else None
    host, port = split_address(settings.http)
    state = state_folder(settings, bundle.town.id)
    async with AsyncExitStack() as stack:
        stack.enter_context(held(state))
        require_free(host, port, purpose="the console", instead="Choose another with --http-port.")
        embedded_port = await start_broker(stack, settings)
        broker = _broker(settings, embedded_port)
        receiver = await _receiver(stack, plan)
        access, password = Access.open(state, clock=wall_clock)
        session = broker_session(settings, bundle.town.id, embedded_port=embedded_port)
        first_time = not (state / BOOK_FILE).exists()
        brain = await stack.enter_async_context(
            open_brain(bundle, settings, state=state, session=session, receiver=receiver)
        )
        async with asyncio.TaskGroup() as group:
            brain.start(group)
            group.create_task(
                run_console(
                    brain.console_parts(access),
                    host=host,
                    port=port,
                    ready=lambda url: _show(plan, banner.Where(url, password, broker, settings.store_url, state)),
                ),
                name="console",
            )
            if scenario is not None:
                history = DAY if first_time else 0
                play = simulate(
                    bundle, scenario, settings, embedded_port=embedded_port, seed=plan.seed, history=history
                )
                group.create_task(play, name="simulator")


def _show(plan: Plan, where: banner.Where) -> None:
    banner.show(plan.bundle.town, where, language=plan.settings.language or plan.bundle.town.language)


def _broker(settings: Settings, embedded_port: int | None) -> str:
    if embedded_port is None:
        return settings.mqtt_url
    return f"mqtt://127.0.0.1:{embedded_port} (MQTT 3.1.1), :{embedded_port + 1} (MQTT 5)"


async def start_broker(stack: AsyncExitStack, settings: Settings) -> int | None:
    """The port of the embedded broker, started; None when another is named."""
    if settings.mqtt_url != EMBEDDED:
        return None
    for port in (settings.mqtt_port, settings.mqtt_port + 1):
        require_free(
            "127.0.0.1",
            port,
            purpose="the embedded MQTT broker",
            instead="Choose another with --mqtt-port, or use the broker that is there with --mqtt mqtt://127.0.0.1:1883.",
        )
    await stack.enter_async_context(embedded_broker(settings.mqtt_port))
    return settings.mqtt_port


async def _receiver(stack: AsyncExitStack, plan: Plan) -> LocalReceiver | None:
    notify = plan.settings.notify or ("local" if plan.scenario else "send")
    if notify == "send":
        return None
    return await stack.enter_async_context(local_receiver(wall_clock, banner.received))
