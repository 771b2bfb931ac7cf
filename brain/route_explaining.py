"""Explains the routes of a town for an alert, real or imagined: what `town route explain` does."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import typer
from sqlalchemy import Connection

from alerts.book import open_book
from alerts.explained import Call, Explanation, explain
from alerts.on_call import OnCall
from alerts.people import People
from alerts.plan import Case
from alerts.planned import Planned
from alerts.plans import waiting_plans
from alerts.rota import LOOKED_BACK
from alerts.swaps import read_swaps
from brain.alerting import book_url
from brain.clock import wall_clock
from brain.duty import folder_of, read_moment
from brain.output import FOUND_PROBLEMS, print_json, print_table, screen
from brain.state import state_folder
from town.alert import Alert
from town.duty import Swap
from town.errors import ConfigError
from town.findings import suggest
from town.moment import Moment, as_datetime, format_duration, format_moment
from town.settings import load_settings
from town.town import Town


class _Found(NamedTuple):
    """What the book knows: the alert that was named, what is still to be told of it, and the swaps."""

    alert: Alert | None
    waiting: Sequence[Planned]
    swaps: Sequence[Swap]


def run_explain(
    alert: str | None, folder: Path, asked: Mapping[str, Any], *, at: str | None, state: Path | None, json: bool
) -> None:
    """Explain; exits 1 when nobody would be told."""
    if alert is None and asked["category"] is None:
        raise ConfigError("name an alert, or what it is like: --category fire --severity major --facility cellar-2")
    town, people = folder_of(folder)
    settings = load_settings({"state": state}, folder).settings
    found = asyncio.run(_look(book_url(settings, state_folder(settings, town.id)), town, people, alert))
    case = _case(town, asked) if found.alert is None else _case_of(town, found.alert)
    raised_at = found.alert.raised_at if found.alert else wall_clock()
    moment = read_moment("--at", at, town) if at else raised_at
    explanation = explain(OnCall(people, town, found.swaps), case, moment)
    told = [call for call in _all_calls(explanation) if not call.not_told]
    if json:
        print_json(_plain(explanation, case, found, town))
    else:
        _show(explanation, case, found, town)
        if not told:
            screen.print("Nobody would be told.", style="red")
    if not told:
        raise typer.Exit(FOUND_PROBLEMS)


async def _look(url: str, town: Town, people: People, alert: str | None) -> _Found:
    def work(connection: Connection) -> tuple[Sequence[Planned], Sequence[Swap]]:
        swaps = read_swaps(connection, after=wall_clock() - LOOKED_BACK)
        return (waiting_plans(connection, alert) if alert else ()), swaps

    async with open_book(url, town, clock=wall_clock, people=people) as book:
        detail = await book.detail(alert) if alert else None
        if alert and detail is None:
            raise ConfigError(f"there is no alert {alert} in the book; `town route explain --category …` imagines one")
        waiting, swaps = await book.database.read(work)
        return _Found(detail.alert if detail else None, waiting, swaps)


def _case(town: Town, asked: Mapping[str, Any]) -> Case:
    facility = asked["facility"]
    if facility is not None and facility not in town.facilities:
        raise ConfigError(f"there is no facility {facility}; {suggest(facility, town.facilities)}".rstrip("; "))
    if asked["zone"] is not None and asked["zone"] not in town.zones:
        raise ConfigError(f"there is no zone {asked['zone']}; there are: {', '.join(town.zones)}")
    place = town.facilities.get(facility or "")
    kind, zone = (place.kind, place.zone) if place else (None, asked["zone"])
    return Case(
        category=asked["category"], severity=asked["severity"], facility=facility, facility_kind=kind, zone=zone
    )


def _case_of(town: Town, alert: Alert) -> Case:
    place = town.facilities.get(alert.facility or "")
    return Case(
        category=alert.category,
        severity=alert.severity,
        zone=alert.zone,
        facility=alert.facility,
        facility_kind=place.kind if place else None,
        rule=alert.rule,
    )


def _all_calls(explanation: Explanation) -> Iterable[Call]:
    yield from (call for route in explanation.routes for call in route.calls)
    yield from (call for one in explanation.escalations for step in one.steps for call in step.calls)


def _plain(explanation: Explanation, case: Case, found: _Found, town: Town) -> dict[str, Any]:
    def zoned(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [zoned(one) for one in value]
        if not isinstance(value, dict):
            return value
        times = {"at", "held_until", "due_at"}
        return {
            key: format_moment(one, town.zone_info) if key in times and one is not None else zoned(one)
            for key, one in value.items()
        }

    waiting = [
        {"at": one.due_at, "why": one.kind.value, "to": list(one.to), "channels": list(one.channels)}
        for one in found.waiting
    ]
    plain = {"alert": found.alert.id if found.alert else None, "case": case.model_dump(exclude={"avoid"})}
    explained: dict[str, Any] = zoned(msgspec.to_builtins(explanation))
    return {**plain, **explained, "still_to_come": zoned(waiting)}


def _show(explanation: Explanation, case: Case, found: _Found, town: Town) -> None:
    place = case.facility or case.zone or "the town"
    screen.print(f"{case.severity} {case.category} in {place}, raised at {_local(explanation.at, town)}", markup=False)
    rows: list[tuple[object, ...]] = []
    for route in explanation.routes:
        calls = _written(route.calls, town) if route.takes else "—"
        again = f", again every {format_duration(route.repeat)}" if route.repeat and route.takes else ""
        rows.append((f"route {route.route}", "takes it" if route.takes else "does not", route.why, calls + again))
    for one in explanation.escalations:
        rows.append(
            (f"escalation {one.escalation}", "takes it" if one.takes else "does not", one.why, "—" * (not one.takes))
        )
        for step in one.steps:
            label = f"  after {format_duration(step.after)}"
            rows.append((label, "", f"until {one.until}", _written(step.calls, town)))
    print_table("", ("", "", "why", "who, when and how"), rows)
    if found.alert is not None:
        still = [(_local(one.due_at, town), one.kind.value, ", ".join(one.to)) for one in found.waiting]
        print_table("still to come", ("at", "why", "to"), still)


def _written(calls: Sequence[Call], town: Town) -> str:
    return "\n".join(_call(call, town) for call in calls)


def _call(call: Call, town: Town) -> str:
    who = call.name if call.target in (None, call.name) else f"{call.target} ({call.name})"
    if call.not_told:
        return f"{who}: {call.not_told}"
    held = f", held until {_local(call.held_until, town)}" if call.held_until is not None else ""
    return f"{who} by {call.channel} at {_local(call.at, town)[11:]}{held}"


def _local(at: Moment, town: Town) -> str:
    return f"{as_datetime(at, town.zone_info):%Y-%m-%d %H:%M:%S}"
