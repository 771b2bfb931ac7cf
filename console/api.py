"""The REST interface: alerts, newest and past values, the town. Described in /api/openapi.json."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from console.asking import Id, Name, Parts
from console.pages.places import SPANS
from console.parts import ConsoleParts
from town.alert import Alert, AlertState, Category, Notification, TimelineEntry, Upcoming
from town.moment import DAY, HOUR, Duration, Moment, format_moment, parse_duration, parse_moment
from town.ports import Aggregate, AlertFilter
from town.quantity import Value

router = APIRouter(prefix="/api/v1")

SENSORS_ASKED = 200
POINTS_ASKED = 20_000
CSV_ROWS = 200_000
_MOMENT = "RFC 3339 or ms since 1970; "


class AlertAnswer(BaseModel):
    """One alert with its timeline, who was told, and who is told next."""

    alert: Alert
    timeline: list[TimelineEntry]
    notifications: list[Notification]
    upcoming: list[Upcoming]


class ValueAnswer(BaseModel):
    """A value and when it was measured, in ms since 1970 UTC."""

    at: Moment
    value: Value


class SeriesAnswer(BaseModel):
    """The values of one sensor, oldest first, as [moment in ms, value]."""

    sensor: str
    quantity: str
    points: list[tuple[Moment, Value]]


@router.get("/alerts", summary="Alerts, those that need somebody first")
async def alerts(
    parts: Parts,
    *,
    state: Annotated[list[AlertState] | None, Query(max_length=9)] = None,
    category: Annotated[list[Category] | None, Query(max_length=8)] = None,
    facility: Annotated[Name | None, Query()] = None,
    rule: Annotated[Name | None, Query()] = None,
    opened_after: Annotated[Moment | None, Query(ge=0)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> list[Alert]:
    """All that fit; what is not given does not matter. Without `state` closed ones are among them."""
    wanted = AlertFilter(
        states=frozenset(state) if state else None,
        categories=frozenset(category) if category else None,
        facility=facility,
        rule=rule,
        opened_after=opened_after,
        limit=limit,
    )
    return await parts.alerts.alerts(wanted)


@router.get("/alerts/{alert}", summary="One alert with everything that happened")
async def alert(parts: Parts, alert: Id) -> AlertAnswer:
    """Its facts, its timeline and its notifications, oldest first."""
    found = await parts.alerts.detail(alert)
    if found is None:
        raise HTTPException(404, f"There is no alert {alert}.")
    return AlertAnswer(
        alert=found.alert,
        timeline=list(found.timeline),
        notifications=list(found.notifications),
        upcoming=list(found.upcoming),
    )


@router.get("/latest", summary="The newest value of every quantity")
async def latest(
    parts: Parts,
    sensor: Annotated[list[Name] | None, Query(max_length=SENSORS_ASKED)] = None,
    facility: Annotated[Name | None, Query()] = None,
) -> dict[str, dict[str, ValueAnswer]]:
    """By sensor and quantity; of all sensors, of those named, or of a facility's."""
    town = parts.town()
    sensors = sensor or list(town.sensors)
    if facility is not None:
        sensors = [s.id for s in town.sensors_of_facility.get(facility, ()) if not sensor or s.id in sensor]
    values = ((sensor, parts.live.values(sensor)) for sensor in sensors)
    return {
        sensor: {quantity: ValueAnswer(at=p.at, value=p.value) for quantity, p in held.items()}
        for sensor, held in values
        if held
    }


@router.get("/history", summary="Past values")
async def history(
    parts: Parts,
    *,
    sensor: Annotated[list[Name], Query(min_length=1, max_length=SENSORS_ASKED)],
    quantity: Annotated[Name, Query()],
    start: Annotated[str, Query(max_length=40, description=_MOMENT + "default a day before the end")] = "",
    end: Annotated[str, Query(max_length=40, description=_MOMENT + "default now")] = "",
    every: Annotated[str, Query(max_length=10, description="Width of buckets, `5m`; else raw values")] = "",
    aggregate: Aggregate = "mean",
    limit: Annotated[int, Query(ge=1, le=POINTS_ASKED)] = 5_000,
) -> list[SeriesAnswer]:
    """One series for each sensor that has values with start <= at < end."""
    until = _moment(end, parts.clock() + 1)
    since = _moment(start, until - DAY)
    found = await parts.history.history(
        sensor, quantity, start=since, end=until, every=_duration(every), aggregate=aggregate, limit=limit
    )
    return [
        SeriesAnswer(sensor=s.sensor, quantity=s.quantity, points=[(p.at, p.value) for p in s.points]) for s in found
    ]


@router.get("/town", summary="What the town consists of")
async def town(parts: Parts) -> dict[str, Any]:
    """Its names, zones, facilities, gateways, sensors, kinds and quantities."""
    found = parts.town()
    shown = found.model_dump(mode="json", exclude={"gateways"})
    shown["gateways"] = {
        gateway.id: {"id": gateway.id, "name": gateway.name.model_dump(), "decoder": gateway.decoder}
        for gateway in found.gateways.values()
    }
    return shown


@router.get("/facilities/{facility}/readings.csv", summary="The readings of a facility as CSV", response_class=Response)
async def facility_csv(
    parts: Parts, facility: Id, span: Annotated[str, Query(pattern="^(1h|6h|24h|7d|30d)$")] = "6h"
) -> Response:
    """One row a value: time, sensor, quantity, value, unit; the oldest first, at most 200,000."""
    town = parts.town()
    if facility not in town.facilities:
        raise HTTPException(404, f"There is no facility {facility}.")
    end = parts.clock() + 1
    rows = _csv_rows(parts, facility, start=end - SPANS[span], end=end)
    name = f"{town.id}-{facility}-{span}.csv"
    return StreamingResponse(
        rows, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def _csv_rows(parts: ConsoleParts, facility: str, *, start: Moment, end: Moment) -> AsyncIterator[str]:
    town = parts.town()
    sensors = [sensor.id for sensor in town.sensors_of_facility[facility]]
    yield "\ufeffmeasured_at,sensor,quantity,value,unit\r\n"  # spreadsheets need the mark to see UTF-8
    left = CSV_ROWS
    async for batch in parts.history.readings(start=start, end=end, sensors=sensors):
        page = io.StringIO()
        writer = csv.writer(page)
        for reading in batch:
            at = format_moment(reading.measured_at, town.zone_info)
            for quantity, value in reading.values.items():
                known = town.quantities.get(quantity)
                writer.writerow([at, reading.sensor, quantity, _cell(value), known.unit if known else ""])
                left -= 1
        yield page.getvalue()
        if left <= 0:
            return


def _cell(value: Value) -> Value:
    """Texts that a spreadsheet would take for a formula are marked as texts."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t"} else value


def _moment(text: str, default: Moment) -> Moment:
    if not text:
        return default
    if text.isdecimal():
        return int(text)
    try:
        return parse_moment(text)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


def _duration(text: str) -> Duration | None:
    if not text:
        return None
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    if not 1 <= found <= 31 * 24 * HOUR:
        raise HTTPException(422, "every: between 1ms and 31d")
    return found
