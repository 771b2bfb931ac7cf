"""`town simulate`: plays a town's sensors against any broker."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options
from brain.log import set_up_logging
from brain.output import FOUND_PROBLEMS, print_findings, print_json, screen
from brain.process import run_until_stopped
from town.errors import ConfigError
from town.moment import parse_duration
from town.settings import load_settings


def simulate(
    folder: options.Folder,
    scenario: options.Scenario = "ordinary",
    speed: Annotated[float, typer.Option(min=0.01, max=1000, help="Times faster than the scenario says.")] = 1.0,
    history: Annotated[str, typer.Option(help="How much of the past to tell first, such as 24h.")] = "0s",
    mqtt: options.Mqtt = None,
    credentials: Annotated[
        Path | None,
        typer.Option(help="Folder with a file for each gateway's password, of `town gateway init --keep`."),
    ] = None,
    seed: options.Seed = 1,
    json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Play a town's gateways and sensors against a broker, until the scenario ends or Ctrl-C."""
    from brain.bundle import load_bundle
    from brain.play import find_scenario, kept_passwords
    from brain.play import simulate as play_scenario
    from simulators.play import Sent

    settings = load_settings({"mqtt_url": mqtt}, folder).settings
    set_up_logging(settings.log, verbose=verbose)
    bundle, findings = load_bundle(folder)
    print_findings(findings)
    if bundle is None:
        raise typer.Exit(FOUND_PROBLEMS)
    chosen = find_scenario(bundle, scenario or "ordinary")
    if settings.mqtt_url == "embedded":
        raise ConfigError(
            "Name the broker to play against: --mqtt mqtt://127.0.0.1:1883 is that of a running `town up`."
        )
    try:
        before = parse_duration(history)
    except ValueError as error:
        raise ConfigError(f"--history: {error}") from None
    sent = Sent()
    screen.print(f"Playing {chosen.name.zh} {chosen.name.en} on {settings.mqtt_url}; Ctrl-C stops it.", markup=False)
    run_until_stopped(
        play_scenario(
            bundle,
            chosen,
            settings,
            embedded_port=None,
            seed=seed,
            speed=speed,
            history=before,
            sent=sent,
            passwords=kept_passwords(credentials),
        )
    )
    if json:
        print_json({"messages": sent.messages, "readings": sent.readings, "dropped": sent.dropped})
    else:
        screen.print(f"Sent {sent.messages} messages with {sent.readings} readings; {sent.dropped} could not be sent.")
