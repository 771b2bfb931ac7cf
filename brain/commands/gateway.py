"""`town gateway`: who may connect to the broker, as the files that Mosquitto reads."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options

gateway = typer.Typer(help="Accounts of gateways at the broker, as files for Mosquitto.", no_args_is_help=True)

Town = Annotated[Path, typer.Option("--town", help="The town folder.")]
Name = Annotated[str, typer.Argument(help="The gateway, by its id in gateways.yaml.", show_default=False)]
Broker = Annotated[
    Path | None, typer.Option("--broker", help="Folder of the broker's files; default `broker` in the state folder.")
]
Host = Annotated[str | None, typer.Option(help="How devices reach the broker; default: what TOWN_MQTT_URL names.")]
Certificate = Annotated[
    bool, typer.Option("--certificate", help="Make a client certificate too, for brokers that ask for one.")
]
Code = Annotated[Path | None, typer.Option("--qr", help="Write the QR code to this .png or .svg; else it is shown.")]
DEFAULT_TOWN = Path("towns/huangjiu")


@gateway.command()
def init(
    host: Annotated[list[str], typer.Option(help="A name or address of the broker; more than one is fine.")],
    folder: Town = DEFAULT_TOWN,
    broker: Broker = None,
    keep: Annotated[
        Path | None, typer.Option(help="Write passwords to files of this folder instead of showing them.")
    ] = None,
    every_gateway: Annotated[
        bool, typer.Option("--every-gateway", help="An account for every gateway of the town as well; needs --keep.")
    ] = False,
) -> None:
    """Prepare a broker's folder: authority, the broker's certificate, the brain's account. What is there stays."""
    from brain.gateways import add_all, find_place, initialise
    from town.errors import ConfigError

    if every_gateway and keep is None:
        raise ConfigError("--every-gateway writes passwords to files: name their folder with --keep")
    place = find_place(folder, broker)
    initialise(place, host, keep=keep)
    if every_gateway and keep is not None:
        add_all(place, keep=keep)


@gateway.command()
def add(
    name: Name,
    folder: Town = DEFAULT_TOWN,
    broker: Broker = None,
    host: Host = None,
    listener: Annotated[
        bool, typer.Option("--listener", help="Not a gateway, but something that hears alerts: a siren, a sign.")
    ] = False,
    certificate: Certificate = False,
    qr: Code = None,
    json: options.Json = False,
) -> None:
    """Make an account that may use the gateway's own topics only, and show once what to enter on the device."""
    from brain.gateways import find_place, hand_over
    from ingest.identity.access_list import Role

    place = find_place(folder, broker)
    password = place.accounts().add(name, Role.LISTENER if listener else Role.GATEWAY)
    hand_over(place, name, password, host=host, certificate=certificate, json=json, qr=qr)


@gateway.command()
def rotate(
    name: Name,
    folder: Town = DEFAULT_TOWN,
    broker: Broker = None,
    host: Host = None,
    certificate: Certificate = False,
    qr: Code = None,
    json: options.Json = False,
) -> None:
    """Give an account another password (and certificate); the old one is refused."""
    from brain.gateways import find_place, hand_over

    place = find_place(folder, broker)
    password = place.accounts().rotate(name)
    hand_over(place, name, password, host=host, certificate=certificate, json=json, qr=qr)


@gateway.command()
def revoke(name: Name, folder: Town = DEFAULT_TOWN, broker: Broker = None) -> None:
    """Let an account in no more, and refuse its certificate."""
    from brain.gateways import find_place, forget

    forget(find_place(folder, broker), name)


@gateway.command("list")
def list_(folder: Town = DEFAULT_TOWN, broker: Broker = None, json: options.Json = False) -> None:
    """List who may connect, and the gateways that have no account yet."""
    from brain.gateways import find_place, show

    show(find_place(folder, broker), json=json)


@gateway.command()
def sync(folder: Town = DEFAULT_TOWN, broker: Broker = None) -> None:
    """Write the access list anew after gateways.yaml has changed."""
    from brain.gateways import find_place

    find_place(folder, broker).accounts().write()
