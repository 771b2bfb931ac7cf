"""`town demo`: the whole line without a screen, and the proof that nothing was lost."""

from typing import Annotated

import typer

from brain import options
from town.errors import ConfigError


def demo(
    folder: options.Folder,
    for_: Annotated[str, typer.Option("--for", help="How long it takes on the wall, such as 20s.")] = "20s",
    scenario: options.Scenario = None,
    mqtt: options.Mqtt = None,
    mqtt_port: options.MqttPort = None,
    store: options.StoreUrl = None,
    seed: options.Seed = 1,
    profile: options.ProfileOption = options.Profile.ONE,
    postgresql: Annotated[
        bool, typer.Option("--postgresql", help="Keep the alert book in PostgreSQL, not SQLite (services).")
    ] = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Play a scenario through the whole line and print the balance. Exits 1 when anything is missing.

    Its state is thrown away afterwards; what it writes into a store that you name stays there. With
    `--profile services` it starts Mosquitto, InfluxDB (and PostgreSQL with --postgresql) and several processes on free
    ports.
    """
    if profile is options.Profile.SERVICES:
        from brain.demo_services import run_demo_on_services

        if mqtt or mqtt_port or store:
            raise ConfigError("--profile services starts its own broker and store: leave --mqtt and --store out")
        run_demo_on_services(
            folder, {}, length=for_, scenario=scenario, seed=seed, postgresql=postgresql, json=json, verbose=verbose
        )
        return
    if postgresql:
        raise ConfigError("--postgresql goes with --profile services")
    from brain.demonstration import run_demo

    given = {"mqtt_url": mqtt, "mqtt_port": mqtt_port, "store_url": store}
    run_demo(folder, given, length=for_, scenario=scenario, seed=seed, json=json, verbose=verbose)
