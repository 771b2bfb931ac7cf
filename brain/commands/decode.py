"""`town decode`: what a payload becomes, with or without a town."""

from pathlib import Path
from typing import Annotated

import typer

from brain import options


def decode(
    folder: Annotated[
        Path | None, typer.Argument(help="A town folder: also says which sensors it is.", show_default=False)
    ] = None,
    decoder: Annotated[str | None, typer.Option(help="The format, when no gateway tells it.")] = None,
    gateway: Annotated[str | None, typer.Option(help="The gateway of the town that sent it.")] = None,
    topic: Annotated[str | None, typer.Option(help="The topic it came on.")] = None,
    hex_: Annotated[bool, typer.Option("--hex", help="The payload is written as hexadecimal digits.")] = False,
    messages: Annotated[
        bool,
        typer.Option(
            "--messages", help='A conversation: a JSON object a line, {"topic", "payload"} or {"topic", "hex"}.'
        ),
    ] = False,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the decoder, NAME=VALUE, as in gateways.yaml; repeatable.")
    ] = None,
    received_at: Annotated[
        str | None, typer.Option(help="When it came, such as 2026-11-22T08:00:00Z; now unless told.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Show what a payload, read from standard input, becomes. Exits 1 when it cannot be used.

    With --messages, prints a JSON line for each message and keeps the decoder's state between them.
    """
    from brain.decoding import Source, run_decode

    source = Source(folder, decoder, gateway, topic, tuple(option or ()))
    run_decode(source, received_at=received_at, hexadecimal=hex_, messages=messages, json=json)
