"""`town up`: the whole brain in one process."""

from typing import Annotated

import typer

from brain import options


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
    from brain.running import run_up

    address = http or (f"127.0.0.1:{http_port}" if http_port else None)
    given = {"mqtt_url": mqtt, "mqtt_port": mqtt_port, "http": address, "store_url": store, "state": state}
    run_up(folder, given, simulate=simulate, scenario=scenario, seed=seed, verbose=verbose)
