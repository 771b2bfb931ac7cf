"""`town up`: the whole brain in one process."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Annotated, NamedTuple

import typer

from brain import banner, options
from brain.broker import embedded_broker
from brain.bundle import Bundle, load_bundle
from brain.listeners import require_free
from brain.log import set_up_logging
from brain.output import FOUND_PROBLEMS, errors, print_findings
from brain.play import find_scenario, simulate
from brain.process import run_until_stopped
from brain.receiver import LocalReceiver, local_receiver
from brain.state import held, state_folder
from brain.wiring import broker_session, open_brain, split_address, wall_clock
from console.access import Access
from console.app import run as run_console
from town.moment import DAY
from town.settings import Settings, load_settings

EMBEDDED = "embedded"
DEMO_SCENARIOS = ("showcase", "ordinary")
"""What a simulated town plays when nothing is named, the first that it has."""

log = logging.getLogger("brain")


def up(
    folder: options.Folder,
    mqtt: options.Mqtt = None,
    mqtt_port: options.MqttPort = None,
    http: options.Http = None,
    http_port: options.HttpPort = None,
    store: options.StoreUrl = None,
    state: options.StateFolder = None,
    simulate: Annotated[
        bool | None,
        typer.Option(
            "--simulate/--no-simulate",
            help="Play the town's sensors. Default: yes for a town with scenarios, on the embedded broker.",
        ),
    ] = None,
    scenario: options.Scenario = None,
    seed: options.Seed = 1,
    verbose: options.Verbose = False,
) -> None:
    """Run the whole brain: broker, ingest, store, rules, alerts, console and, for example towns, a simulator."""
    address = http or (f"127.0.0.1:{http_port}" if http_port else None)
    given = {"mqtt_url": mqtt, "mqtt_port": mqtt_port, "http": address, "store_url": store, "state": state}
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
    plan = Plan(bundle, settings, (scenario or _default_scenario(bundle)) if simulate else None, seed)
    run_until_stopped(_up(plan))


class Plan(NamedTuple):
    """What is to run. `scenario` is None when the sensors are real."""

    bundle: Bundle
    settings: Settings
    scenario: str | None
    seed: int


def _default_scenario(bundle: Bundle) -> str:
    return next((name for name in DEMO_SCENARIOS if name in bundle.scenarios), DEMO_SCENARIOS[0])


async def _up(plan: Plan) -> None:
    bundle, settings = plan.bundle, plan.settings
    scenario = find_scenario(bundle, plan.scenario) if plan.scenario else None
    host, port = split_address(settings.http)
    state = state_folder(settings, bundle.town.id)
    async with AsyncExitStack() as stack:
        stack.enter_context(held(state))
        require_free(host, port, purpose="the console", instead="Choose another with --http-port.")
        embedded_port = await start_broker(stack, settings)
        receiver = await _receiver(stack, plan)
        access, password = Access.open(state, clock=wall_clock)
        session = broker_session(settings, bundle.town.id, embedded_port=embedded_port)
        first_time = not (state / "alerts.sqlite").exists()
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
                    ready=lambda url: banner.show(brain, url=url, password=password, embedded_port=embedded_port),
                ),
                name="console",
            )
            if scenario is not None:
                history = DAY if first_time else 0
                play = simulate(
                    bundle, scenario, settings, embedded_port=embedded_port, seed=plan.seed, history=history
                )
                group.create_task(play, name="simulator")


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
