"""`town discovered` and `town adopt`: devices that send but are no sensors yet, and making them ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brain import options
from brain.output import FOUND_PROBLEMS, print_findings, print_json, print_table, screen

if TYPE_CHECKING:
    from ingest.discovered import Device
    from town.town import Town

Device_ = Annotated[str, typer.Option(help="What the gateway calls it.", show_default=False)]
Gateway = Annotated[str, typer.Option(help="The gateway it is behind.", show_default=False)]
Facility = Annotated[str, typer.Option(help="Where it stands.", show_default=False)]


def discovered(
    folder: options.Folder,
    state: options.StateFolder = None,
    process: options.Process = None,
    json: options.Json = False,
) -> None:
    """List devices that send but are not in sensors.csv, the newest first, with the kind they may be."""
    from ingest.discovered import guess_kind
    from town.moment import format_moment

    town = _town(folder)
    found = [(device, guess_kind(device.quantities, town.kinds)) for device in _devices(folder, town, state, process)]
    if json:
        print_json(
            [
                {
                    "gateway": device.gateway,
                    "device": device.device,
                    "first_seen": format_moment(device.first_at),
                    "last_seen": format_moment(device.last_at),
                    "count": device.count,
                    "quantities": list(device.quantities),
                    "kind": kind,
                    "sample": device.sample.decode("utf-8", "backslashreplace"),
                }
                for device, kind in found
            ]
        )
        return
    rows = [
        (each.gateway, each.device, format_moment(each.last_at), each.count, ", ".join(each.quantities), kind or "?")
        for each, kind in found
    ]
    print_table("", ("gateway", "device", "last seen", "count", "quantities", "kind"), rows)
    screen.print("`town adopt` makes a sensor of one." if rows else "Every device that sends is a sensor.")


def adopt(
    folder: options.Folder,
    gateway: Gateway,
    device: Device_,
    facility: Facility,
    kind: Annotated[str | None, typer.Option(help="Its kind; default: what its quantities suggest.")] = None,
    sensor: Annotated[str | None, typer.Option("--id", help="The new sensor's id; default: the device's name.")] = None,
    interval: Annotated[
        str | None, typer.Option(help="How often it reports at the least; default: twice what was seen.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the row.")] = False,
    state: options.StateFolder = None,
    process: options.Process = None,
    json: options.Json = False,
) -> None:
    """Write a device into sensors.csv as a new sensor. The brain takes it in when it is started again."""
    from brain.adoption import row_for, usual_interval, write_row
    from ingest.discovered import guess_kind
    from town.errors import ConfigError
    from town.moment import parse_duration

    town = _town(folder)
    seen = next((e for e in _devices(folder, town, state, process) if (e.gateway, e.device) == (gateway, device)), None)
    guessed = kind or (guess_kind(seen.quantities, town.kinds) if seen else None)
    try:
        every = parse_duration(interval) if interval else usual_interval(seen.interval if seen else None)
    except ValueError as error:
        raise ConfigError(f"--interval: {error}") from None
    row = row_for(town, gateway=gateway, device=device, facility=facility, kind=guessed, name=sensor, interval=every)
    if not dry_run:
        write_row(folder / "sensors.csv", row)
    if json:
        print_json({"written": not dry_run, "row": row})
        return
    print_table("", tuple(row), [tuple(row.values())])
    screen.print("Nothing was written." if dry_run else "Written to sensors.csv; start the brain again to take it in.")


def _town(folder: Path) -> "Town":
    from town.folder import load_town

    town, findings = load_town(folder)
    if town is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    return town


def _devices(folder: Path, town: "Town", state: Path | None, process: str | None) -> "list[Device]":
    from brain.state import ingest_folder, state_folder
    from ingest.discovered import list_discovered
    from ingest.files import DISCOVERED_FILE
    from town.settings import load_settings

    settings = load_settings({"state": state}, folder).settings
    file = ingest_folder(state_folder(settings, town.id), process) / DISCOVERED_FILE
    return list_discovered(file, town.sensor_of_device)
