"""`town ingest`, `town rules` and `town console`: one role in this process, for towns that run several."""

from typing import Annotated

import typer

from brain import options

Share = Annotated[
    str | None, typer.Option("--share", help="Name of a shared subscription, the same for all that share the load.")
]
Id = Annotated[str | None, typer.Option("--id", help="Name of this process, its own and the same after a restart.")]
Vitals = Annotated[
    str | None, typer.Option("--vitals", help="Answer /healthz, /readyz and /metrics on this address and port.")
]
StoreUrl = Annotated[str | None, typer.Option("--store", help="The store: influxdb://host:8086/town.")]
Book = Annotated[
    str | None, typer.Option("--book", help="SQLAlchemy URL of the alert book; default SQLite in the state folder.")
]


def ingest(
    folder: options.Folder,
    id_: Id = None,
    share: Share = None,
    mqtt: options.Mqtt = None,
    store: StoreUrl = None,
    state: options.StateFolder = None,
    vitals: Vitals = None,
    retire: Annotated[
        bool, typer.Option("--retire", help="Give the share up, take in what waits for this id, and end for good.")
    ] = False,
    verbose: options.Verbose = False,
) -> None:
    """Take messages in, store them, and tell the rules and the console. Several may share one subscription.

    One more can be started at any time; each keeps its spool in a folder of its own, named by its id. One that is not
    to come back is started a last time with --retire, for the broker keeps its share of the messages for it.
    """
    from brain.process import run_until_stopped
    from brain.role_ingest import ingest as play
    from brain.roles import find_place

    given = {"mqtt_share": share, "ingest_id": id_, "mqtt_url": mqtt, "store_url": store, "state": state}
    place = find_place(folder, {**given, "vitals": vitals}, verbose=verbose)
    run_until_stopped(play(place, retire=retire))


def rules(
    folder: options.Folder,
    mqtt: options.Mqtt = None,
    store: StoreUrl = None,
    book: Book = None,
    state: options.StateFolder = None,
    vitals: Vitals = None,
    verbose: options.Verbose = False,
) -> None:
    """Judge what every `town ingest` tells, keep the alert book, and tell people. One for each town: a second waits."""
    from brain.process import run_until_stopped
    from brain.role_rules import rules as play
    from brain.roles import find_place

    given = {"mqtt_url": mqtt, "store_url": store, "book_url": book, "state": state, "vitals": vitals}
    run_until_stopped(play(find_place(folder, given, verbose=verbose)))


def console(
    folder: options.Folder,
    mqtt: options.Mqtt = None,
    store: StoreUrl = None,
    book: Book = None,
    state: options.StateFolder = None,
    http: options.Http = None,
    verbose: options.Verbose = False,
) -> None:
    """Serve the console: newest values from what ingest tells, the past from the store, alerts from the book."""
    from brain.process import run_until_stopped
    from brain.role_console import console as play
    from brain.roles import find_place

    given = {"mqtt_url": mqtt, "store_url": store, "book_url": book, "state": state, "http": http}
    run_until_stopped(play(find_place(folder, given, verbose=verbose)))
