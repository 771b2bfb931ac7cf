"""Options that several commands share, each with one meaning."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="The town folder.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Mqtt = Annotated[
    str | None,
    typer.Option(help="A broker that is there already: mqtt://user@host:1883 (its password: TOWN_MQTT_PASSWORD)."),
]
MqttPort = Annotated[int | None, typer.Option(help="Port of the embedded broker; the next one serves MQTT 5.")]
Http = Annotated[str | None, typer.Option(help="Address and port of the console.")]
HttpPort = Annotated[int | None, typer.Option(help="Port of the console on this machine.")]
StateFolder = Annotated[Path | None, typer.Option("--state", help="Folder for what must survive a restart.")]
Process = Annotated[
    str | None, typer.Option(help="Whose files, where several ingest processes run: the `--id` of one.")
]
StoreUrl = Annotated[str | None, typer.Option("--store", help="The store: duckdb:, or influxdb://host:8086/town.")]
Scenario = Annotated[str | None, typer.Option(help="What the simulator plays; `--scenario list` names them.")]
Seed = Annotated[int, typer.Option(help="The same seed plays the same day.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]


class Profile(StrEnum):
    """What a town runs on."""

    ONE = "one"
    SERVICES = "services"


ProfileOption = Annotated[
    Profile, typer.Option("--profile", help="Everything in one process, or on servers and processes of their own.")
]
