"""`town ledger`: what came in and what became of it, by gateway, over restarts; whether anything is missing."""

from pathlib import Path
from typing import Annotated, Any

import typer

from brain import options
from brain.output import FOUND_PROBLEMS, print_json, print_table, screen

_SHOWN = (
    "received", "rejected", "readings", "stored", "quarantined", "duplicates", "spooled", "replayed", "gaps",
    "in_spool",
)  # fmt: skip
_ALWAYS = ("received", "readings", "stored")
"""Shown even when there are none; the others only where they count something, or a terminal has no room for them."""


def ledger(
    folder: Annotated[Path, typer.Argument(help="The town folder.")] = Path("towns/huangjiu"),
    start: Annotated[
        str | None, typer.Option("--from", help="From this time on, 2026-11-22T08:00:00+08:00; default: all there is.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Up to this time.")] = None,
    gateway: Annotated[str | None, typer.Option(help="Only this gateway.")] = None,
    minutes: Annotated[bool, typer.Option("--minutes", help="Every minute, not only the sums.")] = False,
    state: options.StateFolder = None,
    process: options.Process = None,
    json: options.Json = False,
) -> None:
    """Show what came in and what became of it, and say whether it balances. Exits 1 if it does not.

    Minutes are kept for 30 days. Works while the brain runs and when it does not.
    """
    from brain.state import ingest_folder, state_folder
    from ingest.files import LEDGER_FILE
    from ingest.ledger_file import Minute, read_ledger
    from town.folder import load_town
    from town.moment import format_moment
    from town.settings import load_settings

    town, _ = load_town(folder)
    settings = load_settings({"state": state}, folder).settings
    path = ingest_folder(state_folder(settings, town.id if town else folder.name), process) / LEDGER_FILE
    written = read_ledger(path, start=_moment("--from", start, 0), end=_moment("--to", end, 1 << 53), gateway=gateway)

    in_spool = written.in_spool()

    def told(minute: Minute) -> dict[str, Any]:
        messages, readings = minute.missing
        missing = {"messages": messages, "readings": readings}
        return {"gateway": minute.gateway, **minute.counts, "missing": missing, "balanced": minute.balanced}

    if json:
        refused = {whose: _by_scope(reasons) for whose, reasons in written.refused.items()}
        runs = [
            {
                "started_at": format_moment(run.started_at),
                "last_at": format_moment(run.last_at),
                "ended": run.ended,
                "carried": run.carried,
                "in_spool": run.in_spool,
            }
            for run in written.runs
        ]
        gateways = [
            {**told(each), "in_spool": in_spool[each.gateway], "refused": refused.get(each.gateway, {})}
            for each in written.sums()
        ]
        vanished = [{"at": format_moment(run.started_at), "readings": count} for run, count in written.vanished()]
        each_minute = [{"at": format_moment(each.at), **told(each)} for each in written.minutes]
        found = {"balanced": written.balanced, "gateways": gateways, "minutes": each_minute}
        print_json({**found, "runs": runs, "vanished_from_spool": vanished})
    else:
        sums = {each.gateway: {**each.counts, "in_spool": in_spool[each.gateway]} for each in written.sums()}
        shown = [name for name in _SHOWN if name in _ALWAYS or any(counts[name] for counts in sums.values())]
        rows = [[name or "—", *(counts[one] for one in shown)] for name, counts in sums.items()]
        print_table("", ("gateway", *shown), rows)
        for each in written.minutes:
            if minutes or not each.balanced:
                counts = ", ".join(f"{name} {count}" for name, count in each.counts.items() if count)
                missing = "" if each.balanced else f"  MISSING: {each.missing[0]} messages, {each.missing[1]} readings"
                screen.print(f"{format_moment(each.at)} {each.gateway or '—'}: {counts}{missing}", markup=False)
        for run, count in written.vanished():
            screen.print(f"{format_moment(run.started_at)}: {count} readings have vanished from the spool.")
        screen.print("Balanced: nothing is missing." if written.balanced else "NOT balanced: something is missing.")
    if not written.balanced:
        raise typer.Exit(FOUND_PROBLEMS)


def _moment(option: str, text: str | None, otherwise: int) -> int:
    from town.errors import ConfigError
    from town.moment import parse_moment

    try:
        return otherwise if text is None else parse_moment(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from None


def _by_scope(reasons: dict[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (scope, reason), count in reasons.items():
        found.setdefault(scope, {})[reason] = count
    return found
