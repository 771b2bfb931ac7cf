"""`town up`: the whole brain in one process."""

from typing import Annotated

import typer

from brain import options
from town.errors import ConfigError


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
    profile: options.ProfileOption = options.Profile.ONE,
    ingest: Annotated[int, typer.Option(min=1, max=16, help="How many ingest processes share the load.")] = 2,
    postgresql: Annotated[
        bool, typer.Option("--postgresql", help="Keep the alert book in PostgreSQL, not SQLite (services).")
    ] = False,
    postgresql_port: Annotated[int, typer.Option(help="Port of PostgreSQL (services).")] = 5432,
    verbose: options.Verbose = False,
) -> None:
    """Run the whole brain: broker, ingest, store, rules, alerts, console and, for example towns, a simulator.

    With `--profile services` it is Mosquitto, InfluxDB and a process for each role, as in the compose stack; what ends
    is started again. Passwords and certificates are made at the first start, under the state folder.
    """
    address = http or (f"127.0.0.1:{http_port}" if http_port else None)
    given = {"mqtt_url": mqtt, "mqtt_port": mqtt_port, "http": address, "store_url": store, "state": state}
    if profile is options.Profile.SERVICES:
        from brain.up_services import Asked, run_services

        if mqtt is not None:
            raise ConfigError("--mqtt: --profile services starts its own broker; --mqtt-port says where")
        asked = Asked(simulate, scenario, seed, ingest, postgresql_port if postgresql else None)
        run_services(folder, given, asked, verbose=verbose)
        return
    from brain.running import run_up

    run_up(folder, given, simulate=simulate, scenario=scenario, seed=seed, verbose=verbose)
