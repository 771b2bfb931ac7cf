"""The REST interface, how alerting goes: figures, and who was told what. Described in /api/openapi.json."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from console.asking import Id, Name, Parts, WhenText
from console.parts import ConsoleParts
from town.cap import cap_draft, sender_of
from town.delivery import Delivery, DeliveryFilter, csv_lines
from town.language import Language
from town.moment import Duration, Moment
from town.outlines import read_outlines
from town.performance import TARGETS, WINDOWS

router = APIRouter(prefix="/api/v1", tags=["alerting"])

CSV_ROWS = 100_000
_PAGE = 1_000
_AlertId = Annotated[str | None, Query(max_length=60)]


class FigureAnswer(BaseModel):
    """One figure, and what it should not be above; `bad_above` is from where on something has to be done."""

    name: str
    value: float
    facility: str | None = None
    target: float | None = None
    bad_above: float | None = None


class SourceAnswer(BaseModel):
    """What alerts come from, and how often it called somebody."""

    rule: str
    subject: str
    activations: int


class FiguresAnswer(BaseModel):
    """The figures of the time `window` (ms) up to `at`, and the ten busiest sources."""

    at: Moment
    window: Duration
    figures: list[FigureAnswer]
    top_sources: list[SourceAnswer]


@router.get("/figures", summary="How well alerting works")
async def figures(
    parts: Parts, window: Annotated[str, Query(pattern="^(24h|7d|30d)$", description="Of which time.")] = "7d"
) -> FiguresAnswer:
    """As docs/alerts.md says what each figure is; what cannot be said, such as a share of nothing, is left out."""
    found = await parts.performance.look(WINDOWS[window])
    return FiguresAnswer(
        at=found.at,
        window=found.window,
        figures=[FigureAnswer(**one._asdict(), **_limits(one.name)) for one in found.figures],
        top_sources=[SourceAnswer(**source._asdict(), activations=count) for source, count in found.top_sources],
    )


@router.get("/alerts/{alert}/cap", summary="An alert as a draft of a public warning", response_class=Response)
async def cap(parts: Parts, alert: Id) -> Response:
    """A CAP 1.2 document in zh and en: a draft, of a drill an exercise; issuing it belongs to the authorities."""
    found = await parts.alerts.detail(alert)
    if found is None:
        raise HTTPException(404, f"There is no alert {alert}.")
    town, outlines = parts.town(), await asyncio.to_thread(read_outlines, parts.folder)
    sender = sender_of(town, parts.public_url)
    document = cap_draft(found.alert, town, sender=sender, now=parts.clock(), outlines=outlines)
    return Response(document, media_type="application/cap+xml; charset=utf-8")


def _limits(name: str) -> dict[str, Any]:
    target, bad_above = TARGETS.get(name, (None, None))
    return {"target": target, "bad_above": bad_above}


@router.get("/deliveries", summary="Who was told what, when, by which channel, and what was answered")
async def deliveries(
    parts: Parts,
    *,
    alert: _AlertId = None,
    target: Annotated[Name | None, Query()] = None,
    start: Annotated[WhenText | None, Query(description="Created from then on.")] = None,
    end: Annotated[WhenText | None, Query(description="Created before then.")] = None,
    before: Annotated[str | None, Query(max_length=220, description="`created_at/id` of the last of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = 200,
) -> list[Delivery]:
    """The newest first, with every attempt and who acknowledged. The next page begins `before` the last of this one."""
    wanted = DeliveryFilter(alert=alert, target=target, start=start, end=end, before=_cursor(before), limit=limit)
    return await parts.ledger.ledger(wanted)


def _cursor(text: str | None) -> tuple[Moment, str] | None:
    at, _, name = (text or "").partition("/")
    return (int(at), name) if at.isdecimal() and len(at) < 16 else None


@router.get("/deliveries.csv", summary="The same as a table for spreadsheets", response_class=Response)
async def deliveries_csv(
    parts: Parts,
    *,
    alert: _AlertId = None,
    target: Annotated[Name | None, Query()] = None,
    start: Annotated[WhenText | None, Query()] = None,
    end: Annotated[WhenText | None, Query()] = None,
    language: Language | None = None,
) -> Response:
    """At most 100,000 rows, the newest first; no cell is taken for a formula."""
    wanted = DeliveryFilter(alert=alert, target=target, start=start, end=end, limit=_PAGE)
    name = f"{parts.town().id}-deliveries.csv"
    lines = _csv(parts, wanted, language or parts.language)
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=disposition)


async def _csv(parts: ConsoleParts, wanted: DeliveryFilter, language: Language) -> AsyncIterator[str]:
    zone, header, rows = parts.town().zone_info, True, 0
    before: tuple[Moment, str] | None = None
    while rows < CSV_ROWS:
        page = await parts.ledger.ledger(_after(wanted, before))
        yield "".join(csv_lines(page, zone, language=language, header=header))
        if len(page) < _PAGE:
            return
        header, rows = False, rows + len(page)
        before = (page[-1].notification.created_at, page[-1].notification.id)


def _after(wanted: DeliveryFilter, before: tuple[Moment, str] | None) -> DeliveryFilter:
    asked = (wanted.alert, wanted.target, wanted.start, wanted.end)
    return DeliveryFilter(*asked, before=before, limit=wanted.limit)
